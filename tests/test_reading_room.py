"""The viewer, as far as the server goes: what is sent, and once; what is believed; and still images instead."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import checkpoint as on_disk
from core import models, settings
from core.render import Look
from core.ui import cache, cutoff, state
from core.ui.reading_room import component, wire
from core.ui.state import Upload
from tests import checkpoints, synthetic
from tests.test_pages import Readings, give, opened, pictures, said

README = Path(__file__).parent.parent / "README.md"
FILM = synthetic.as_png8(synthetic.film(200, 240))
LATERAL = synthetic.as_dicom(synthetic.film(220, 200, seed=1), ViewPosition="LL")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    for arch in ("resnet18", "vgg16_bn"):
        checkpoints.random_checkpoint(folder, arch=arch)
    return folder


@pytest.fixture
def weights(made: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The app's weights are two random networks, whose maps are all shown; nothing is left in caches."""
    monkeypatch.setattr(on_disk, "SHIPPED", made)
    monkeypatch.setattr(cutoff, "SHOWN_FROM", 0.0)
    monkeypatch.delenv(settings.WEIGHTS, raising=False)
    monkeypatch.delenv(settings.STILL, raising=False)
    for clear in (st.cache_resource.clear, st.cache_data.clear, models.get_pool.cache_clear):
        clear()
    yield made
    for clear in (st.cache_resource.clear, models.get_pool.cache_clear):
        clear()


def sent(app: AppTest) -> dict[str, Any]:
    """What the browser gets."""
    (element,) = app.get("bidi_component")
    found = json.loads(element.proto.json)
    assert isinstance(found, dict)
    return found


def a_map(pane: dict[str, Any]) -> np.ndarray:
    values = np.frombuffer(base64.b64decode(pane["map"]["values"]), "<f4")
    return values.reshape(pane["map"]["height"], pane["map"]["width"])


def test_diagnose_sends_the_film_as_a_file_and_the_map_in_full(weights: Path) -> None:
    app = give(opened(), ("chest.png", FILM))
    assert not pictures(app)
    found = sent(app)
    original, over = found["panes"]
    (film,) = found["films"].values()
    assert (original["map"], original["high"]) == (None, "")
    assert over["high"].startswith("high: evidence for ")
    assert over["alt"].startswith("The film with the Grad-CAM heatmap for ")
    assert "Colours are scaled within this image" in over["says"]
    assert "240 x 200 px" in original["says"]
    assert (film["width"], film["height"]) == (240, 200)
    assert "/media/" in film["url"]
    assert "patient's right is at the left" in film["right"]
    assert 0 <= a_map(over).min() < a_map(over).max() == 1
    assert found["look"] == {"colours": "inferno", "opacity": 0.6, "contour": True, "level": 0.5}
    assert len(json.dumps(found)) < 30_000  # with every change; the film is not in it
    assert "chest.png" not in json.dumps(found)


