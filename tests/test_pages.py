"""Every page, run by Streamlit's own test harness: what a visitor sees, and that looking runs no network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import checkpoint as on_disk
from core import models, records, samples, settings
from core.checkpoint import Checkpoint
from core.classifier import Classifier
from core.errors import DownloadError
from core.trust.scores import SCORES
from core.trust.table import Mean
from core.ui import cutoff, measured, state, widgets
from core.words import DISCLAIMER
from tests import checkpoints, synthetic
from tests.torchless import shown_without_torch

ROOT = Path(__file__).parent.parent
WAIT = 120
FILM = synthetic.as_png8(synthetic.film(200, 240))
OTHER = synthetic.as_dicom(synthetic.film(220, 200, seed=1), photometric="MONOCHROME1")
BROKEN = FILM[: len(FILM) // 2]
PNG = "image/png"


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    checkpoints.random_checkpoint(folder)
    return folder


@pytest.fixture
def weights(made: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The app's weights are one random network; nothing is left in caches."""
    monkeypatch.setattr(on_disk, "SHIPPED", made)
    monkeypatch.delenv(settings.WEIGHTS, raising=False)
    monkeypatch.setenv(settings.STILL, "1")  # still images can be told apart here; the viewer has its own tests
    st.cache_resource.clear()
    st.cache_data.clear()
    models.get_pool.cache_clear()
    yield made
    st.cache_resource.clear()
    models.get_pool.cache_clear()


def opened(*, accepted: bool = True) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=WAIT)
    app.run()
    return app.button(key="accept").click().run() if accepted else app


