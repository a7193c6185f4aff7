"""The Training page: what it shows of runs, says of those that do not go on, keeps in its address, and gives away."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import checkpoint as on_disk
from core import runs, settings
from core.ui import state, widgets
from core.ui.training import charts, standing, table, view
from tests import runs as made
from tests.test_pages import ROOT, WAIT, said
from tests.torchless import shown_without_torch

PAGE = "pages/study/training.py"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of runs, and no weights."""
    (tmp_path / "weights").mkdir()
    (tmp_path / "runs").mkdir()
    monkeypatch.setattr(on_disk, "SHIPPED", tmp_path / "weights")
    monkeypatch.delenv(settings.WEIGHTS, raising=False)
    monkeypatch.setenv(settings.RUNS, str(tmp_path / "runs"))
    return tmp_path / "runs"


def visiting() -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=WAIT).run()
    app.button(key="accept").click().run()
    return app


def opened(**address: list[str]) -> AppTest:
    app = visiting()
    for name, words in address.items():
        app.query_params[name] = words
    app.switch_page(PAGE).run()
    assert not app.exception
    return app


def address(app: AppTest) -> dict[str, list[str]]:
    return {name: [words] if isinstance(words, str) else list(words) for name, words in app.query_params.items()}


def test_without_a_run_the_page_says_how_to_start_one(place: Path) -> None:
    app = opened()
    assert "There is no training run yet" in app.info[0].value
    assert app.code[0].value == f"python -m core train --data DIR --arch resnet18 --run {place}/my-first"


def test_a_finished_run_is_drawn_and_listed(place: Path) -> None:
    made.make(place, "first", epochs=12)
    app = opened()
    assert "finished" in said(app)
    assert len(app.get("plotly_chart")) == 5  # loss, accuracy, rate, speed, matrix
    shown = app.dataframe[0]
    assert len(shown.value) == 12
    assert shown.value["val_accuracy"][0] == pytest.approx(100 * made.rows(12)[0]["val_accuracy"])
    assert json.loads(shown.proto.columns)["val_accuracy"]["type_config"]["format"] == "%.2f %%"
    assert address(app) == {
        "run": ["runs/first"],
        "accuracy": ["accuracy"],
        "matrix": ["runs/first"],
        "epoch": ["last"],
    }
    loss = app.get("plotly_chart")[0].proto.spec
    assert "192 px" in loss
    assert '"dash":"dash"' in loss


@pytest.mark.parametrize(("epochs", "step"), [(1, 1), (4, 1), (12, 1), (40, None)])
def test_no_epoch_stands_on_the_axis_twice(epochs: int, step: int | None) -> None:
    # Between few epochs Plotly sets marks at halves, which whole numbers make "0 1 1 2 2".
    run = runs.Run("runs/a", "a", runs.parse_history(made.history(made.rows(epochs)), "history.csv"))
    figure = charts.curves(view._LOSS, [("a", run)], {run.key: 0}, widgets._DARK)
    assert figure.layout.xaxis.dtick == step


def test_every_run_is_in_the_legend_once() -> None:
    whole, fewer = (
        runs.Run(f"runs/{name}", name, runs.parse_history(made.history(made.rows(3), columns), "history.csv"))
        for name, columns in (("whole", made.COLUMNS), ("fewer", ("epoch", "train_loss")))
    )
    both = [(run.name, run) for run in (whole, fewer)]
    figure = charts.curves(view._LOSS, both, {whole.key: 0, fewer.key: 1}, widgets._DARK)
    assert [line.name for line in figure.data if line.showlegend] == ["whole, validation", "fewer, training"]


def test_a_run_that_goes_on_says_how_long(place: Path) -> None:
    made.make(place, "going", epochs=12, state="running", seconds_left=840)
    app = opened()
    (bar,) = app.get("progress")
    assert bar.proto.value == 62
    assert "epoch 13 of 20" in bar.proto.text
    assert "about 14 minutes left" in bar.proto.text


@pytest.mark.parametrize(
    ("how", "silent", "says", "do"),
    [
        ("running", 300, "no sign of life for 5 minutes", "Run the same command again"),
        ("diverged", 0, "has diverged", "Lower the learning rate"),
        ("failed", 0, "has failed", "Mend what is named here"),
        ("stopped", 0, "was stopped", "Run the same command again"),
    ],
)
def test_a_run_that_does_not_go_on_says_so_and_what_to_do(
    place: Path, how: str, silent: float, says: str, do: str
) -> None:
    made.make(place, "ended", state=how, silent=silent, message="Its reason [here].")
    app = opened()
    panels = [*app.error, *app.warning]
    assert len(panels) == 1
    assert says in panels[0].value
    assert do in panels[0].value
    assert r"Its reason \[here\]\." in panels[0].value.replace(".", r"\.")
    assert "--run runs/a-run" in "".join(code.value for code in app.code)


