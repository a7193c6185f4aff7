"""``python -m core models --table``: what the README's table is printed by."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core import cli
from core.checkpoint import find
from core.commands.turns import milliseconds
from core.evaluate import ece, from_csv
from core.tasks import OWN
from tests import checkpoints


def test_every_network_has_a_row_with_its_figures_and_its_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for task, arch in (("pneumonia", "resnet18"), ("pneumonia", "lenet"), ("covid", "two_block_cnn")):
        checkpoints.random_checkpoint(tmp_path, task, arch)
    good = find(tmp_path)[0]
    lenet = good["pneumonia-lenet"].card_file
    lenet.write_text(json.dumps(json.loads(lenet.read_text("utf-8")) | {"task": OWN}), "utf-8")
    good = find(tmp_path)[0]
    good["covid-two_block_cnn"].predictions.unlink()
    assert cli.main(["models", "--table", "--rounds", "2", "--weights", str(tmp_path)]) == 0
    head, rule, *rows = capsys.readouterr().out.splitlines()
    assert set(rule) <= set("| -")
    names = [name.strip() for name in head.strip("|").split("|")]
    table = {cells[0].strip(" `"): dict(zip(names, map(str.strip, cells), strict=True)) for cells in
             (row.strip("|").split("|") for row in rows)}  # fmt: skip
    assert list(table) == list(good)
    resnet = table["pneumonia-resnet18"]
    assert resnet["x resnet18"] == "1.00"
    assert resnet["Parameters"] == "11.18 M"
    assert resnet["ECE"] == f"{ece(from_csv(good['pneumonia-resnet18'].predictions)):.3f}"
    assert resnet["Test accuracy (95 % interval)"] == str(good["pneumonia-resnet18"].card.metrics["accuracy"])
    assert float(table["pneumonia-lenet"]["Reading with heatmaps"].removesuffix(" ms")) > 0
    assert table["covid-two_block_cnn"]["ECE"] == "unknown"
    assert table["pneumonia-lenet"]["Two-class"] == ""  # of own classes nobody said which are one
    assert table["covid-two_block_cnn"]["Two-class"]


def test_json_and_table_exclude_each_other() -> None:
    with pytest.raises(SystemExit):
        cli.main(["models", "--table", "--json"])


def test_rivals_take_turns() -> None:
    order: list[str] = []
    times = milliseconds({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, 9)
    turns = [tuple(order[start : start + 2]) for start in range(0, 20, 2)]
    assert len(order) == 20
    assert set(turns) == {("a", "b"), ("b", "a")}  # each once a turn, neither always after the other
    assert set(times) == {"a", "b"}
