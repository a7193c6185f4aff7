"""The Performance page: what it shows, says when it cannot, keeps in its address, and gives to take away."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import checkpoint as on_disk
from core import models, records, settings
from core.checkpoint import Checkpoint
from core.errors import DataError
from core.evaluate import (
    CALIBRATION,
    PRESETS,
    OperatingPoint,
    compare,
    confusion_matrix,
    ece,
    figures,
    from_csv,
    measure,
    operating_point,
    to_csv,
)
from core.explain import METHODS
from core.lungs.probe import Probed
from core.lungs.shares import MeanInside
from core.robustness.corruptions import CORRUPTIONS, STRENGTHS
from core.robustness.damage_record import CLEAN, Damage
from core.tasks import TASKS, own_task
from core.trust.scores import SCORES
from core.trust.table import Mean
from core.ui import cells, state, widgets
from core.ui.performance import charts, comparison, downloads, heatmaps, lungs, matrices, points, robustness
from core.ui.performance.damage_chart import SHOWN
from core.ui.performance.sections import SECTIONS
from core.ui.performance.sources import Source, coarse, fitted
from tests import checkpoints, synthetic
from tests.tables import only
from tests.torchless import shown_without_torch

ROOT = Path(__file__).parent.parent
PAGE = "pages/study/performance.py"
WAIT = 120
FIRST, SECOND = "pneumonia-resnet18", "pneumonia-vgg16_bn"
FILM = synthetic.as_png8(synthetic.film(80, 90))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two networks of random weights, the first with a map of its films."""
    folder = tmp_path_factory.mktemp("weights")
    first = checkpoints.random_checkpoint(folder)
    checkpoints.random_checkpoint(folder, arch="vgg16_bn", seed=0)
    other = folder / f"{SECOND}.csv"  # the same films, read otherwise
    found = from_csv(other)
    shares = found.probabilities * np.random.default_rng(1).uniform(0.3, 1, found.probabilities.shape)
    other.write_text(to_csv(replace(found, probabilities=shares / shares.sum(axis=1, keepdims=True))), "utf-8")
    checkpoints.write_map(first, found.files)
    return folder