def test_a_run_that_prepares_its_first_epoch_says_what_it_does(place: Path) -> None:
    made.make(place, "early", epochs=0, state="running", message="decoding the films")
    (bar,) = opened().get("progress")
    assert bar.proto.text.startswith("**early** is getting ready")  # for which epoch, its state will tell
    assert bar.proto.text.endswith("decoding the films")


def test_a_run_that_stores_its_network_says_so() -> None:
    stores = runs.Progress(state="running", epochs=12, done=12, message="storing the network")
    assert standing._going("over", stores) == "**over** has run its last epoch · storing the network"


def test_a_run_without_an_epoch_waits(place: Path) -> None:
    made.make(place, "early", epochs=0, state="running")
    app = opened()
    assert "No epoch is finished yet" in "".join(info.value for info in app.info)


def test_several_runs_and_a_link_to_them(place: Path) -> None:
    made.make(place, "first", epochs=6)
    made.make(place, "second", epochs=9)
    link = {
        "run": ["runs/first", "runs/second"],
        "accuracy": ["macro_recall"],
        "matrix": ["runs/second"],
        "epoch": ["7"],
    }
    app = opened(**link)
    assert app.multiselect(key=state.training.RUNS).value == ["runs/first", "runs/second"]
    assert len(app.dataframe[0].value) == 15
    assert address(app) == link
    app.selectbox(key=state.training.MATRIX_AT).set_value("best").run()
    assert not app.exception
    assert address(app) == link | {"epoch": ["best"]}


def test_an_address_that_makes_no_sense_is_dropped(place: Path) -> None:
    made.make(place, "first", epochs=6)
    app = opened(run=["runs/gone"], accuracy=["beauty"], matrix=["x"], epoch=["99"])
    assert address(app)["run"] == ["runs/first"]
    assert address(app)["epoch"] == ["last"]


def test_choosing_no_run_says_what_to_do(place: Path) -> None:
    made.make(place, "first", epochs=6)
    app = opened()
    app.multiselect(key=state.training.RUNS).set_value([]).run()
    assert not app.exception
    assert "Choose a run" in app.info[0].value


def test_a_broken_run_is_named_and_the_others_drawn(place: Path) -> None:
    made.make(place, "good", epochs=6)
    bad = made.make(place, "bad", epochs=3)
    (bad / "history.csv").write_text("epoch,val_loss\n1,oops\n")
    (bad / "confusion.csv").write_text("nonsense\n")
    app = opened(run=["runs/good", "runs/bad"])
    warnings = "\n".join(warning.value for warning in app.warning)
    assert "row 2, column val" in warnings
    assert "confusion.csv has no column" in warnings.replace("\\", "")
    assert len(app.get("plotly_chart")) == 5


def test_older_histories_and_curves_beside_weights_are_drawn(place: Path) -> None:
    old = ["epoch", "size", "rate", "train_loss", "val_loss", "val_accuracy"]
    (on_disk.SHIPPED / "covid-resnet50.history.csv").write_text(made.history(made.rows(4), old), "utf-8")
    app = opened()
    assert "Not in these histories" in said(app)  # images per second
    assert app.multiselect(key=state.training.RUNS).options == ["covid-resnet50 (weights)"]


def test_the_table_to_take_away_holds_what_the_files_hold(tmp_path: Path) -> None:
    run = runs.load("runs/=one", made.make(tmp_path, "=one", epochs=3))
    rows = list(csv.DictReader(io.StringIO(table.to_csv([("=one", run)]).decode())))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert not rows[0]["run"].startswith("=")
    assert float(rows[2]["val_loss"]) == made.rows(3)[2]["val_loss"]


@pytest.mark.parametrize(
    ("seconds", "says"), [(40, "40 seconds"), (119, "119 seconds"), (600, "10 minutes"), (9000, "2 hours")]
)
def test_durations_are_said_as_one_would(seconds: float, says: str) -> None:
    assert standing.duration(seconds) == says


def test_the_page_appears_without_torch(place: Path) -> None:
    made.make(place, "first", epochs=3)
    shown_without_torch(f"app.switch_page({PAGE!r}).run()\nassert app.get('plotly_chart')\n")


def test_without_a_run_it_begins_with_the_curve_of_the_network_one_reads_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(settings.RUNS, str(tmp_path))
    app = visiting()
    app.session_state[state.reading.MODEL] = "pneumonia-googlenet"
    app.switch_page(PAGE).run()
    assert not app.exception
    assert app.multiselect(key=state.training.RUNS).value == ["weights/pneumonia-googlenet"]
