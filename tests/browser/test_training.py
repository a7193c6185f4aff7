"""A real Chromium on the page "Training": a run that goes on is drawn anew by itself, one that fell silent says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core import settings
from tests import runs as made
from tests.browser.app import accept, running, visiting

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that goes on."""
    return made.make(tmp_path_factory.mktemp("runs"), "a-run", epochs=3, state="running")


@pytest.fixture(scope="module")
def address(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running app that is shown it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(settings.RUNS, str(run.parent))
        with running(tmp_path_factory.mktemp("app")) as found:
            yield found


@pytest.fixture
def page(address: str) -> Iterator[Any]:
    """A fresh visitor; what the browser complains about fails the test."""
    with visiting("training") as found:
        yield found


def test_a_run_that_goes_on_is_drawn_anew_by_itself_until_it_falls_silent(page: Any, address: str, run: Path) -> None:
    page.goto(f"{address}/training")
    accept(page)
    page.get_by_text(re.compile("epoch 4 of 20")).first.wait_for()
    (run / "history.csv").write_text(made.history(made.rows(4)), "utf-8")
    (run / "progress.json").write_text(made.progress(done=4), "utf-8")
    page.get_by_text(re.compile("epoch 5 of 20")).first.wait_for()  # nobody touched anything
    (run / "progress.json").write_text(made.progress(done=4, silent=3600), "utf-8")
    page.get_by_text("no sign of life").first.wait_for()
