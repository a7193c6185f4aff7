"""Networks of two tasks on every page: the task comes first, and nothing of one is said of the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import checkpoint as on_disk
from core import models, records, settings
from core.explain import DEFAULT
from core.tasks import TASKS
from core.trust.scores import SCORES
from core.trust.table import Mean
from core.ui import cache, measured, state, widgets
from tests import checkpoints
from tests.test_pages import FILM, give, opened, said

COVID, LENET, RESNET = "covid-two_block_cnn", "pneumonia-lenet", "pneumonia-resnet18"
SECOND = "covid-lenet"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    made = (("pneumonia", "resnet18"), ("pneumonia", "lenet"), ("covid", "two_block_cnn"), ("covid", "lenet"))
    for seed, (task, arch) in enumerate(made):  # of one seed both LeNets would be the same network
        checkpoints.random_checkpoint(folder, task, arch, seed)
    return folder


@pytest.fixture
def weights(made: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The app's weights are these four; nothing is left in caches."""
    monkeypatch.setattr(on_disk, "SHIPPED", made)
    monkeypatch.delenv(settings.WEIGHTS, raising=False)
    st.cache_resource.clear()
    models.get_pool.cache_clear()
    yield made
    st.cache_resource.clear()
    models.get_pool.cache_clear()


def covid(app: AppTest) -> AppTest:
    app.selectbox(key=state.reading.MODEL_TASK).set_value("covid").run()
    assert not app.exception
    return app


def offered(app: AppTest) -> list[str]:
    """Networks in the picker, each of which has the accuracy of its card behind it."""
    task = app.selectbox(key=state.reading.MODEL_TASK).value
    cards = {widgets.label(one): one.card for one in cache.models().good.values() if one.card.task == task}
    found = [option.rpartition(" · ") for option in app.selectbox(key=state.reading.MODEL).options]
    assert [accuracy for *_, accuracy in found] == [
        f"{100 * cards[name].metrics['accuracy'].value:.1f} %" for name, *_ in found
    ]
    return [name for name, *_ in found]


@pytest.mark.parametrize("told", [True, False])
def test_the_network_to_begin_with_is_one_whose_maps_are_worth_looking_at(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: bool
) -> None:
    best, other, *_ = on_disk.find()[0].values()
    ahead = 0.1 if told else -0.1
    rows = [
        Mean(other.name, other.card.weights_sha256, DEFAULT, score, 200, 0.5, 0.4, 0.6, 0.3, 0.3, 0.6, 0.1, ahead)
        for score in SCORES
    ]
    (tmp_path / "table.csv").write_text(records.to_csv(Mean, rows), "utf-8")
    monkeypatch.setattr(measured, "FAITHFULNESS", tmp_path / "table.csv")
    assert opened().selectbox(key=state.reading.MODEL).value == (other if told else best).name
    (tmp_path / "table.csv").write_text("nonsense", "utf-8")
    assert opened().selectbox(key=state.reading.MODEL).value == best.name


def test_the_task_comes_first_and_backbones_stand_by_family(weights: Path) -> None:
    app = opened()
    assert app.selectbox(key=state.reading.MODEL_TASK).options == ["Pneumonia", "COVID-19"]
    assert offered(app) == ["LeNet", "ResNet-18"]
    covid(app)
    assert offered(app) == ["LeNet", "Two-block CNN · Small CNNs"]
    app.selectbox(key=state.reading.MODEL).set_value(COVID).run()
    app.switch_page("pages/about/method.py").run()
    app.switch_page("pages/read/diagnose.py").run()
    assert (app.selectbox(key=state.reading.MODEL_TASK).value, app.selectbox(key=state.reading.MODEL).value) == (
        "covid",
        COVID,
    )


def test_another_task_relabels_what_depends_on_classes(weights: Path) -> None:
    app = opened()
    assert TASKS["pneumonia"].question in said(app)
    covid(app)
    words = said(app)
    assert TASKS["covid"].question in words
    assert TASKS["covid"].population in words
    assert "Guangzhou" not in words
    assert "average radiograph" not in words  # those are of the pneumonia classes
    assert "not what this network was trained on" in words
    give(app, ("chest.png", FILM))
    assert app.header[0].value.startswith(tuple(TASKS["covid"].words.values()))
    assert app.segmented_control(key=state.reading.TARGET).options == [
        TASKS["covid"].words[n] for n in TASKS["covid"].classes
    ]
    assert "Guangzhou" not in said(app)
    app.selectbox(key=state.reading.MODEL_TASK).set_value("pneumonia").run()  # the same film, the other question
    assert not app.exception
    assert app.header[0].value.startswith(tuple(TASKS["pneumonia"].words.values()))