def give(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    app.file_uploader[0].set_value([(name, data, PNG) for name, data in files])
    app.run()
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    """All words on the page."""
    kinds = ("header", "subheader", "markdown", "caption", "info", "warning", "error", "success")
    return "\n".join(element.value for kind in kinds for element in getattr(app, kind))


def origins(app: AppTest) -> str:
    """What is said of where films come from."""
    return "".join(element.value for element in app.markdown if element.value.startswith(":blue["))


def pictures(app: AppTest) -> list[str]:
    """Addresses of all pictures; Streamlit names them by their content."""
    return [url for element in app.get("image") for url in element.value]


class Readings:
    """Counts passes of any network."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        original = Classifier.read

        def read(classifier: Classifier, xrays: list) -> list:  # type: ignore[type-arg]
            self.count += 1
            return original(classifier, xrays)

        monkeypatch.setattr(Classifier, "read", read)


def test_a_first_visitor_accepts_the_notice_before_anything_else(weights: Path) -> None:
    app = opened(accepted=False)
    assert "not a medical device" in said(app)
    assert not app.file_uploader
    app.button(key="accept").click().run()
    assert app.file_uploader
    assert DISCLAIMER in said(app)


@pytest.mark.parametrize("page", ["pages/about/models.py", "pages/about/method.py"])
def test_the_notice_comes_first_on_every_page(weights: Path, page: str) -> None:
    app = opened(accepted=False)
    app.switch_page(page).run()
    assert "not a medical device" in said(app)
    app.button(key="accept").click().run()
    assert not app.exception
    assert DISCLAIMER in said(app)
    assert app.header[0].value in {"Models", "Method and limits"}
    assert not re.search(r"\{\w+\}", said(app))  # what is to be filled in


def test_the_first_page_appears_without_torch(made: Path) -> None:
    shown_without_torch(
        "assert not app.exception, app.exception\n"
        "assert [one.partition(' · ')[0] for one in app.selectbox(key='model').options] == ['ResNet-18']\n"
        "assert app.file_uploader\n"
        "for page in ('models', 'method'):\n"
        "    app.switch_page(f'pages/about/{page}.py').run()\n"
        "    assert not app.exception, app.exception\n",
        made,
    )


def test_the_picker_tells_accuracy_size_and_training(weights: Path) -> None:
    app = opened()
    card = on_disk.find(weights)[0]["pneumonia-resnet18"].card
    assert app.selectbox(key=state.reading.MODEL).options == [
        f"ResNet-18 · {100 * card.metrics['accuracy'].value:.1f} %"
    ]
    assert not [box for box in app.selectbox if box.label == "Task"]  # asked only where there are several
    caption = said(app)
    assert f"{100 * card.metrics['accuracy'].value:.1f} % (95 % CI" in caption
    assert "22 MB" in caption
    assert card.training.data in said(app)


def test_one_film_is_read_in_words_numbers_and_pictures(weights: Path) -> None:
    app = give(opened(), ("chest.png", FILM))
    words = said(app)
    assert any(heading.value.endswith(" %") for heading in app.header)
    assert "Softmax probability, not calibrated, from ResNet-18" in words  # no temperature was fitted
    assert "Colours are scaled within this image" in words
    assert "evidence, not an outline of disease" in words
    assert "layer4" in words
    assert "Grad-CAM" in words
    assert "Children of 1 to 5 years" in words
    assert "240 x 200 px" in words
    assert app.get("plotly_chart")
    assert len(set(pictures(app))) == 2


def test_class_opacity_and_colour_change_the_picture_and_run_no_network(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cutoff, "SHOWN_FROM", 0.0)
    readings = Readings(monkeypatch)
    app = give(opened(), ("chest.png", FILM))
    assert readings.count == 1
    original, first = pictures(app)
    seen = {first}
    classes = on_disk.find(weights)[0]["pneumonia-resnet18"].card.classes
    other = next(name for name in classes if name != app.session_state[state.reading.TARGET])
    app.segmented_control[0].set_value(other).run()
    assert app.session_state[state.reading.TARGET] == other
    seen.add(pictures(app)[1])
    app.slider(key=state.look.OPACITY).set_value(30).run()
    seen.add(pictures(app)[1])
    app.selectbox(key=state.look.COLOURS).set_value("viridis").run()
    seen.add(pictures(app)[1])
    app.slider(key=state.look.OPACITY).set_value(0).run()
    app.toggle(key=state.look.CONTOUR).set_value(False).run()
    assert pictures(app)[0] == original
    assert pictures(app)[1] == original  # faded to nothing, byte for byte
    assert len(seen) == 4
    assert readings.count == 1


def test_a_class_below_its_cut_off_shows_no_map_unless_asked(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutoff, "SHOWN_FROM", 1.1)
    app = give(opened(), ("chest.png", FILM))
    assert len(set(pictures(app))) == 1
    assert "no heatmap is drawn unless asked for" in said(app)
    app.toggle(key=state.reading.ANYWAY).set_value(True).run()
    assert len(set(pictures(app))) == 2


def test_a_broken_heatmap_is_reported_and_not_drawn(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np

    from core import explain
    from core.explain import Heatmap

    def empty(classifier: Classifier, reading: object, method: str, against: str | None = None) -> dict[str, Heatmap]:
        zeros = np.zeros((2, 2), np.float32)
        names = classifier.checkpoint.card.classes
        return {n: Heatmap(zeros, n, method, "layer4", "m", "a" * 64, 0.0, "This map is empty: x.") for n in names}

    monkeypatch.setattr(explain, "explain", empty)
    app = give(opened(), ("chest.png", FILM))
    assert "This map is empty" in said(app)
    assert len(set(pictures(app))) == 1


def test_a_bad_file_is_listed_beside_the_good_ones(weights: Path) -> None:
    app = give(opened(), ("good.png", FILM), ("bad.png", BROKEN), ("other.dcm", OTHER))
    table = app.dataframe[0].value
    assert list(table["Film"]) == ["good.png", "bad.png", "other.dcm"]
    assert list(table["Problem"].astype(bool)) == [False, True, False]
    assert table.columns[-1] == "Problem"  # or probabilities would lie beyond the edge
    assert "damaged or cut short" in table["Problem"][1]
    assert "2 films read, 1 not." in said(app)
    assert len(set(pictures(app))) == 2


def test_a_single_bad_file_says_what_is_wrong(weights: Path) -> None:
    app = give(opened(), ("no[t]e.txt", b"no film"))
    assert "cannot be read" in app.error[0].value
    assert "not an image" in app.error[0].value
    assert app.file_uploader  # and another can be given


def test_a_dicom_says_what_was_done_to_it_and_no_name(weights: Path) -> None:
    words = said(give(opened(), ("chest.dcm", OTHER)))
    assert "MONOCHROME1" in words
    assert "Doe" not in words
    assert "SECRET" not in words


def test_switching_pages_loses_nothing(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readings = Readings(monkeypatch)
    app = give(opened(), ("chest.png", FILM), ("other.dcm", OTHER))
    app.slider(key=state.look.OPACITY).set_value(25).run()
    before = pictures(app)
    app.switch_page("pages/about/models.py").run()
    app.switch_page("pages/read/diagnose.py").run()
    assert not app.exception
    assert app.slider(key=state.look.OPACITY).value == 25
    assert pictures(app) == before
    assert readings.count == 1


def test_what_was_asked_for_outlives_a_change_of_page(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutoff, "SHOWN_FROM", 1.1)
    app = give(opened(), ("chest.png", FILM))
    app.toggle(key=state.reading.ANYWAY).set_value(True).run()
    app.switch_page("pages/about/method.py").run()
    app.switch_page("pages/read/diagnose.py").run()
    assert app.toggle(key=state.reading.ANYWAY).value
    assert len(set(pictures(app))) == 2


def test_the_device_is_shown_with_the_first_reading(weights: Path) -> None:
    app = opened()
    assert "Runs on: decided at the first reading" in said(app)
    words = said(give(app, ("chest.png", FILM)))
    assert "Runs on: CPU" in words or "Runs on: GPU" in words


def test_what_was_measured_of_a_methods_maps_is_said_beside_it(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = next(iter(on_disk.find()[0].values()))
    rows = [
        Mean(made.name, made.card.weights_sha256, "layer_cam", score, 200, 0.5, 0.4, 0.6, 0.3, 0.3, 0.6, 0.1, 0.1)
        for score in SCORES
    ]
    (tmp_path / "table.csv").write_text(records.to_csv(Mean, rows), "utf-8")
    monkeypatch.setattr(measured, "FAITHFULNESS", tmp_path / "table.csv")
    app = opened()
    assert "Measured on 200" not in said(app)
    app.selectbox(key=state.reading.METHOD).set_value("layer_cam").run()
    assert "by 3 of 3 figures better than a random map" in said(app)
    app.multiselect(key=state.reading.LAYERS).set_value(["layer3"]).run()
    assert "Measured on 200" not in said(app)  # it was measured at the last layer


def test_a_film_just_added_is_shown_whatever_row_was_selected(weights: Path) -> None:
    app = give(opened(), ("chest.png", FILM), ("other.dcm", OTHER))
    app.session_state[f"readings_{app.session_state['films_times_added']}"] = {
        "selection": {"rows": [1], "columns": [], "cells": []}
    }
    app.run()
    assert widgets.verbatim("other.dcm") in said(app)
    give(app, ("third.png", synthetic.as_png8(synthetic.film(200, 240, seed=2))))
    assert widgets.verbatim("third.png") in said(app)


def test_films_can_be_removed(weights: Path) -> None:
    app = give(opened(), ("chest.png", FILM))
    next(button for button in app.button if button.label == "Remove all films").click().run()
    assert "Read a chest X-ray" in said(app)


def test_too_many_films_are_said_to_be(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state.films, "MAX_FILMS", 1)
    app = give(opened(), ("chest.png", FILM), ("other.dcm", OTHER))
    assert "1 more did not fit" in said(app)
    assert "Remove all films first" in said(app)  # there is no other way
    assert not app.dataframe


def test_altered_weights_get_a_panel_and_keep_the_films(
    tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    altered = checkpoints.random_checkpoint(tmp_path)
    checkpoints.break_weights(altered)
    monkeypatch.setattr(on_disk, "SHIPPED", tmp_path)
    app = give(opened(), ("chest.png", FILM))
    assert "ResNet-18 cannot be loaded" in app.error[0].value
    assert "Copy it again" in app.error[0].value
    assert len(app.session_state["films"]) == 1


def test_a_card_without_weights_is_named_and_the_others_work(
    tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    half: Checkpoint = checkpoints.random_checkpoint(tmp_path, arch="vgg16_bn")
    half.weights.write_bytes(b"half")
    monkeypatch.setenv(settings.WEIGHTS, str(tmp_path))
    app = opened()
    (option,) = app.selectbox(key=state.reading.MODEL).options
    assert option.startswith("ResNet-18 · ")
    assert "pneumonia-vgg16_bn" in said(app)
    assert "half-copied" in said(app)


def test_a_network_that_is_taken_away_is_not_replaced_unsaid(
    tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = checkpoints.random_checkpoint(tmp_path, arch="lenet")
    monkeypatch.setenv(settings.WEIGHTS, str(tmp_path))
    app = opened()
    app.selectbox(key=state.reading.MODEL).set_value(mine.name).run()
    assert not app.sidebar.warning
    whole = mine.weights.read_bytes()
    mine.weights.write_bytes(whole[:100])  # while a new one is copied over it
    app.run()
    assert app.selectbox(key=state.reading.MODEL).value == "pneumonia-resnet18"
    assert "pneumonia-lenet cannot be used now: this is another network." in app.sidebar.warning[0].value
    assert "half-copied" in app.sidebar.warning[0].value
    assert not app.run().sidebar.warning


def test_without_any_network_the_page_says_what_to_do(
    tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_disk, "SHIPPED", tmp_path)
    app = opened()
    assert "No trained network" in app.error[0].value
    assert "python -m core train" in app.error[0].value


def test_an_average_radiograph_is_labelled_as_an_aggregate(weights: Path) -> None:
    app = opened()
    button = next(button for button in app.button if str(button.key).startswith("average_"))
    button.click().run()
    assert not app.exception
    assert "not a patient" in origins(app)


def test_without_a_network_connection_the_public_films_say_so(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> list[samples.Sample]:
        raise DownloadError("The hub cannot be reached.")

    monkeypatch.setattr(samples, "public_films", fail)
    app = opened()
    app.button(key="public_films").click().run()
    assert "The hub cannot be reached." in app.error[0].value


def test_public_films_come_with_progress_and_origin(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(progress) -> list[samples.Sample]:  # type: ignore[no-untyped-def]  # noqa: ANN001
        progress(1, 2)
        return [samples.Sample("Public film 1", "From a public data set.", FILM)]

    monkeypatch.setattr(samples, "public_films", fetch)
    app = opened()
    app.button(key="public_films").click().run()
    assert "From a public data set." in origins(app)


def test_the_models_page_renders_the_card(weights: Path) -> None:
    app = opened()
    app.switch_page("pages/about/models.py").run()
    assert not app.exception
    words = said(app)
    card = on_disk.find(weights)[0]["pneumonia-resnet18"].card
    assert app.query_params["model"] in ("pneumonia-resnet18", ["pneumonia-resnet18"])
    assert list(app.dataframe[0].value["Network"]) == ["ResNet-18"]
    for text in (card.weights_sha256, card.limits[0], card.licence, "Recall, Viral pneumonia", card.training.data):
        assert text in words
    assert card.training.command in app.code[0].value
    assert app.get("plotly_chart")


def test_one_class_is_explained_against_another(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutoff, "SHOWN_FROM", 0.0)
    readings = Readings(monkeypatch)
    app = give(opened(), ("chest.png", FILM))
    app.segmented_control(key=state.reading.TARGET).set_value("BACTERIA").run()
    by_itself = pictures(app)[1]
    picker = app.selectbox(key=state.reading.AGAINST)
    assert picker.options == ["(by itself)", "No pneumonia", "Viral pneumonia"]
    picker.set_value("VIRUS").run()
    assert not app.exception
    assert pictures(app)[1] != by_itself
    assert "rather than <b>Viral pneumonia</b>" in "".join(str(element.proto) for element in app.get("html"))
    app.segmented_control(key=state.reading.TARGET).set_value("VIRUS").run()  # no class can be explained against itself
    assert not app.exception
    assert app.selectbox(key=state.reading.AGAINST).value == ""
    assert readings.count == 1


def test_a_map_that_is_the_same_for_every_class_says_so(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutoff, "SHOWN_FROM", 0.0)
    app = give(opened(), ("chest.png", FILM))
    assert "same for every class:" not in said(app)
    app.selectbox(key=state.reading.METHOD).set_value("eigen_cam").run()
    assert "same for every class:" in said(app)


def test_a_map_is_measured_on_request_and_once(weights: Path) -> None:
    app = give(opened(), ("film.png", FILM))
    assert "Stable?" not in said(app)
    app.button(key="measure").click().run()
    assert not app.exception
    assert re.search(r"Smoothing away the marked 10 % takes .* to \d+ %; a random 10 %: to \d+ %", said(app))
    assert "Stable?" in said(app)
    strip = "".join(str(element.proto) for element in app.get("html"))
    assert re.search(r">head<.*>layer4<.*>layer3<", strip)
    other = next(name for name in ("NORMAL", "BACTERIA", "VIRUS") if name != app.session_state["target"])
    app.session_state["target"] = other
    app.session_state["show_anyway"] = True
    app.run()
    assert "Stable?" not in said(app), "figures of one class under the map of another"
