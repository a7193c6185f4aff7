"""A number in our documents is one that a command in them prints, and prints today."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from core.cli import main

ROOT = Path(__file__).parent.parent
PAGES = (ROOT / "README.md", ROOT / "weights/README.md", *sorted((ROOT / "docs").glob("*.md")))
FOLDS = "weights/covid-resnet50.folds.csv"

PRINTED = {
    r"\S+ +\S+ MB": (["models"],),
    r"\S+ +deletion ": (["faithfulness"],),
    r"\S+ +grad_cam .*lungs cover": (["lungs", "measure"],),
    r"\S+ +whole ": (["lungs", "probe"],),
    r"\S+\.guard$": (["guard"],),
    r"\S+: fitted to": tuple(
        ["certainty", "--model", f"pneumonia-{name}"] for name in ("resnet18", "resnet50", "vgg16_bn")
    ),
    r"979 films": (["judge", FOLDS],),
    r"539 films": (["judge", FOLDS, "--among", "NO_FINDING,COVID-19"],),
}
"""How a block begins, and which commands print its lines, none of which needs any film."""


def blocks() -> list[list[str]]:
    """The lines of every fenced block."""
    whole = "\n".join(page.read_text("utf-8") for page in PAGES)
    return [found.splitlines() for found in re.findall(r"^```\n(.*?)^```$", whole, re.DOTALL | re.MULTILINE)]


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for link in re.findall(r"\]\((?!https?:)([^)#]*)(#[^)]*)?\)", page.read_text("utf-8")):
            path, heading = page.parent / link[0] if link[0] else page, link[1].lstrip("#")
            assert path.exists(), f"{page.name}: {link[0]}"
            titles = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE) if heading else []
            assert not heading or heading in {re.sub(r"[^\w -]", "", one).lower().replace(" ", "-") for one in titles}


@pytest.mark.parametrize("begins", PRINTED)
def test_what_a_block_says_is_what_its_command_prints(
    begins: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    (block,) = (lines for lines in blocks() if lines and re.match(begins, lines[0]))
    commands: Sequence[list[str]] = PRINTED[begins]
    for command in commands:
        assert main(command) == 0
    printed = set(capsys.readouterr().out.splitlines())
    assert [line for line in block if line not in printed] == []
