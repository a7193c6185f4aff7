"""A run's journal: curves, confusion matrices and a heartbeat, whatever becomes of the run."""

from __future__ import annotations

import csv
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.errors import DivergedError, TrainingError
from core.evaluate import from_csv
from core.runs import load
from core.training import journal as journals
from core.training import state
from core.training.board import Board
from core.training.journal import COLUMNS, Journal
from core.training.recipe import Stage
from core.training.run import train
from tests.test_training import TASK, TINY, order, write_films

KEYS = [
    "name", "task", "architecture", "command", "epochs", "done", "part", "seconds_left", "state", "message",
    "heartbeat", "started",
]  # fmt: skip
ROW = {"epoch": 1, "size": 32, "val_loss": 0.5, "confusion": [[1, 0, 0], [0, 2, 1], [0, 0, 3]]}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_films(tmp_path_factory.mktemp("films"), 6, 2)


def progress(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "run" / "progress.json").read_text())
    return found


def test_a_run_keeps_its_journal(data: Path, tmp_path: Path) -> None:
    before = time.time()
    asked = order(data, tmp_path, recipe=replace(TINY, stages=(Stage(32, 2),)), tensorboard=True)
    train(asked)
    said = progress(tmp_path)
    assert list(said) == KEYS
    assert (said["name"], said["task"], said["architecture"]) == ("pneumonia-lenet", "pneumonia", "lenet")
    assert (said["epochs"], said["done"], said["state"], said["message"]) == (2, 2, "finished", "")
    assert before <= said["started"] <= said["heartbeat"] <= time.time()
    text = (tmp_path / "run" / "history.csv").read_text()
    assert text == (tmp_path / "out" / "pneumonia-lenet.history.csv").read_text()
    validation = from_csv(tmp_path / "out" / "pneumonia-lenet.validation.csv")
    assert all(file.startswith("train/") for file in validation.files)
    rows = list(csv.DictReader(text.splitlines()))
    assert tuple(rows[0]) == COLUMNS
    assert all(0 <= float(row["train_accuracy"]) <= 1 and float(row["images_per_second"]) > 0 for row in rows)
    with (tmp_path / "run" / "confusion.csv").open() as file:
        cells = list(csv.DictReader(file))
    assert len(cells) == 2 * 9
    of_last = [cell for cell in cells if cell["epoch"] == "2"]
    films = sum(int(cell["films"]) for cell in of_last)
    right = sum(int(cell["films"]) for cell in of_last if cell["true"] == cell["predicted"])
    assert right / films == pytest.approx(float(rows[1]["val_accuracy"]))
    assert scalars(tmp_path / "run" / "tensorboard", "loss/val") == pytest.approx(
        [float(row["val_loss"]) for row in rows]
    )


def scalars(folder: Path, tag: str) -> list[float]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder))
    events.Reload()
    return [event.value for event in events.Scalars(tag)]


def test_tensorboard_is_given_every_epoch_once(tmp_path: Path) -> None:
    history = [ROW, ROW | {"epoch": 2, "val_loss": 0.25}]
    Board(tmp_path / "board").write(history)
    again = Board(tmp_path / "board")
    again.write(history)
    again.write([*history, ROW | {"epoch": 3, "val_loss": 0.125}])
    assert scalars(tmp_path / "board", "loss/val") == [0.5, 0.25, 0.125]


def test_tensorboard_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(TrainingError, match="pip install tensorboard"):
        Board(tmp_path)


@pytest.mark.parametrize(
    ("error", "became", "says"),
    [
        (DivergedError("Lower --rate."), "diverged", "Lower --rate."),
        (TrainingError("The disk is full."), "failed", "The disk is full."),
        (KeyboardInterrupt(), "stopped", "Run the same command again"),
        (RuntimeError("out of memory"), "failed", "out of memory"),
        (OSError(5, "Input/output error"), "failed", "Input/output error"),
    ],
)
def test_how_a_run_ended_is_said(tmp_path: Path, error: BaseException, became: str, says: str) -> None:
    def fails() -> None:
        with Journal(order(tmp_path, tmp_path)) as journal:
            journal.begins([])
            raise error

    with pytest.raises(type(error)):
        fails()
    assert progress(tmp_path)["state"] == became
    assert says in progress(tmp_path)["message"]


def test_what_is_done_before_the_first_epoch_is_said(tmp_path: Path) -> None:
    with Journal(order(tmp_path, tmp_path)) as journal:
        journal.prepares("decoding the films")
        journal.epoch([])
        assert progress(tmp_path)["message"] == "decoding the films"
        journal.begins([])
        assert progress(tmp_path)["message"] == ""


def test_a_run_that_begins_afresh_does_not_keep_the_curves_of_the_one_before(tmp_path: Path) -> None:
    for history, epochs in (([ROW], [1]), ([], [])):
        with Journal(order(tmp_path, tmp_path)) as journal:
            journal.begins(history)
        left = load("runs/run", tmp_path / "run")
        assert [epoch.number for epoch in left.epochs] == epochs
        assert left.confusion is not None
        assert list(left.confusion.epochs) == epochs
        assert not left.problems


def test_what_is_done_after_the_last_epoch_is_said_though_more_were_asked_for(tmp_path: Path) -> None:
    with Journal(order(tmp_path, tmp_path)) as journal:
        journal.begins([ROW])
        journal.step(0, 1.0, 500.0)
        journal.epoch([ROW])
        journal.concludes("storing the network")
        journal._write()
        said = progress(tmp_path)
        assert (said["done"], said["epochs"], said["seconds_left"]) == (1, 1, None)
        assert said["message"] == "storing the network"
    assert progress(tmp_path)["message"] == ""


def test_a_diverged_run_says_so(data: Path, tmp_path: Path) -> None:
    with pytest.raises(DivergedError):
        train(order(data, tmp_path, recipe=replace(TINY, rate=1e30)))
    assert progress(tmp_path)["state"] == "diverged"
    assert "Lower --rate and start again with another --run" in progress(tmp_path)["message"]  # this one's is refused


def test_the_heart_beats_while_nothing_else_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "_BEAT", 0.02)
    with Journal(order(tmp_path, tmp_path)) as journal:
        journal.begins([ROW])
        journal.step(1, 0.25, 12.5)
        first = progress(tmp_path)["heartbeat"]
        deadline = time.monotonic() + 10
        while not (said := progress(tmp_path))["part"] or said["heartbeat"] <= first:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert (said["done"], said["part"], said["seconds_left"], said["state"]) == (1, 0.25, 12.5, "running")
    text = (tmp_path / "run" / "confusion.csv").read_text()
    assert f"1,{TASK.classes[1]},{TASK.classes[2]},1\n" in text


def test_a_run_that_is_refused_leaves_the_journal_that_was_there(data: Path, tmp_path: Path) -> None:
    short = replace(TINY, stages=(Stage(32, 1),))
    train(order(data, tmp_path, recipe=short))
    before = progress(tmp_path)
    with pytest.raises(TrainingError, match="another recipe"):
        train(order(data, tmp_path, recipe=replace(short, rate=1e-3)))
    assert progress(tmp_path) == before


def test_the_history_of_an_older_state_is_written_with_gaps(tmp_path: Path) -> None:
    with Journal(order(tmp_path, tmp_path)) as journal:
        journal.begins([{"epoch": 1, "size": 32, "val_loss": 0.5}])
    assert state.load(tmp_path / "run") is None
    with (tmp_path / "run" / "history.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert (row["epoch"], row["train_accuracy"], row["val_loss"]) == ("1", "", "0.5")