@pytest.fixture
def weights(made: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The app's weights are these two; nothing is left in caches."""
    monkeypatch.setattr(on_disk, "SHIPPED", made)
    for variable in (settings.WEIGHTS, settings.DATA, settings.PREDICTIONS):
        monkeypatch.delenv(variable, raising=False)
    _forget()
    yield made
    _forget()


@pytest.fixture
def first(made: Path) -> Source:
    """The first network's predictions."""
    return _source(on_disk.find(made)[0][FIRST])


@pytest.fixture
def second(made: Path) -> Source:
    """The second's."""
    return _source(on_disk.find(made)[0][SECOND])


def _forget() -> None:
    st.cache_resource.clear()
    st.cache_data.clear()
    models.get_pool.cache_clear()


def _source(found: Checkpoint) -> Source:
    return Source(found.name, found.architecture.title, found.name, found.task, from_csv(found.predictions), found)


def opened(**link: str | Sequence[str]) -> AppTest:
    """The page, as a link opens it."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=WAIT)
    app.run()
    app.button(key="accept").click().run()
    app.switch_page(PAGE)
    for name, value in link.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def give(app: AppTest, name: str, text: str) -> AppTest:
    """Drop a table."""
    next(one for one in app.file_uploader if "tables" in one.label).set_value((name, text.encode(), "text/csv"))
    app.run()
    assert not app.exception
    return app


def link(app: AppTest, part: str) -> list[str]:
    """A part of the page's address."""
    found = app.query_params[part]
    return found if isinstance(found, list) else [found]


def said(app: AppTest) -> str:
    """All words on the page."""
    kinds = ("header", "subheader", "markdown", "caption", "info", "warning", "error")
    return "\n".join(element.value for kind in kinds for element in getattr(app, kind))


# ---------------------------------------------------------------- matrices and the films behind a cell


def test_every_network_is_shown_and_a_cell_is_asked_for(weights: Path) -> None:
    app = opened()
    assert app.multiselect(key=state.performance.SOURCES).value == [FIRST, SECOND]
    assert len(app.get("plotly_chart")) == 2
    assert "Click a cell" in said(app)
    assert "300 films of 150 patients" in said(app)
    assert link(app, "view") == ["matrices"]
    assert link(app, "model") == [FIRST, SECOND]


def test_a_cell_lists_its_films(weights: Path, first: Source) -> None:
    app = opened(cell=f"{FIRST},VIRUS,BACTERIA")
    counts = confusion_matrix(first.predictions)
    assert app.subheader[0].value.startswith(f"ResNet-18: {counts[2, 1]:,} of {counts[2].sum():,}")
    table = app.dataframe[0].value
    assert len(table) == counts[2, 1]
    assert set(table["Truly"]) == {"Viral pneumonia"}
    assert set(table["Read as"]) == {"Bacterial pneumonia"}
    row = first.predictions.files.index(table["File"][0])
    assert table["Patient"][0] == first.predictions.patients[row]
    assert table["Bacterial pneumonia"][0] == pytest.approx(100 * first.predictions.probabilities[row, 1])
    assert list(table["Margin"]) == sorted(table["Margin"], reverse=True)
    assert "not on this server" in said(app)


def test_a_click_is_remembered_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[str, object] = {}
    monkeypatch.setattr(state, "put", kept.__setitem__)
    monkeypatch.setattr(state, "picked", lambda chart: [{"x": 1, "y": 2}])
    matrices._clicked("chart", FIRST, ("NORMAL", "BACTERIA", "VIRUS"))
    assert kept[state.performance.CELL] == f"{FIRST},VIRUS,BACTERIA"
    monkeypatch.setattr(state, "picked", lambda chart: [])
    kept.clear()
    matrices._clicked("chart", FIRST, ("NORMAL", "BACTERIA", "VIRUS"))
    assert kept == {}


def test_merged_cells_hold_the_films_of_the_cells_they_are_made_of(weights: Path, first: Source) -> None:
    app = opened(classes="merged", cell=f"{FIRST},NORMAL,PNEUMONIA")
    assert len(app.dataframe[0].value) == confusion_matrix(first.predictions)[0, 1:].sum()
    assert "read as **Pneumonia**" in said(app)


@pytest.mark.parametrize("cell", ["", "nonsense", "no-such-model,VIRUS,BACTERIA", f"{FIRST},VIRUS,LUNG", "a,b"])
def test_a_cell_that_is_not_there_is_ignored(weights: Path, cell: str) -> None:
    assert "Click a cell" in said(opened(cell=cell))


def test_matrices_side_by_side_share_one_scale(weights: Path, first: Source, second: Source) -> None:
    figures = [json.loads(chart.proto.spec) for chart in opened().get("plotly_chart")]
    tops = {figure["data"][0]["zmax"] for figure in figures}
    assert tops == {max(confusion_matrix(one.predictions).max() for one in (first, second))}


# ---------------------------------------------------------------- every section


@pytest.mark.parametrize("view", SECTIONS)
def test_every_section_is_drawn(weights: Path, view: str) -> None:
    app = opened(view=view)
    assert link(app, "view") == [view]
    # Of networks that were not measured there is nothing to draw, and that is said.
    assert app.get("plotly_chart") or "not measured" in app.info[0].value
    assert not app.error


def test_figures_are_those_of_the_card(weights: Path, first: Source) -> None:
    table = opened(view="figures").dataframe[0].value
    accuracy = table[table["Figure"] == "Accuracy, all classes"].iloc[0]["ResNet-18"]
    assert first.checkpoint is not None
    assert accuracy.startswith(f"{100 * first.checkpoint.card.metrics['accuracy'].value:.1f} %")
    assert {"Recall (sensitivity)", "Specificity", "AUROC", "F1"} <= set(table["Figure"])
    assert {"Mean over classes (macro)", "Mean weighted by films"} <= set(table["Of"])


def test_two_models_are_compared_in_a_sentence_figures_and_films(weights: Path, first: Source, second: Source) -> None:
    app = opened(view="comparison", films="only_b")
    found = compare(first.predictions, second.predictions, first.task)
    words = said(app).replace("\\", "").replace("\u00a0", " ")
    assert found.sentence("ResNet-18", "VGG-16-BN") in words
    assert len(app.dataframe[0].value) == found.only_b
    assert "VGG-16-BN reads" in app.dataframe[0].value
    assert set(first.task.words.values()) < set(app.dataframe[0].value.columns), "classes have words, not codes"


def test_groups_of_films_are_those_of_the_comparison(first: Source, second: Source) -> None:
    for merged in (False, True):
        found = compare(first.predictions, second.predictions, first.task, draws=10, coarse=merged)
        rows = comparison.groups(first, second, found.files, coarse=merged)
        assert {name: len(group) for name, group in rows.items()} == {
            "differing": len(found.differing),
            "only_a": found.only_a,
            "only_b": found.only_b,
            "both_wrong": found.both_wrong,
        }
        assert {first.predictions.files[row] for row in rows["differing"]} == set(found.differing)


def test_one_model_cannot_be_compared(weights: Path) -> None:
    assert "Choose two" in said(opened(view="comparison", model=FIRST))


def test_the_threshold_moves_every_figure(weights: Path, first: Source) -> None:
    app = opened(view="threshold", threshold="0.3", positive="VIRUS", prevalence="10")
    assert app.slider(key=state.performance.THRESHOLD).value == 0.3
    found = measure(first.predictions, "VIRUS", 0.3)
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Sensitivity"] == f"{100 * found.sensitivity:.1f} %"
    assert shown["Specificity"] == f"{100 * found.specificity:.1f} %"
    hits, alarms = 0.1 * found.sensitivity, 0.9 * (1 - found.specificity)
    assert shown["PPV"] == f"{100 * hits / (hits + alarms):.1f} %"
    app.button(key="preset_sensitivity_95").click().run()
    shown = {metric.label: metric.value for metric in app.metric}
    assert float(shown["Sensitivity"].split()[0]) >= 95
    exact = PRESETS["sensitivity_95"].choose(first.predictions, "VIRUS")
    assert app.slider(key=state.performance.THRESHOLD).value == exact  # rounded, it would miss what it promises
    assert link(app, "threshold") == [str(app.slider(key=state.performance.THRESHOLD).value)]


def test_another_class_begins_at_its_own_threshold_and_prevalence(weights: Path, first: Source) -> None:
    app = opened(view="threshold", threshold="0.3", positive="VIRUS", prevalence="10")
    app.selectbox(key=state.performance.ONE).set_value(SECOND).run()
    assert app.slider(key=state.performance.THRESHOLD).value == 0.3
    app.selectbox(key=state.performance.POSITIVE).set_value("NORMAL").run()
    youden = PRESETS["youden"].choose(from_csv(weights / f"{SECOND}.csv"), "NORMAL")
    assert app.slider(key=state.performance.THRESHOLD).value == youden
    share = (first.predictions.labels == 0).mean()
    assert app.number_input(key=state.performance.PREVALENCE).value == pytest.approx(100 * share, abs=0.06)


def test_the_map_lists_what_a_lasso_holds(weights: Path, first: Source) -> None:
    app = opened(view="points", of=FIRST, colour="outcome")
    assert "Draw a lasso" in said(app)
    rows, xy = points.placed(first)
    assert len(rows) == len(xy) == len(first.predictions)


def test_a_map_of_other_films_is_refused(tmp_path: Path, first: Source) -> None:
    elsewhere = replace(first, checkpoint=replace(first.checkpoint, folder=tmp_path), key=str(tmp_path))
    assert elsewhere.checkpoint is not None
    checkpoints.write_map(elsewhere.checkpoint, ["other.png"])
    with pytest.raises(DataError, match="other films"):
        points.placed(elsewhere)


def test_without_a_map_the_section_says_where_it_comes_from(weights: Path) -> None:
    assert "None of the chosen models has a map" in said(opened(view="points", model=SECOND))


# ---------------------------------------------------------------- what cannot be shown


def test_without_any_network_the_page_says_what_to_do(
    tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_disk, "SHIPPED", tmp_path)
    app = opened()
    assert "No trained network" in app.error[0].value
    assert "at the left" in said(app)


def test_a_network_without_predictions_is_named_and_the_others_work(
    tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = checkpoints.random_checkpoint(tmp_path, arch="resnet50")
    bare.predictions.unlink()
    monkeypatch.setenv(settings.WEIGHTS, str(tmp_path))
    app = opened()
    assert app.multiselect(key=state.performance.SOURCES).value == [FIRST, SECOND]
    assert "python \\-m core evaluate" in said(app)
    monkeypatch.setattr(on_disk, "SHIPPED", tmp_path / "none")
    assert "No network here has test predictions" in opened().error[0].value


def test_without_predictions_a_table_that_is_given_is_shown(
    tmp_path: Path, weights: Path, first: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = checkpoints.random_checkpoint(tmp_path)
    bare.predictions.unlink()
    monkeypatch.setattr(on_disk, "SHIPPED", tmp_path)
    app = opened()
    assert "No network here has test predictions" in app.error[0].value
    give(app, "table.csv", to_csv(first.predictions))
    assert len(app.multiselect(key=state.performance.SOURCES).value) == 1
    assert "Choose a model or a table" not in said(app)


def test_with_nothing_chosen_the_page_asks(weights: Path) -> None:
    app = opened()
    app.multiselect(key=state.performance.SOURCES).set_value([]).run()
    assert "Choose a model or a table" in said(app)
    assert link(app, "model") == ["none"]
    assert link(app, "view") == ["matrices"]
    again = opened(view="matrices", model="none")
    assert again.multiselect(key=state.performance.SOURCES).value == []
    assert "Choose a model or a table" in said(again)


# ---------------------------------------------------------------- tables from elsewhere


def test_an_own_table_stands_beside_ours_and_not_in_the_link(weights: Path, first: Source) -> None:
    app = give(opened(), "Doe.csv", to_csv(first.predictions))
    assert len(app.get("plotly_chart")) == 3
    assert "Doe" in said(app)
    assert "Doe" not in json.dumps(dict(app.query_params))
    assert "own-" not in json.dumps(dict(app.query_params))
    assert link(app, "model") == [FIRST, SECOND]
    next(button for button in app.button if button.label.startswith("Remove")).click().run()
    assert len(app.get("plotly_chart")) == 2


def test_of_too_many_tables_the_last_are_refused_by_name(weights: Path, first: Source) -> None:
    text = to_csv(first.predictions)
    app = opened(model=FIRST)
    app.session_state[state.tables._OWN] = {
        f"{number:08}": state.Upload(
            f"{number:08}", f"table{number}.csv", text.replace("test/0.", f"test/{number}x.").encode()
        )
        for number in range(state.tables.MAX_TABLES)
    }
    app = give(app, "ninth.csv", text)
    assert r"**Not taken in:** ninth\.csv" in said(app) or "**Not taken in:** ninth.csv" in said(app)
    removals = [button for button in app.button if button.label.startswith("Remove")]
    assert len(removals) == state.tables.MAX_TABLES
    removals[0].click().run()
    assert "Not taken in" not in said(app)


def test_what_a_table_does_not_define_is_not_shown_as_nought(weights: Path, first: Source) -> None:
    found = first.predictions
    rows = np.flatnonzero(found.labels != 2)
    fewer = only(found, rows)
    app = give(opened(view="figures", model=FIRST), "few.csv", to_csv(fewer))
    table = app.dataframe[0].value
    few = table.set_index(["Figure", "Of"])["few"]
    for figure in ("Recall (sensitivity)", "Precision (PPV)", "F1", "AUROC", "AUPRC (average precision)"):
        assert few[figure, "Viral pneumonia"] == "\N{EN DASH} not defined: no films"
        assert few[figure, "Mean over classes (macro)"].endswith("over 2 of 3 classes")
    assert few["Specificity", "Viral pneumonia"].endswith(")")
    source = replace(first, title="few", checkpoint=None, predictions=fewer)
    lines = list(
        csv.DictReader(io.StringIO(downloads.metrics_csv([(source, figures(fewer, source.task, 20))]).decode()))
    )
    by_name = {line["figure"]: line for line in lines}
    recall = by_name["recall.VIRUS"]
    assert (recall["value"], recall["low"], recall["note"]) == ("", "", "not defined: no films")
    assert by_name["f1.macro"]["note"] == "mean over 2 of 3 classes"
    assert by_name["f1.NORMAL"]["note"] == ""
    (model,) = json.loads(downloads.metrics_json([(source, figures(fewer, source.task, 20))]))["models"]
    assert "recall.VIRUS" not in model["figures"]
    assert model["notes"]["recall.VIRUS"] == "not defined: no films"


def test_a_perfect_small_table_is_not_certain(weights: Path, first: Source) -> None:
    labels = np.arange(10) % 3
    files = tuple(f"{number}.png" for number in range(10))
    sure = replace(first.predictions, files=files, patients=files, labels=labels, probabilities=np.eye(3)[labels])
    app = give(opened(view="figures", model=FIRST), "ten.csv", to_csv(sure))
    ten = app.dataframe[0].value.set_index(["Figure", "Of"])["ten"]
    assert ten["Accuracy, all classes", "all films"] == "100.0 %  (72.2 to 100.0)"
    assert ten["AUPRC (average precision)", "Viral pneumonia"] == "100.0 %  (interval cannot be told)"
    assert "Wilson" in "\n".join(block.value for block in app.code)


def test_a_wrong_table_is_refused_by_row_and_column(weights: Path, first: Source) -> None:
    lines = to_csv(first.predictions).splitlines()
    lines[5] = lines[5].rsplit(",", 1)[0] + ",much"
    app = give(opened(), "wrong.csv", "\n".join(lines))
    assert "row 6, column VIRUS" in said(app).replace("\\", "")
    assert len(app.get("plotly_chart")) == 2


def test_a_table_of_other_classes_says_which_are_known(weights: Path) -> None:
    app = give(opened(), "cats.csv", "file,patient,label,CAT,DOG\na,p,CAT,0.5,0.5\n")
    assert "no class of ours" in said(app)
    assert "NORMAL, BACTERIA, VIRUS" in said(app).replace("\\", "")


def test_a_table_of_another_task_is_a_task_to_choose(weights: Path) -> None:
    app = give(opened(), "covid.csv", to_csv(checkpoints.predictions("covid", 30)))
    assert len(app.get("plotly_chart")) == 2
    app.selectbox(key=state.performance.TASK).set_value("covid").run()
    assert not app.exception
    assert len(app.get("plotly_chart")) == 1


@pytest.mark.parametrize("view", SECTIONS)
def test_a_table_of_the_two_merged_classes_is_shown_where_it_can_be(weights: Path, first: Source, view: str) -> None:
    two, found = coarse(first.task), first.predictions
    group = np.array(first.task.merged_places)
    shares = found.probabilities @ np.eye(2)[group]
    table = replace(found, classes=two.classes, labels=group[found.labels], probabilities=shares)
    app = give(opened(view=view), "two.csv", to_csv(table))
    assert not app.error
    if view == "comparison":
        app.selectbox(key=state.performance.PAIR[1]).select_index(1).run()
        assert "cannot be compared" in app.warning[0].value


def test_tables_in_the_servers_folder_are_there_for_everyone(
    tmp_path: Path, weights: Path, first: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hospital.csv").write_text(to_csv(first.predictions), "utf-8")
    (tmp_path / "broken.csv").write_text("nothing", "utf-8")
    (tmp_path / f"{FIRST}.csv").write_text(to_csv(first.predictions), "utf-8")
    monkeypatch.setenv(settings.PREDICTIONS, str(tmp_path))
    app = opened()
    assert app.multiselect(key=state.performance.SOURCES).value == [FIRST, SECOND, "hospital"]
    words = said(app).replace("\\", "")
    assert "**broken.csv**" in words
    assert f"**{FIRST}.csv**: There is another of this name" in words


def test_a_servers_folder_that_is_not_there_is_said_to_be_missing(
    tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(settings.PREDICTIONS, str(tmp_path / "nowhere"))
    assert "**nowhere**: There is no folder" in said(opened()).replace("\\", "")


def test_classes_in_another_order_are_put_in_ours(first: Source) -> None:
    found, order = first.predictions, [2, 0, 1]
    names = tuple(found.classes[place] for place in order)
    labels = np.array([order.index(label) for label in found.labels])
    task, ours = fitted(replace(found, classes=names, labels=labels, probabilities=found.probabilities[:, order]))
    assert task == TASKS["pneumonia"]
    assert np.array_equal(ours.labels, found.labels)
    assert np.array_equal(ours.probabilities, found.probabilities)


# ---------------------------------------------------------------- to Diagnose


@pytest.fixture
def films(tmp_path: Path, weights: Path, first: Source, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The test films are on the server."""
    (tmp_path / "test").mkdir()
    for file in first.predictions.files:
        (tmp_path / file).write_bytes(FILM)
    monkeypatch.setenv(settings.DATA, str(tmp_path))
    return tmp_path


def test_a_film_opens_in_diagnose_with_backbone_and_class(films: Path) -> None:
    app = opened(cell=f"{SECOND},VIRUS,BACTERIA")
    assert app.get("image")
    next(button for button in app.button if button.label == "Diagnose").click().run()
    assert not app.exception
    assert app.session_state[state.reading.MODEL] == SECOND
    assert app.session_state[state.reading.TARGET] == "BACTERIA"
    assert len(app.session_state["films"]) == 1
    assert app.header[0].value.endswith(" %")


def test_a_film_that_is_gone_is_said_to_be(films: Path, first: Source) -> None:
    app = opened(cell=f"{FIRST},VIRUS,BACTERIA")
    for file in first.predictions.files:
        (films / file).write_bytes(b"no film")
    st.cache_resource.clear()
    app.run()
    assert not app.exception
    for file in first.predictions.files:
        (films / file).unlink()
    app.run()
    assert not app.exception
    assert "None of these films" in said(app)


def point(first: Source, threshold: float) -> OperatingPoint:
    """An operating point of the first network."""
    assert first.checkpoint is not None
    return operating_point(
        first.predictions,
        "PNEUMONIA",
        threshold,
        model=FIRST,
        weights_sha256=first.checkpoint.card.weights_sha256,
        task="pneumonia",
        split="test",
    )


@pytest.mark.parametrize(("threshold", "side"), [(0.0, "At or above"), (1.0, "Below")])
def test_diagnose_says_on_which_side_of_the_threshold_a_film_is(
    weights: Path, first: Source, threshold: float, side: str
) -> None:
    app = opened(view="threshold", threshold=str(threshold))
    app.button(key="use_point").click().run()
    assert app.selectbox(key=state.reading.MODEL).value == FIRST
    assert f"{threshold:.3f} for Pneumonia" in said(app)
    app.switch_page("pages/read/diagnose.py").run()  # where it is; the harness does not follow by itself
    app.file_uploader[0].set_value([("chest.png", FILM, "image/png")])
    app.run()
    assert f"**{side} your threshold {threshold:.3f} for Pneumonia:**" in said(app)
    app.selectbox(key=state.reading.MODEL).set_value(SECOND).run()
    assert "Your threshold is not applied" in said(app)
    app.button(key="drop_point").click().run()
    assert "our threshold" not in said(app)


def test_a_downloaded_operating_point_can_be_given_to_diagnose(weights: Path, first: Source) -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=WAIT).run()
    app.button(key="accept").click().run()
    app.file_uploader[0].set_value([("chest.png", FILM, "image/png")])
    app.run()
    app.file_uploader(key="give_point").set_value(("point.json", b"{}", "application/json")).run()
    assert "no operating point" in app.error[0].value
    text = point(first, 0.25).to_json().encode()
    app.file_uploader(key="give_point").set_value(("point.json", text, "application/json")).run()
    assert "your threshold 0.250 for Pneumonia" in said(app)


# ---------------------------------------------------------------- to take away


def test_metrics_are_told_with_their_intervals_and_weights(first: Source) -> None:
    assert first.checkpoint is not None
    found = first.checkpoint.card.metrics
    rows = list(csv.DictReader(io.StringIO(downloads.metrics_csv([(first, found)]).decode())))
    assert {row["figure"] for row in rows} == {*found, *CALIBRATION}
    accuracy = next(row for row in rows if row["figure"] == "accuracy")
    assert float(accuracy["low"]) <= float(accuracy["value"]) <= float(accuracy["high"])
    assert accuracy["weights_sha256"] == first.checkpoint.card.weights_sha256
    (model,) = json.loads(downloads.metrics_json([(first, found)]))["models"]
    assert model["figures"]["accuracy"]["value"] == found["accuracy"].value
    assert (model["films"], model["patients"]) == (300, 150)
    assert model["calibration"]["ece"] == ece(first.predictions)
    assert model["confusion_matrix"] == confusion_matrix(first.predictions).tolist()


def test_a_comparison_can_be_taken_away(first: Source, second: Source) -> None:
    found = compare(first.predictions, second.predictions, first.task, draws=50)
    told = json.loads(downloads.comparison_json(found, first, second))
    assert (told["only_first_right"], told["only_second_right"], told["mcnemar_exact_p"]) == (
        found.only_a,
        found.only_b,
        found.p,
    )
    assert told["accuracy_difference"]["low"] <= told["accuracy_difference"]["value"]
    same = compare(first.predictions, first.predictions, first.task, draws=50)
    assert json.loads(downloads.comparison_json(same, first, first))["kappa"] == {"value": 1, "low": None, "high": None}


def test_films_are_told_and_no_name_becomes_a_formula(first: Source) -> None:
    files = ("=1+1", *first.predictions.files[1:])
    source = replace(first, predictions=replace(first.predictions, files=files))
    rows = list(csv.DictReader(io.StringIO(downloads.films_csv(source, np.array([0, 5])).decode())))
    assert [row["file"] for row in rows] == ["'=1+1", files[5]]
    assert sum(float(rows[1][f"p_{name}"]) for name in first.predictions.classes) == pytest.approx(1, abs=1e-5)


def test_no_class_becomes_a_formula(first: Source) -> None:
    formula = '=HYPERLINK("http://x","a")'
    classes = (formula, *first.predictions.classes[1:])
    source = replace(first, task=own_task(classes), predictions=replace(first.predictions, classes=classes))
    tables = downloads.films_csv(source, np.arange(20)), downloads.metrics_csv([(source, {})])
    cells = [cell for table in tables for row in csv.reader(io.StringIO(table.decode())) for cell in row]
    assert f"'{formula}" in cells
    assert not [cell for cell in cells if cell.startswith("=")]


def test_the_methods_paragraph_names_weights_and_films(weights: Path, first: Source) -> None:
    text = "\n".join(block.value for block in opened().code)
    assert first.checkpoint is not None
    assert first.checkpoint.card.weights_sha256 in text
    assert "300 films of 150 patients" in text


def test_a_card_that_names_no_fold_costs_its_own_paragraph_only(
    tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = checkpoints.random_checkpoint(tmp_path, arch="lenet")
    card = json.loads(odd.card_file.read_text("utf-8"))
    card["training"]["recipe"]["fold"] = "the first"
    odd.card_file.write_text(json.dumps(card))
    monkeypatch.setenv(settings.WEIGHTS, str(tmp_path))
    app = opened()
    assert [error.value for error in app.error if "The card names a fold that is none: 'the first'" in error.value]
    text = "\n".join(block.value for block in app.code)
    assert FIRST in text
    assert odd.name not in text


@pytest.mark.parametrize("fmt", ["png", "svg"])
def test_figures_are_saved_as_asked(weights: Path, fmt: str) -> None:
    app = opened()
    app.segmented_control(key=state.performance.FORMAT).set_value(fmt).run()
    found = [json.loads(chart.proto.config) for chart in app.get("plotly_chart")]
    assert found
    assert {config["toImageButtonOptions"]["format"] for config in found} == {fmt}
    assert all(config["modeBarButtons"] == [["toImage"]] for config in found)


def test_a_matrix_has_a_square_to_click_in_every_cell() -> None:
    counts = np.array([[5, 1, 0], [2, 7, 1], [0, 3, 9]])
    figure = cells.matrix(counts.astype(float), counts, "abc", "count", 9, widgets._DARK, (1, 0))
    squares = figure.data[1]
    assert sorted(zip(squares.y, squares.x, strict=True)) == [(row, column) for row in range(3) for column in range(3)]
    assert [note.text for note in figure.layout.annotations] == [f"<b>{count}</b>" for count in counts.ravel()]
    assert len(figure.layout.shapes) == 1


def test_a_long_curve_keeps_its_ends_when_it_is_thinned() -> None:
    from core.evaluate import roc

    found = checkpoints.predictions("pneumonia", 9000)
    curve = roc(found, "VIRUS", draws=2)
    kept = charts.thinned(curve)
    assert len(kept) <= 2000
    assert kept[0] == 0
    assert (curve.x[kept[-1]], curve.y[kept[-1]]) == (1, 1)


# ---------------------------------------------------------------- the page as a whole


def test_the_page_is_shown_without_torch(made: Path) -> None:
    shown_without_torch(f"app.switch_page({PAGE!r}).run()\nassert app.get('plotly_chart')\n", made)


def test_the_notice_comes_first(weights: Path) -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=WAIT).run()
    app.switch_page(PAGE).run()
    assert "not a medical device" in said(app)
    assert not app.get("plotly_chart")


def test_what_a_link_says_wrong_is_ignored(weights: Path) -> None:
    app = opened(view="threshold", threshold="much", prevalence="200", positive="LUNG", model="nonsense", of="none")
    assert 0 <= app.slider(key=state.performance.THRESHOLD).value <= 1
    assert link(app, "positive") == ["PNEUMONIA"]


def test_the_page_is_as_it_was_left(weights: Path) -> None:
    app = opened(view="figures", positive="VIRUS", model=SECOND)
    app.switch_page("pages/about/method.py").run()
    app.query_params.clear()  # as a browser does
    app.switch_page(PAGE).run()
    assert link(app, "view") == ["figures"]
    assert link(app, "positive") == ["VIRUS"]
    assert app.multiselect(key=state.performance.SOURCES).value == [SECOND]


def test_calibration_before_and_after(tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = checkpoints.random_checkpoint(tmp_path)
    card = tmp_path / f"{FIRST}.json"
    card.write_text(json.dumps(json.loads(card.read_text("utf-8")) | {"temperature": 0.5}), "utf-8")
    assert made.name == FIRST
    monkeypatch.setattr(on_disk, "SHIPPED", tmp_path)
    app = opened(view="calibration")
    assert list(app.dataframe[0].value["Temperature scaling"]) == ["before", "after"]
    after: Any = app.get("plotly_chart")[0].proto.spec
    app.toggle(key=state.performance.RAW).set_value(True).run()
    assert app.get("plotly_chart")[0].proto.spec != after
    assert "as if the temperature were 1" in said(app)


# ---------------------------------------------------------------- how faithful heatmaps are


def test_faithfulness_of_exactly_these_weights_is_shown(
    weights: Path, first: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heatmaps, "SHIPPED", tmp_path / "faithfulness.csv")
    app = opened(view="heatmaps")
    assert "python -m core faithfulness" in said(app)
    assert first.checkpoint is not None
    means = [
        Mean(FIRST, first.checkpoint.card.weights_sha256, method, score, 40, 0.4, 0.35, 0.45, 0.3, 0.2, 0.7, 0.05, -0.1)
        for method in METHODS
        for score in SCORES
    ]
    heatmaps.SHIPPED.write_text(records.to_csv(Mean, means), "utf-8")
    app = opened(view="heatmaps", score="road")
    assert app.segmented_control(key=state.performance.SCORE).value == "road"
    assert len(app.get("plotly_chart")) == 1
    assert "40 films" in said(app)
    assert "No method is clearly better" in said(app)  # than the blob
    assert "Not measured: VGG-16-BN" in said(app)
    assert list(app.dataframe[0].value["ROAD"]) == ["0.400 (0.350 to 0.450)"] * len(METHODS)
    assert "no fast method is ahead of Grad-CAM by more than 0.02" in said(app)
    assert " is ahead by " not in said(app)
    ahead = [replace(mean, value=0.6) if (mean.method, mean.score) == ("hires_cam", "road") else mean for mean in means]
    heatmaps.SHIPPED.write_text(records.to_csv(Mean, ahead), "utf-8")
    app = opened(view="heatmaps", score="road")
    assert f"On {FIRST} HiResCAM is ahead by 0.20 in ROAD." in said(app)
    later = [replace(mean, random=0.21) if mean.method == "hires_cam" else mean for mean in ahead]
    heatmaps.SHIPPED.write_text(records.to_csv(Mean, later), "utf-8")
    figure = json.loads(opened(view="heatmaps", score="road").get("plotly_chart")[0].proto.spec)
    assert 0.21 in figure["data"][1]["x"]  # measured at another time, beside another random map: both are drawn
    assert figure["layout"]["xaxis"]["title"]["text"] == "ROAD"
    assert "Several random maps" not in said(app)
    assert "Several random maps" in said(opened(view="heatmaps", score="road"))
    assert len(figure["layout"]["shapes"]) == len(figure["data"][1]["x"])
    heatmaps.SHIPPED.write_text("a,b\n1,2\n", "utf-8")
    assert "cannot be used" in said(opened(view="heatmaps"))


def test_what_breaks_exactly_these_weights_is_shown(
    weights: Path, first: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(robustness, "SHIPPED", tmp_path / "robustness.csv")
    assert "python -m core robustness" in said(opened(view="robustness"))
    assert first.checkpoint is not None
    who = FIRST, first.checkpoint.card.weights_sha256
    rows = [Damage(*who, CLEAN, 0, 40, 0.8, 0.7, 0.9, 0.05, 1.0, 1.0, 1.0)]
    rows += [
        Damage(*who, name, strength, 40, 0.8 - strength / 10, 0.2, 0.9, 0.1, 0.5, 0.4, 0.6)
        for name in CORRUPTIONS
        for strength in range(1, STRENGTHS + 1)
    ]
    robustness.SHIPPED.write_text(records.to_csv(Damage, rows), "utf-8")
    for figure in SHOWN:
        app = opened(view="robustness", damage=figure)
        assert app.segmented_control(key=state.performance.DAMAGE).value == figure
        (drawn,) = app.get("plotly_chart")
        axes = [axis for name, axis in json.loads(drawn.proto.spec)["layout"].items() if "axis" in name]
        assert {"Strength", SHOWN[figure].title} <= {axis.get("title", {}).get("text") for axis in axes}
    assert "Not measured: VGG-16-BN" in said(app)
    table = app.dataframe[0].value
    assert list(table["Corruption"]) == [corruption.title for corruption in CORRUPTIONS.values()]
    assert set(table["Accuracy, clean"]) == {"80.0 % (70.0 to 90.0)"}
    assert set(table["Accuracy, strength 5"]) == {"30.0 % (20.0 to 90.0)"}
    robustness.SHIPPED.write_text("a,b\n1,2\n", "utf-8")
    assert "cannot be used" in said(opened(view="robustness"))


def test_what_the_readings_owe_to_the_lungs_is_shown(
    weights: Path, first: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lungs, "SHARES", tmp_path / "lungs.csv")
    monkeypatch.setattr(lungs, "PROBE", tmp_path / "lungs-probe.csv")
    assert "python -m core lungs measure" in said(opened(view="lungs"))
    assert "python -m core lungs probe" in said(opened(view="lungs", lungs="probe"))
    assert first.checkpoint is not None
    who = FIRST, first.checkpoint.card.weights_sha256
    inside = [MeanInside(*who, method, 40, 0.6, 0.5, 0.7, 0.35, 0.2) for method in METHODS]
    lungs.SHARES.write_text(records.to_csv(MeanInside, inside), "utf-8")
    app = opened(view="lungs")
    assert len(app.get("plotly_chart")) == 1
    assert "outside the lungs on 20 % of 40 films" in said(app)
    assert "Not measured: VGG-16-BN" in said(app)
    shares = {"whole": 0.9, "hidden": 0.7, "smoothed": 0.6, "alone": 0.8}
    rows = [Probed(*who, view, 40, value, 0.5, 1.0, 0.9, 0.8, 1.0, 0.4) for view, value in shares.items()]
    lungs.PROBE.write_text(records.to_csv(Probed, rows), "utf-8")
    words = "90.0 % of 40 whole films, 70.0 % with the lungs hidden, 80.0 % of the lungs alone"
    assert words in said(opened(view="lungs", lungs="probe"))
    lungs.PROBE.write_text("a,b\n1,2\n", "utf-8")
    assert "cannot be used" in said(opened(view="lungs", lungs="probe"))