def test_compare_keeps_to_one_task(weights: Path) -> None:
    app = opened()
    app.switch_page("pages/read/compare.py").run()
    assert not app.exception
    assert app.selectbox(key=state.compare.TASK).options == ["Pneumonia", "COVID-19"]
    assert set(app.multiselect(key=state.compare.BACKBONES).value) == {RESNET, LENET}
    app.selectbox(key=state.compare.TASK).set_value("COVID-19").run()
    assert not app.exception
    assert set(app.multiselect(key=state.compare.BACKBONES).value) == {COVID, SECOND}
    assert TASKS["covid"].question in said(app)
    app.multiselect(key=state.compare.BACKBONES).set_value([]).run()
    assert app.selectbox(key=state.compare.TASK).value == "COVID-19"
    assert len(app.multiselect(key=state.compare.BACKBONES).options) == 2


def test_a_link_that_mixes_tasks_shows_those_of_the_first(weights: Path) -> None:
    app = opened()
    app.query_params["backbone"] = [COVID, RESNET]
    app.switch_page("pages/read/compare.py").run()
    assert not app.exception
    assert app.multiselect(key=state.compare.BACKBONES).value == [COVID]


def test_performance_shows_one_task_at_a_time(weights: Path) -> None:
    app = opened()
    app.switch_page("pages/study/performance.py").run()
    assert not app.exception
    assert set(app.multiselect(key=state.performance.SOURCES).value) == {RESNET, LENET}
    app.selectbox(key=state.performance.TASK).set_value("covid").run()
    assert not app.exception
    assert set(app.multiselect(key=state.performance.SOURCES).value) == {COVID, SECOND}
    assert app.multiselect(key=state.performance.SOURCES).options == ["LeNet", "Two-block CNN · Small CNNs"]


def test_another_tasks_class_of_the_same_name_begins_at_its_own_threshold_and_prevalence(weights: Path) -> None:
    app = opened()
    app.query_params.update({"view": "threshold", "positive": "PNEUMONIA", "threshold": "0.3", "prevalence": "10"})
    app.switch_page("pages/study/performance.py").run()
    assert app.slider(key=state.performance.THRESHOLD).value == 0.3
    app.selectbox(key=state.performance.TASK).set_value("covid").run()
    assert not app.exception
    assert app.selectbox(key=state.performance.POSITIVE).value == "PNEUMONIA"
    assert app.number_input(key=state.performance.PREVALENCE).value != 10
    app.query_params.update({"task": ["pneumonia"], "positive": ["VIRUS"], "threshold": ["0.4"], "model": [RESNET]})
    app.run()
    assert app.slider(key=state.performance.THRESHOLD).value == 0.4  # an address counts whatever was seen before


def test_models_lists_all_and_shows_one(weights: Path) -> None:
    app = opened()
    app.query_params["model"] = COVID
    app.switch_page("pages/about/models.py").run()
    assert not app.exception
    overview = app.dataframe[0].value
    assert len(overview) == 4
    assert overview["ECE"].notna().all()
    assert [heading.value for heading in app.subheader] == ["Two-block CNN", "Subgroups of the test films"]
    words = said(app)
    assert TASKS["covid"].question in words
    assert "Accuracy, COVID-19 or not" in words
    assert "| The outer eighth of the film | 96.0 % (95 % CI 90.0 to 100.0) | 0.960 |" in words
    assert "Brightness and contrast of these films are not in the shipped index" in words
    assert list(app.dataframe[1].value["Films"]) == [TASKS["covid"].words[name] for name in TASKS["covid"].classes]
    app.selectbox(key=state.models.CARD).set_value(RESNET).run()
    assert not app.exception
    assert app.subheader[0].value == "ResNet-18"
    assert app.query_params["model"] in (RESNET, [RESNET])


def test_the_sketch_shows_stages_maps_and_weights(weights: Path) -> None:
    from core.architectures.sketch import load
    from core.ui.models import sketch

    found = on_disk.find(weights)[0][RESNET]
    parts = sketch.blocks(found, load()["resnet18"], 192)
    assert [part.name for part in parts] == ["Film", "conv1", "layer1", "layer2", "layer3", "layer4", "Head"]
    assert parts[5].lines[0] == "512 x 6 x 6"
    assert parts[5].lines[-1] == "8.39 M weights"
    assert parts[-1].lines == ("3 classes", "Pooled head", "1.54 k weights")
    figure = sketch.figure(parts, widgets._DARK)
    assert len(figure.data) == len(parts)


def test_shipped_networks_have_thirds_of_brightness_and_contrast() -> None:
    from core.ui.models import judged

    found = next(iter(on_disk.find(on_disk.SHIPPED)[0].values()))
    groups = judged.of_subgroups(found)
    assert [group.kind for group in groups] == ["class"] * 3 + ["brightness"] * 3 + ["contrast"] * 3
    assert sum(group.films for group in groups[3:6]) == found.card.test_films
    for name, group in zip(found.card.classes, groups, strict=False):
        assert group.accuracy.value == pytest.approx(found.card.metrics[f"recall.{name}"].value)