def test_another_class_sends_another_map_and_nothing_else(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readings = Readings(monkeypatch)
    app = give(opened(), ("chest.png", FILM))
    before = sent(app)
    encoded: list[object] = []
    monkeypatch.setattr(cache.render, "in_depth", encoded.append)
    chosen = app.session_state[state.reading.TARGET]
    classes = on_disk.find(weights)[0]["pneumonia-resnet18"].card.classes
    app.segmented_control[0].set_value(next(name for name in classes if name != chosen)).run()
    after = sent(app)
    assert not app.exception
    assert after["films"] == before["films"]
    assert after["panes"][0] == before["panes"][0]
    assert after["panes"][1] != before["panes"][1]
    assert (readings.count, encoded) == (1, [])


def test_a_class_below_its_cut_off_is_not_sent_unless_asked_for(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutoff, "SHOWN_FROM", 1.1)
    app = give(opened(), ("chest.png", FILM))
    over = sent(app)["panes"][1]
    assert over["map"] is None
    assert "no heatmap is drawn unless asked for" in over["why_not"]
    app.toggle(key=state.reading.ANYWAY).set_value(True).run()
    assert sent(app)["panes"][1]["map"]


def test_a_lateral_film_has_no_right_side(weights: Path) -> None:
    (film,) = sent(give(opened(), ("side.dcm", LATERAL)))["films"].values()
    assert film["right"] == ""


def test_compare_sends_the_film_once_and_every_map(weights: Path) -> None:
    app = opened()
    app.query_params["method"] = ["grad_cam", "eigen_cam"]
    app.switch_page("pages/read/compare.py").run()
    found = sent(give(app, ("chest.png", FILM)))
    assert len(found["films"]) == 1
    assert [pane["title"] for pane in found["panes"]] == [
        "Original", "VGG-16-BN · Grad-CAM", "VGG-16-BN · Eigen-CAM", "ResNet-18 · Grad-CAM", "ResNet-18 · Eigen-CAM",
    ]  # fmt: skip
    assert found["columns"] == 3
    assert "same for every class" in found["panes"][2]["says"]
    app.toggle(key=state.compare.ONE_SCALE).set_value(True).run()
    scaled = sent(app)["panes"]
    assert "logits)" in scaled[1]["high"]
    assert "Colours are on a shared scale" in scaled[1]["says"]
    assert len([button for button in app.button if str(button.key).startswith("to_diagnose_")]) == 4


def test_two_films_stand_below_each_other(weights: Path) -> None:
    app = opened()
    app.query_params["films"] = "two"
    app.switch_page("pages/read/compare.py").run()
    found = sent(give(app, ("one.png", FILM), ("side.dcm", LATERAL)))
    assert len(found["films"]) == 2
    assert [pane["title"] for pane in found["panes"]] == [
        "Original of film A",
        "Film A",
        "Original of film B",
        "Film B",
    ]
    assert found["columns"] == 2


@pytest.mark.parametrize("how", ["no api", "asked", "environment", "browser"])
def test_without_the_viewer_there_are_still_images(weights: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    if how == "no api":
        monkeypatch.setattr(component, "_component", lambda: None)
    if how == "environment":
        monkeypatch.setenv(settings.STILL, "1")
    app = give(opened(), ("chest.png", FILM))
    if how == "asked":
        app.toggle(key=state.look.STILL).set_value(True).run()
    if how == "browser":
        app.session_state["no_viewer"] = "a reason"
        app.run()
    assert not app.exception
    assert not app.get("bidi_component")
    assert len(set(pictures(app))) == 2
    assert any("with the Grad-CAM heatmap for " in picture.proto.imgs[0].alt for picture in app.get("image"))
    assert app.slider(key=state.look.OPACITY).value == 60
    expected = {"no api": "needs a newer Streamlit", "browser": "could not start in this browser (a reason)"}
    assert expected.get(how, "") in said(app)
    assert ("still images instead" in said(app)) == (how in expected)


def test_how_overlays_look_outlives_the_change_to_still_images(weights: Path) -> None:
    app = give(opened(), ("chest.png", FILM))
    app.session_state[state.look.OPACITY] = 35  # as told by the viewer
    app.toggle(key=state.look.STILL).set_value(True).run()
    assert app.slider(key=state.look.OPACITY).value == 35
    app.slider(key=state.look.OPACITY).set_value(20).run()
    app.toggle(key=state.look.STILL).set_value(False).run()
    assert sent(app)["look"]["opacity"] == 0.2


@pytest.mark.parametrize(
    "told",
    [
        None,
        "viridis",
        {},
        {"colours": "no-such", "opacity": 0.5, "contour": True, "level": 0.5},
        {"colours": "viridis", "opacity": 5, "contour": True, "level": 0.5},
        {"colours": "viridis", "opacity": float("nan"), "contour": True, "level": 0.5},
        {"colours": "viridis", "opacity": "1", "contour": True, "level": 0.5},
        {"colours": "viridis", "opacity": 0.5, "contour": "yes", "level": 0.5},
        {"colours": ["viridis"], "opacity": 0.5, "contour": True, "level": 0.5},
    ],
)
def test_what_a_browser_says_is_not_believed_unseen(told: object) -> None:
    assert wire.look_from(told) is None


def test_what_makes_sense_is_believed() -> None:
    told = {"colours": "viridis", "opacity": 0.25, "contour": False, "level": 1}
    assert wire.look_from(told) == Look("viridis", 0.25, contour=False, level=0.9)


def test_a_film_is_encoded_once_and_keeps_its_depth() -> None:
    st.cache_resource.clear()
    deep = synthetic.as_dicom(synthetic.film(150, 130), bits=12)
    for data, mode in ((FILM, "L"), (deep, "I;16")):
        upload = Upload(cache.read_xray(data).sha256, "Doe", data)
        first = cache.in_depth(upload)
        assert cache.in_depth(upload) is first
        with Image.open(io.BytesIO(first.picture)) as image:
            assert image.mode == mode
            shown = np.asarray(image) / (255 if mode == "L" else 65535)
        assert np.abs(shown - cache.read_xray(data).pixels).max() < 1e-5


def test_the_script_is_one_module_and_fetches_nothing_from_elsewhere() -> None:
    script = component.script()
    assert script.count("export default") == 1
    assert "import " not in "".join(line for line in script.splitlines() if not line.lstrip().startswith(("//", "*")))
    assert "http" not in script
    style = (Path(component.__file__).parent / "room.css").read_text("utf-8")
    assert "url(" not in style
    assert "@import" not in style


def test_every_key_does_one_thing_and_stands_in_the_readme() -> None:
    rows = re.findall(r'^  \[\[(".+?")\], "(.+?)", ', component.script(), re.MULTILINE)
    assert len(rows) > 15
    pressed = [key for keys, _ in rows for key in keys.split('", "')]
    assert len(pressed) == len({key.strip('"') for key in pressed})
    viewer = README.read_text("utf-8").partition("## The viewer")[2].partition("\n## ")[0]
    for key in (key for _, written in rows for key in written.split() if len(key) == 1 and key.isascii()):
        assert f"`{key}`" in viewer, f"README.md does not name the key {key}"
