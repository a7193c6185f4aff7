"""Training runs on disk: what is read, what is refused by row and column, and what never takes another run down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core import runs, settings
from core.checkpoint import SHIPPED
from core.errors import DataError
from tests import runs as made


def test_a_run_is_read_whole(tmp_path: Path) -> None:
    run = runs.load("runs/one", made.make(tmp_path, "one", epochs=12))
    assert run.problems == ()
    assert [epoch.number for epoch in run.epochs] == list(range(1, 13))
    assert run.epochs[0].figures == pytest.approx({k: v for k, v in made.rows(12)[0].items() if k != "epoch"})
    assert run.steps() == [(9, 192)]
    assert run.series("val_loss")[1][-1] == pytest.approx(made.rows(12)[-1]["val_loss"])
    assert run.confusion is not None
    assert run.confusion.classes == made.CLASSES
    assert run.confusion.epochs[12].tolist() == [[112, 4, 4], [4, 112, 4], [4, 4, 112]]
    assert run.standing() == "finished"


@pytest.mark.parametrize(
    ("state", "silent", "standing"),
    [
        ("running", 1, "running"),
        ("running", -30, "running"),  # its clock is ahead of ours
        ("running", 61, "dead"),
        ("stopped", 9999, "stopped"),
        ("diverged", 9999, "diverged"),
        ("failed", 9999, "failed"),
    ],
)
def test_a_run_that_falls_silent_is_dead(state: str, silent: float, standing: str) -> None:
    told = runs.parse_progress(made.progress(state, silent=silent), "progress.json")
    assert runs.Run("runs/x", "x", progress=told).standing() == standing


@pytest.mark.parametrize("zone", [True, False])
@pytest.mark.parametrize("number", [True, False])
def test_a_heartbeat_may_be_seconds_or_a_date(zone: bool, number: bool) -> None:
    now = datetime.now(UTC)
    then = (now - timedelta(seconds=30)) if zone else (now - timedelta(seconds=30)).astimezone().replace(tzinfo=None)
    told = made.progress("running", heartbeat=(now - timedelta(seconds=30)).timestamp() if number else then.isoformat())
    assert runs.parse_progress(told, "p").silent(now) == pytest.approx(30, abs=1)


def test_how_much_is_done() -> None:
    assert runs.parse_progress(made.progress(done=12, part=0.4), "p").share == pytest.approx(12.4 / 20)
    assert runs.parse_progress(made.progress(done=12, part="validation"), "p").share == pytest.approx(12 / 20)
    assert runs.parse_progress(made.progress(done=25), "p").share == 1
    assert runs.parse_progress(made.progress(epochs=0), "p").share == 0


def test_older_and_newer_histories_are_read() -> None:
    older = runs.parse_history(made.history(made.rows(3), ["epoch", "train_loss", "val_loss"]), "history.csv")
    assert set(older[0].figures) == {"train_loss", "val_loss"}
    newer = runs.parse_history("epoch,val_loss,val_new\n1,0.5,0.25\n", "history.csv")
    assert newer[0].figures == {"val_loss": 0.5, "val_new": 0.25}


def test_what_a_diverged_run_leaves_is_a_gap() -> None:
    found = runs.parse_history("epoch,train_loss,val_loss\n1,1.5,1.2\n2,nan,\n3,inf,1\n", "history.csv")
    assert [dict(epoch.figures) for epoch in found] == [{"train_loss": 1.5, "val_loss": 1.2}, {}, {"val_loss": 1.0}]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no column epoch"),
        ("size,val_loss\n1,2\n", "no column epoch"),
        ("epoch,val_loss,val_loss\n1,2,3\n", "twice"),
        ("epoch,val_loss\n1,0.5\n2,oops\n", "row 3, column val_loss: 'oops' is no number"),
        ("epoch,val_loss\n1,0.5\n1,0.4\n", "row 3, column epoch: 1 does not come after 1"),
        ("epoch,val_loss\n1.5,0.5\n", "row 2, column epoch: '1.5' is no whole number"),
        ("epoch,val_loss\n1,0.5\n2\n", "row 3 has 1 cells, the header 2: it is half-written"),
    ],
)
def test_broken_histories_are_refused_by_row_and_column(text: str, says: str) -> None:
    with pytest.raises(DataError, match=r"history\.csv") as caught:
        runs.parse_history(text, "history.csv")
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("epoch,true,films\n", "no column predicted"),
        ("epoch,true,predicted,films\n1,A,B,-1\n", "row 2, column films: '-1'"),
        ("epoch,true,predicted,films\n1,A,,4\n", "row 2, column predicted: no class"),
        ("epoch,true,predicted,films\n1,A,B,4\nx,A,B,4\n", "row 3, column epoch: 'x'"),
    ],
)
def test_broken_matrices_are_refused_by_row_and_column(text: str, says: str) -> None:
    with pytest.raises(DataError) as caught:
        runs.parse_confusion(text, "confusion.csv")
    assert says in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"state": "dancing"}', '{"name": "x"}'])
def test_broken_progress_is_refused(text: str) -> None:
    with pytest.raises(DataError, match=r"progress\.json"):
        runs.parse_progress(text, "progress.json")


def test_broken_and_foreign_folders_take_nothing_down(tmp_path: Path) -> None:
    made.make(tmp_path, "good")
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "notes.txt").write_text("not ours")
    (tmp_path / "file.txt").write_text("no folder")
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "history.csv").write_bytes(b"\xff\xfe\x00")
    (bad / "progress.json").write_text("{half")
    early = tmp_path / "early"
    early.mkdir()
    (early / "progress.json").write_text(made.progress(done=0))
    found = runs.keys(tmp_path)
    assert set(found) == {"runs/good", "runs/bad", "runs/early"}
    assert runs.load("runs/good", found["runs/good"]).problems == ()
    assert len(runs.load("runs/bad", found["runs/bad"]).problems) == 2
    early_run = runs.load("runs/early", found["runs/early"])
    assert (early_run.epochs, early_run.problems, early_run.standing()) == ((), (), "running")


def test_no_folder_is_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.RUNS, str(tmp_path / "nowhere"))
    assert runs.folder() == tmp_path / "nowhere"
    assert runs.keys() == {}
    monkeypatch.delenv(settings.RUNS)
    assert runs.folder() == Path("runs")


def test_curves_beside_checkpoints_are_found(tmp_path: Path) -> None:
    (tmp_path / "covid-resnet50.history.csv").write_text(made.history(made.rows(4)), "utf-8")
    found = runs.keys(tmp_path / "none", [tmp_path])
    assert list(found) == ["weights/covid-resnet50"]
    run = runs.load(*next(iter(found.items())))
    assert (run.name, len(run.epochs), run.standing()) == ("covid-resnet50", 4, "finished")


def test_shipped_curves_are_whole() -> None:
    for key, path in runs.keys(SHIPPED / "none", [SHIPPED]).items():
        assert runs.load(key, path).problems == ()
