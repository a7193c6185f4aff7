"""The Compare page, run by Streamlit's own test harness: what is shown, how often networks run, what is exported."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import checkpoint as on_disk
from core import models, report, settings
from core.architectures.network import Network
from core.compare import Sheet
from core.explain import METHODS
from core.ui import certainty, cutoff, making, state
from core.ui.compare import choice, panes
from core.ui.compare.seen import Seen
from tests import checkpoints, synthetic

ROOT = Path(__file__).parent.parent
WAIT = 120
FILM = synthetic.as_png8(synthetic.film(200, 240))
OTHER = synthetic.as_png8(synthetic.film(220, 200, seed=1))
BROKEN = FILM[: len(FILM) // 2]
UPSIDE_DOWN = synthetic.as_png8(np.rot90(synthetic.film(128, 128), 2).copy())
NOISE = synthetic.as_png8(np.random.default_rng(0).random((128, 128), np.float32))
VGG, RESNET = "pneumonia-vgg16_bn", "pneumonia-resnet18"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    for arch in ("resnet18", "resnet34", "vgg16_bn"):
        checkpoints.random_checkpoint(folder, arch=arch)
    return folder


@pytest.fixture(autouse=True)
def _weights(made: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The app's weights are three random networks, whose maps are all shown; nothing is left in caches."""
    monkeypatch.setattr(on_disk, "SHIPPED", made)
    monkeypatch.setattr(cutoff, "SHOWN_FROM", 0.0)
    monkeypatch.delenv(settings.WEIGHTS, raising=False)
    monkeypatch.setenv(settings.STILL, "1")  # still images can be told apart here; the viewer has its own tests
    st.cache_resource.clear()
    st.cache_data.clear()
    models.get_pool.cache_clear()
    yield
    st.cache_resource.clear()
    models.get_pool.cache_clear()


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Films in every pass of any trunk."""
    counted: list[int] = []
    real = Network.features

    def features(network: Network, images: torch.Tensor) -> torch.Tensor:
        counted.append(len(images))
        return real(network, images)

    monkeypatch.setattr(Network, "features", features)
    return counted


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> dict[str, Callable[[], bytes]]:
    """What a click on each download button would make."""
    offered: dict[str, Callable[[], bytes]] = {}

    def button(label: str, data: Callable[[], bytes], *_: object, **__: object) -> None:
        offered[label] = data

    monkeypatch.setattr(st, "download_button", button)
    return offered


def opened(*files: bytes, **address: str | list[str]) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=WAIT).run()
    app.button(key="accept").click().run()
    for name, value in address.items():
        app.query_params[name] = value
    app.switch_page("pages/read/compare.py").run()
    if files:
        given = [(f"Doe{number}.png", data, "image/png") for number, data in enumerate(files)]
        app.file_uploader[0].set_value(given)
        app.run()
    assert not app.exception, app.exception
    return app


def said(app: AppTest) -> str:
    kinds = ("header", "subheader", "markdown", "caption", "info", "warning", "error")
    return "\n".join(element.value for kind in kinds for element in getattr(app, kind))


def pictures(app: AppTest) -> list[str]:
    return [url for element in app.get("image") for url in element.value]


def titles(app: AppTest) -> list[str]:
    """Of the panes, by their buttons."""
    return [str(button.help)[5:-12] for button in app.button if str(button.key).startswith("to_diagnose_")]


def test_the_first_state_is_vgg_against_resnet_on_one_film(passes: list[int]) -> None:
    app = opened(FILM)
    assert app.multiselect(key=state.compare.BACKBONES).value == [VGG, RESNET]
    assert app.multiselect(key=state.compare.METHODS).value == ["grad_cam"]
    assert titles(app) == ["VGG-16-BN", "ResNet-18"]
    assert len(pictures(app)) == 4  # original, two maps, their difference
    assert "verdict" in app.subheader[0].value
    assert "Spearman correlation" in [metric.label for metric in app.metric]
    assert len(app.get("plotly_chart")) == 2
    assert passes == [1, 1]


def test_without_a_film_one_can_be_given(passes: list[int]) -> None:
    app = opened()
    assert "Compare what networks see" in app.header[0].value
    assert app.file_uploader
    assert not passes


def test_four_panes_run_each_network_once_and_looking_runs_none(passes: list[int]) -> None:
    app = opened(FILM, method=["grad_cam", "eigen_cam"])
    assert titles(app) == [f"{net} · {how}" for net in ("VGG-16-BN", "ResNet-18") for how in ("Grad-CAM", "Eigen-CAM")]
    assert "the same for every class" in said(app)
    assert passes == [1, 1]
    app.segmented_control(key=state.compare.CLASS).set_value("NORMAL").run()
    app.selectbox(key=state.compare.AGAINST).set_value("VIRUS").run()
    app.toggle(key=state.compare.ONE_SCALE).set_value(True).run()
    app.multiselect(key=state.compare.METHODS).set_value(["layer_cam", "xgrad_cam"]).run()
    app.slider(key=state.look.OPACITY).set_value(20).run()
    assert not app.exception
    assert passes == [1, 1]


def test_a_class_that_was_explained_against_can_be_explained() -> None:
    app = opened(FILM)
    app.segmented_control(key=state.compare.CLASS).set_value("BACTERIA").run()
    app.selectbox(key=state.compare.AGAINST).set_value("VIRUS").run()
    app.segmented_control(key=state.compare.CLASS).set_value("VIRUS").run()
    assert not app.exception
    assert len(titles(app)) == 2
    assert app.selectbox(key=state.compare.AGAINST).value == ""


def test_maps_are_measured_on_request_and_once(passes: list[int]) -> None:
    app = opened(FILM)
    assert "ROAD" not in said(app)
    app.button(key="measure_all").click().run()
    assert not app.exception
    table = next(text.value for text in app.markdown if text.value.startswith("| Map |"))
    assert [row.split(" | ")[0] for row in table.splitlines()[2:]] == ["| VGG-16-BN", "| ResNet-18"]
    assert table.count("(") == 3 + 2 * 3  # a direction per figure, rivals beside every value
    asked = sum(passes)
    app.segmented_control(key=state.compare.CLASS).set_value("NORMAL").run()
    assert app.button(key="measure_all")  # these are other maps
    app.segmented_control(key=state.compare.CLASS).set_value(panes.EACH).run()
    assert sum(passes) == asked


def test_probabilities_are_calibrated_whatever_diagnose_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, downloads: dict[str, Callable[[], bytes]]
) -> None:
    for arch in ("resnet18", "vgg16_bn"):
        made = checkpoints.random_checkpoint(tmp_path, arch=arch)
        card = tmp_path / f"{made.name}.json"
        card.write_text(json.dumps(json.loads(card.read_text("utf-8")) | {"temperature": 0.5}), "utf-8")
    monkeypatch.setattr(on_disk, "SHIPPED", tmp_path)
    monkeypatch.setattr(Sheet, "png", lambda sheet, _: "\n".join(one.verdict for one in sheet.bars).encode())
    app = opened(FILM)
    before, sheet = said(app), downloads["Sheet PNG"]()
    app.session_state[state.reading.UNCALIBRATED] = True
    app.run()
    assert (said(app), downloads["Sheet PNG"]()) == (before, sheet)


def test_what_diagnose_has_read_is_not_read_again(passes: list[int]) -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=WAIT).run()
    app.button(key="accept").click().run()
    app.file_uploader[0].set_value([("Doe.png", FILM, "image/png")])
    app.run()
    assert passes == [1]
    app.switch_page("pages/read/compare.py").run()
    assert passes == [1, 1]
    assert len(titles(app)) == 2


def test_films_of_one_name_can_be_told_apart() -> None:
    app = opened()
    app.file_uploader[0].set_value([("image.png", data, "image/png") for data in (FILM, OTHER, UPSIDE_DOWN)])
    app.run()
    (picker,) = (one for one in app.selectbox if one.label == "Film")
    assert picker.options == [
        f"image.png ({state.Upload.of('', one).sha256[:12]})" for one in (FILM, OTHER, UPSIDE_DOWN)
    ]
    before = pictures(app)[0]
    app.toggle(key=state.compare.ONE_SCALE).set_value(True).run()
    assert pictures(app)[0] == before
    app.segmented_control(key=state.compare.CHOSEN).set_value("two").run()
    second = app.session_state[state.compare.SECOND_FILM]
    app.toggle(key=state.compare.ONE_SCALE).set_value(False).run()
    assert not app.exception
    assert pictures(app)[0] == before
    assert app.session_state[state.compare.SECOND_FILM] == second == state.Upload.of("", OTHER).sha256


def test_the_second_film_stays_when_another_of_its_name_is_added() -> None:
    app = opened(FILM, OTHER, films="two", backbone=RESNET)
    second = app.session_state[state.compare.SECOND_FILM]
    assert app.selectbox(key=state.compare.SECOND_FILM).options == ["Doe1.png"]
    app.file_uploader[0].set_value([("Doe1.png", UPSIDE_DOWN, "image/png")])
    app.run()
    app.selectbox(key=state.compare.SECOND_FILM).set_value(second).run()
    assert not app.exception
    assert app.session_state[state.compare.SECOND_FILM] == second
    assert f"Doe1.png ({second[:12]})" in app.selectbox(key=state.compare.SECOND_FILM).options


def test_a_film_added_is_the_second_one_and_of_two_added_the_first_two_are_compared() -> None:
    app = opened(FILM, films="two", backbone=RESNET)
    for added, compared in (([OTHER], [FILM, OTHER]), ([UPSIDE_DOWN, FILM], [UPSIDE_DOWN, FILM])):
        app.file_uploader[0].set_value([("next.png", data, "image/png") for data in added])
        app.run()
        assert not app.exception
        now = [app.session_state["chosen_film"], app.session_state[state.compare.SECOND_FILM]]
        assert now == [state.Upload.of("", data).sha256 for data in compared]


def test_the_original_is_there_before_any_map_is_made() -> None:
    app = opened(FILM, method="occlusion")
    assert not titles(app)
    assert "**Original**" in said(app)
    assert len(pictures(app)) == 1


def test_the_sheet_holds_readings_whose_maps_are_not_made_yet(
    downloads: dict[str, Callable[[], bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def written(sheet: Sheet, texts: Mapping[str, str]) -> bytes:
        tiles = [tile.title for tile in sheet.tiles]
        return json.dumps([[one.title for one in sheet.bars], tiles, sheet.foot, dict(texts)]).encode()

    real = making.maps
    monkeypatch.setattr(Sheet, "png", written)
    monkeypatch.setattr(making, "maps", lambda wanted: [real(wanted)[0], None])
    app = opened(FILM)
    assert titles(app) == ["VGG-16-BN"]
    bars, tiles, foot, texts = json.loads(downloads["Sheet PNG"]())
    assert bars == ["VGG-16-BN", "ResNet-18"]
    assert tiles == ["Original", "VGG-16-BN"]
    assert f"{RESNET} " in texts["weights_sha256"]
    assert [line for line in foot if line.startswith(f"{RESNET}: weights sha256 ")]
    assert texts["set_level"] == "VGG-16-BN: 0.9\nResNet-18: 0.9"


def test_two_films_go_through_one_backbone(
    passes: list[int], downloads: dict[str, Callable[[], bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def written(sheet: Sheet, _: object) -> bytes:
        return json.dumps([sheet.figures, [line for tile in sheet.tiles for line in tile.lines]]).encode()

    monkeypatch.setattr(Sheet, "png", written)
    app = opened(FILM, OTHER, films="two", backbone=RESNET)
    assert titles(app) == ["Film A", "Film B"]
    assert len(pictures(app)) == 5  # two originals, two maps, their difference
    assert "nothing is aligned to the body" in said(app)
    assert "different evidence" not in app.subheader[0].value  # of two films there is no saying
    assert passes == [2]
    figures, lines = json.loads(downloads["Sheet PNG"]())
    assert any("nothing is aligned to the body" in one for one in figures)
    assert [one for one in lines if one.startswith("Orange: Film A")] == ["Orange: Film A is hotter. Blue: Film B is."]
    assert "Drawn over film A." in lines
    app = opened(FILM, films="two")
    assert "Add another at the left" in app.info[0].value


def test_each_of_two_films_has_a_row_of_the_sheet_whatever_difference_is_shown(
    downloads: dict[str, Callable[[], bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sheet, "png", lambda sheet, _: json.dumps([tile.title for tile in sheet.tiles]).encode())
    app = opened(FILM, OTHER, films="two", backbone=RESNET, method=["grad_cam", "hires_cam"])
    pair = next(one for one in app.selectbox if one.label == "Which two")
    pair.set_value(next(name for name in pair.options if name.count("Film B") > 1)).run()
    first = json.loads(downloads["Sheet PNG"]())[:4]
    assert [title.endswith("film A") or title.startswith("Film A") for title in first] == [True, True, True, False]
    assert first[3] == "Difference"


def test_a_link_reproduces_a_comparison_and_names_no_film() -> None:
    app = opened(FILM, backbone=["pneumonia-resnet34", VGG], method="hires_cam")
    assert titles(app) == ["ResNet-34", "VGG-16-BN"]
    assert app.multiselect(key=state.compare.METHODS).value == ["hires_cam"]
    assert set(app.query_params) == {"backbone", "method"}
    assert "Doe" not in str(app.query_params)


@pytest.mark.parametrize("address", [{"backbone": "no-such"}, {"method": ["x" * 500]}, {"films": "many"}])
def test_a_link_that_makes_no_sense_shows_the_first_state(address: dict[str, str | list[str]]) -> None:
    assert titles(opened(FILM, **address)) == ["VGG-16-BN", "ResNet-18"]


def test_there_are_at_most_four_panes() -> None:
    app = opened(FILM, backbone=[VGG, RESNET, "pneumonia-resnet34"], method=["grad_cam", "layer_cam", "eigen_cam"])
    assert len(titles(app)) == 3
    assert app.multiselect(key=state.compare.METHODS).proto.max_selections == 1
    app.multiselect(key=state.compare.BACKBONES).set_value([VGG]).run()
    app.multiselect(key=state.compare.METHODS).set_value(["grad_cam", "layer_cam", "eigen_cam"]).run()
    app.multiselect(key=state.compare.BACKBONES).set_value([VGG, RESNET]).run()
    assert "At most 4 panes: only 2 methods kept" in said(app)
    assert len(titles(app)) == 4


def test_nothing_chosen_says_what_to_do() -> None:
    app = opened(FILM)
    app.multiselect(key=state.compare.BACKBONES).set_value([]).run()
    assert "Choose at least one backbone" in app.info[0].value
    app.multiselect(key=state.compare.BACKBONES).set_value([RESNET]).run()
    assert titles(app) == ["ResNet-18"]


def test_a_pane_opens_in_diagnose() -> None:
    app = opened(FILM, method=["grad_cam", "layer_cam"])
    app.segmented_control(key=state.compare.CLASS).set_value("NORMAL").run()
    app.selectbox(key=state.compare.AGAINST).set_value("VIRUS").run()
    app.button(key="to_diagnose_1").click().run()
    assert not app.exception
    assert app.selectbox(key=state.reading.MODEL).value == VGG
    assert app.selectbox(key=state.reading.METHOD).value == "layer_cam"
    assert (app.session_state[state.reading.TARGET], app.session_state[state.reading.AGAINST]) == ("NORMAL", "VIRUS")
    assert "rather than" in "".join(str(element.proto) for element in app.get("html"))
    app.switch_page("pages/read/compare.py").run()
    assert app.session_state[state.compare.CLASS] == "NORMAL"
    assert titles(app) == [
        "VGG-16-BN · Grad-CAM",
        "VGG-16-BN · LayerCAM",
        "ResNet-18 · Grad-CAM",
        "ResNet-18 · LayerCAM",
    ]


@pytest.mark.parametrize("asked", ["NORMAL", "BACTERIA"])
def test_a_weak_map_that_was_asked_for_is_there_in_diagnose_too(monkeypatch: pytest.MonkeyPatch, asked: str) -> None:
    monkeypatch.setattr(cutoff, "SHOWN_FROM", 0.4)  # the ResNet says bacterial 48 %, normal 39 %
    app = opened(FILM)
    app.segmented_control(key=state.compare.CLASS).set_value("NORMAL").run()
    app.toggle(key=state.compare.WEAK_TOO).set_value(True).run()
    app.segmented_control(key=state.compare.CLASS).set_value(asked).run()
    app.button(key="to_diagnose_1").click().run()
    assert not app.exception
    assert app.session_state[state.reading.TARGET] == asked
    assert app.session_state[state.reading.ANYWAY] == (asked == "NORMAL")  # else none was needed, and none is kept
    assert "no heatmap is drawn" not in said(app)


def test_evidence_is_that_for_what_was_read_whatever_is_explained() -> None:
    app = opened(FILM)
    read = app.session_state[state.compare.CLASS]
    title = app.subheader[0].value
    assert "evidence" in title
    app.segmented_control(key=state.compare.CLASS).set_value(panes.EACH).run()
    assert app.subheader[0].value == title
    app.segmented_control(key=state.compare.CLASS).set_value("NORMAL").run()
    assert read != "NORMAL"
    assert app.subheader[0].value.endswith("Same verdict")
    app.segmented_control(key=state.compare.CLASS).set_value(read).run()
    app.selectbox(key=state.compare.AGAINST).set_value("NORMAL").run()
    assert app.subheader[0].value.endswith("Same verdict")


def test_maps_of_different_classes_say_so_on_screen_and_on_the_sheet(
    downloads: dict[str, Callable[[], bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sheet, "png", lambda sheet, _texts: "\n".join(sheet.figures).encode())
    differ = "These two explain different classes."
    app = opened(FILM)
    assert differ not in said(app)
    assert differ not in downloads["Sheet PNG"]().decode()
    monkeypatch.setattr(Seen, "prediction", property(lambda one: "VIRUS" if one.title == "ResNet-18" else "NORMAL"))
    app.segmented_control(key=state.compare.CLASS).set_value(panes.EACH).run()
    assert not app.exception
    assert differ in said(app)
    assert downloads["Sheet PNG"]().decode().count(differ) == 1


def test_each_network_may_explain_what_it_reads() -> None:
    app = opened(FILM)
    app.segmented_control(key=state.compare.CLASS).set_value(panes.EACH).run()
    assert not app.exception
    assert app.selectbox(key=state.compare.AGAINST).disabled


def test_a_class_below_its_cut_off_is_drawn_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutoff, "SHOWN_FROM", 1.1)
    app = opened(FILM)
    assert len(set(pictures(app))) == 1
    assert "unless asked for" in said(app)
    assert not app.metric
    app.toggle(key=state.compare.WEAK_TOO).set_value(True).run()
    assert len(set(pictures(app))) == 4


def test_a_class_that_one_network_hardly_sees_is_not_asked_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {}
    for cut in (0.0, 1.1):
        monkeypatch.setattr(cutoff, "SHOWN_FROM", cut)
        app = opened(FILM)
        asked[cut] = app.session_state[state.compare.CLASS]
    differ = "Different" in app.subheader[0].value
    assert asked[0.0] != panes.EACH
    assert (asked[1.1] == panes.EACH) == differ


def test_one_scale_changes_the_pictures_and_says_its_end() -> None:
    app = opened(FILM)
    before = pictures(app)
    app.toggle(key=state.compare.ONE_SCALE).set_value(True).run()
    after = pictures(app)
    assert (before[0], before[-1]) == (after[0], after[-1])  # neither the film nor the maps' difference changes
    assert before[1:3] != after[1:3]
    assert "logits)" in "".join(str(element.proto) for element in app.get("html"))


def test_a_broken_film_and_broken_weights_are_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(BROKEN)
    assert "damaged or cut short" in app.error[0].value
    for arch in ("resnet18", "vgg16_bn"):
        found = checkpoints.random_checkpoint(tmp_path, arch=arch)
    checkpoints.break_weights(found)
    monkeypatch.setattr(on_disk, "SHIPPED", tmp_path)
    models.get_pool.cache_clear()
    st.cache_resource.clear()
    app = opened(FILM)
    assert "VGG-16-BN cannot be loaded" in app.error[0].value
    assert titles(app) == ["ResNet-18"]  # the other goes on
    app = opened(BROKEN)
    assert ["cannot be loaded" in app.error[0].value, "damaged or cut short" in app.error[1].value] == [True, True]
    assert len(app.error) == 2


def test_how_sure_can_be_set_if_any_network_can_say_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for arch in ("resnet18", "vgg16_bn"):
        found = checkpoints.random_checkpoint(tmp_path, arch=arch)
    found.validation.unlink()  # of the VGG, which comes first
    monkeypatch.setattr(on_disk, "SHIPPED", tmp_path)
    app = opened(FILM)
    assert app.slider(key=state.reading.SET_LEVEL)
    assert said(app).count("90 % set: ") == 1


def test_without_any_network_the_page_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_disk, "SHIPPED", tmp_path)
    assert "No trained network" in opened().error[0].value


def test_the_sheet_holds_figures_and_provenance_and_no_file_name(downloads: dict[str, Callable[[], bytes]]) -> None:
    opened(FILM, method=["grad_cam", "layer_cam"])
    weights = [on_disk.find(on_disk.SHIPPED)[0][name].card.weights_sha256 for name in (VGG, RESNET)]
    png, pdf = downloads["Sheet PNG"](), downloads["Sheet PDF"]()
    with Image.open(io.BytesIO(png)) as image:
        assert image.width > image.height
        for digest in weights:
            assert digest in image.info["weights_sha256"]
        assert "Research use only" in image.info["notice"]
        assert "layer_cam" in image.info["maps"]
        assert set(report.UNKNOWN.as_texts()) <= set(image.info)  # as of every export
        assert image.info["prediction_set"] == "ResNet-18: BACTERIA|NORMAL"  # the VGG's is empty
        assert image.info["set_level"] == "VGG-16-BN: 0.9\nResNet-18: 0.9"
        assert image.info["guard"] == "VGG-16-BN: unknown\nResNet-18: unknown"
    assert pdf.startswith(b"%PDF")
    assert b"/Count 1" in pdf
    assert b"Doe0.png" not in png
    assert b"Doe0.png" not in pdf


def test_a_film_refused_by_several_networks_has_one_panel_with_its_picture_and_mends() -> None:
    app = opened(UPSIDE_DOWN)
    (panel,) = app.error
    assert panel.value.startswith("**Not read by VGG-16-BN, ResNet-18: Doe0.png does not look like a film they know.**")
    assert panel.value.count("does not seem to lie upright") == 1
    assert len(pictures(app)) == 1
    assert "side of the heart" in said(app)
    assert [str(one.key).rsplit("_", 1)[0] for one in app.button if str(one.key).startswith("read_")] == ["read_anyway"]
    next(one for one in app.button if str(one.key).startswith("mend_turn 180_")).click().run()
    assert not app.exception
    assert not app.error
    assert "Mended here: turned by 180°" in said(app)
    assert titles(app) == ["VGG-16-BN", "ResNet-18"]


def test_the_second_film_is_mended_where_it_is(
    downloads: dict[str, Callable[[], bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def written(sheet: Sheet, texts: Mapping[str, str]) -> bytes:
        return json.dumps([[tile.title for tile in sheet.tiles], sheet.foot, dict(texts)]).encode()

    monkeypatch.setattr(Sheet, "png", written)
    app = opened(FILM, OTHER, UPSIDE_DOWN, films="two", backbone=RESNET)
    app.selectbox(key=state.compare.SECOND_FILM).set_value(state.Upload.of("", UPSIDE_DOWN).sha256).run()
    first = app.session_state["chosen_film"]
    next(one for one in app.button if str(one.key).startswith("mend_turn 180_")).click().run()
    assert not app.exception
    assert titles(app) == ["Film A", "Film B"]
    assert app.session_state["chosen_film"] == first
    films = app.session_state["films"]
    assert "Mended" in films[app.session_state[state.compare.SECOND_FILM]].note
    assert "Film A: Shown as stored" in said(app)
    assert "Film B: Not shown as stored" in said(app)
    tiles, foot, texts = json.loads(downloads["Sheet PNG"]())
    original = state.Upload.of("", UPSIDE_DOWN).sha256
    assert texts["original_sha256"] == f"Film B: {original}"
    assert texts["film_note"].startswith("Film B: Mended here: turned by 180°")
    assert next(line for line in foot if line.startswith("Film B: sha256 ")).endswith(f", made from sha256 {original}")
    assert not [line for line in foot if line.startswith("Film A: ") and "made from" in line]
    assert {"Original of film A", "Mended film of film B"} <= set(tiles)
    assert sum("Film B: Not shown as stored" in line for line in foot) == 1


def test_a_film_read_anyway_says_why_not_on_screen_and_once_on_the_sheet(
    downloads: dict[str, Callable[[], bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def written(sheet: Sheet, _: object) -> bytes:
        return "\n".join([*(line for one in sheet.bars for line in one.first), *sheet.foot]).encode()

    monkeypatch.setattr(Sheet, "png", written)
    app = opened(NOISE)
    next(one for one in app.button if str(one.key).startswith("read_anyway_")).click().run()
    assert not app.exception
    assert titles(app) == ["VGG-16-BN", "ResNet-18"]
    first = [one for one in app.markdown if "Read anyway: the guard refused this film.** " in one.value]
    assert len(first) == 2
    assert all(re.search(r"\*\* The image .*\. And \d more reasons?\.$", one.value) for one in first)
    sheet = downloads["Sheet PNG"]().decode()
    assert sheet.count("Read anyway: the guard refused this film") == 2  # beside each reading
    assert sheet.count("VGG-16-BN, ResNet-18: the film was refused, and read anyway.") == 1
    assert sheet.count("grainy all over") == 1


def test_a_reading_that_needs_a_human_reader_leads_with_it_on_screen_and_on_the_sheet(
    downloads: dict[str, Callable[[], bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def written(sheet: Sheet, _: object) -> bytes:
        return json.dumps([sheet.says, *([*one.first, one.verdict] for one in sheet.bars)]).encode()

    monkeypatch.setattr(Sheet, "png", written)
    app = opened(FILM)
    assert certainty.HUMAN not in said(app)
    app.selectbox(key=state.reading.TARGET_ERROR).set_value("5").run()
    leads = [one.value for one in app.markdown if one.value.startswith("**ResNet-18:")]
    assert leads == [f"**ResNet-18:** {certainty.HUMAN_ICON} **{certainty.HUMAN}.** Bacterial pneumonia 48 %"]
    says, vgg, resnet = json.loads(downloads["Sheet PNG"]())  # made outside the visitor's session
    assert "ResNet-18: needs a human reader, bacterial pneumonia 48 %" in says
    assert (vgg[0], resnet) == (certainty.HUMAN, [certainty.HUMAN, "Bacterial pneumonia 48 %"])


def test_the_sheet_holds_what_was_measured_of_the_maps(
    downloads: dict[str, Callable[[], bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sheet, "png", lambda sheet, _texts: "\n".join(sheet.figures).encode())
    app = opened(FILM, method="grad_cam")
    assert b"ROAD" not in downloads["Sheet PNG"]()
    app.button(key="measure_all").click().run()
    assert downloads["Sheet PNG"]().count(b"ROAD") == 2


def test_every_reading_says_how_sure_and_every_map_how_much_of_it_lies_in_the_lungs(
    downloads: dict[str, Callable[[], bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def written(sheet: Sheet, texts: Mapping[str, str]) -> bytes:
        return "\n".join(
            [*sheet.foot, *(line for tile in sheet.tiles for line in tile.lines), *texts.values()]
        ).encode()

    monkeypatch.setattr(Sheet, "png", written)
    app = opened(FILM)
    inside = r"\d+ % of the evidence in the lung fields \(\d+ % of the film\)"
    assert said(app).count("90 % set: ") == 2
    assert len(re.findall(inside, said(app))) == 2
    app.slider(key=state.reading.SET_LEVEL).set_value(99).run()
    assert said(app).count("99 % set: ") == 2
    sheet = downloads["Sheet PNG"]().decode()
    assert sheet.count("99 % set: ") == 4  # at its foot, and in the file's own texts
    assert len(re.findall(inside, sheet)) == 2


def test_fifteen_networks_do_not_trouble_the_first_choice(monkeypatch: pytest.MonkeyPatch, made: Path) -> None:
    good = dict(on_disk.find(made)[0])
    many = {f"{name}-{number}": one for number in range(5) for name, one in good.items()}
    monkeypatch.setattr(state.reading, "model", lambda _: many["pneumonia-resnet34-3"])
    assert choice._first(many)[:2] == [good[VGG].name, "pneumonia-resnet34"]


def test_every_method_can_be_chosen() -> None:
    app = opened(FILM, backbone=RESNET, method=list(METHODS)[4:])
    assert len(titles(app)) == 4
