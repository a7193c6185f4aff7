"""Pictures: the film untouched, the heatmap where it belongs, lines that close."""

from __future__ import annotations

import io
from itertools import pairwise

import cv2
import numpy as np
import pytest
from PIL import Image

from core import render
from core.errors import UnknownNameError
from core.explain import Heatmap
from core.render import COLOUR_MAPS, Look
from core.words import DISCLAIMER
from core.xray import read_xray
from tests import synthetic

HEAT = np.array([[0, 0, 0, 0], [0, 1, 0.2, 0], [0, 0.6, 0, 0], [0, 0, 0, 0]], dtype=np.float32)


def grey(height: int = 96, width: int = 128) -> np.ndarray:
    return synthetic.stored(synthetic.film(height, width), 8)


def heatmap(values: np.ndarray = HEAT) -> Heatmap:
    return Heatmap(values, "VIRUS", "grad_cam", "layer4", "pneumonia-resnet18", "a" * 64, 1.5)


def test_without_opacity_and_contour_the_overlay_is_the_film() -> None:
    film = grey()
    drawn = render.overlay(film, HEAT, Look(opacity=0, contour=False))
    assert np.array_equal(drawn, np.repeat(film[:, :, None], 3, axis=2))


def test_places_without_heat_stay_as_they_are() -> None:
    film = grey()
    drawn = render.overlay(film, HEAT, Look(opacity=1, contour=False))
    cold = render.spread(HEAT, 128, 96) == 0
    assert cold.any()
    assert np.array_equal(drawn[cold], np.repeat(film[cold][:, None], 3, axis=1))


def test_the_hottest_place_has_the_maps_last_colour_at_full_opacity() -> None:
    film = np.full((64, 64), 128, np.uint8)
    drawn = render.overlay(film, np.ones((1, 1), np.float32), Look("viridis", 1.0, contour=False))
    assert "#{:02x}{:02x}{:02x}".format(*drawn[32, 32]) == render.stops("viridis")[-1]


def test_heat_is_spread_as_opencv_does() -> None:
    values = np.random.default_rng(0).random((7, 7), dtype=np.float32)
    expected = cv2.resize(values, (301, 223), interpolation=cv2.INTER_LINEAR)
    assert np.abs(render.spread(values, 301, 223) - expected).max() < 1e-5


@pytest.mark.parametrize(("height", "width"), [(96, 128), (300, 64), (1024, 777)])
@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
def test_contours_close_and_stay_on_the_film(height: int, width: int, level: float) -> None:
    edge = np.zeros((7, 7), np.float32)
    edge[0, 0], edge[3, 3], edge[6, 2] = 1, 0.95, 0.97
    lines = render.contours(edge, width, height, level)
    assert len(lines) >= 2
    for line in lines:
        assert np.array_equal(line[0], line[-1])
        assert line.min() >= 0
        assert (line <= [width, height]).all()


def test_a_contour_runs_where_the_heat_has_its_level() -> None:
    values = np.tile(np.linspace(0, 1, 9, dtype=np.float32), (9, 1))
    (line,) = render.contours(values, 256, 256, 0.5)
    assert line[:, 0].min() == pytest.approx(128, abs=1.0)
    assert line[:, 0].max() == pytest.approx(256, abs=1.0)


def test_the_contour_is_drawn_with_a_halo() -> None:
    film = np.full((256, 256), 128, np.uint8)
    drawn = render.overlay(film, HEAT, Look(opacity=0, contour=True))
    colours = {tuple(int(part) for part in pixel) for pixel in drawn.reshape(-1, 3)}
    assert COLOUR_MAPS["inferno"].contour in colours
    assert (0, 0, 0) in colours


@pytest.mark.parametrize(("height", "width", "expected"), [(2000, 1000, (1024, 512)), (100, 80, (400, 320))])
def test_the_film_on_screen_keeps_aspect_and_orientation(height: int, width: int, expected: tuple[int, int]) -> None:
    xray = read_xray(synthetic.as_png8(synthetic.film(height, width)))
    shown = render.on_screen(xray)
    assert shown.shape == expected
    top, bottom, left, right = synthetic.MARK
    mark = shown[
        int((top + 0.02) * expected[0]) : int((bottom - 0.02) * expected[0]),
        int((left + 0.02) * expected[1]) : int((right - 0.02) * expected[1]),
    ]
    assert mark.min() > 250


def test_a_film_of_screen_size_is_shown_value_for_value() -> None:
    film = synthetic.stored(synthetic.film(1024, 800), 8)
    xray = read_xray(synthetic.as_png8(synthetic.film(1024, 800)))
    assert np.array_equal(render.on_screen(xray), film)


def test_pictures_carry_their_texts() -> None:
    with Image.open(io.BytesIO(render.png(grey(), {"notice": "Research “only”"}))) as image:
        assert image.info["notice"] == "Research “only”"
        assert np.array_equal(np.asarray(image), grey())


@pytest.mark.parametrize("name", COLOUR_MAPS)
def test_colour_maps_grow_lighter_from_low_to_high(name: str) -> None:
    stops = [tuple(int(stop[place : place + 2], 16) for place in (1, 3, 5)) for stop in render.stops(name)]
    lightness = [cv2.cvtColor(np.uint8([[stop]]), cv2.COLOR_RGB2LAB)[0, 0, 0] for stop in stops]  # type: ignore[call-overload]
    assert all(later > earlier for earlier, later in pairwise(lightness))


def test_the_default_colour_map_exists_and_no_rainbow_does() -> None:
    assert Look().colours in COLOUR_MAPS
    assert not {"jet", "turbo", "rainbow", "hsv"} & set(COLOUR_MAPS)


def test_an_unknown_colour_map_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownNameError, match="inferno"):
        render.COLOUR_MAPS["jet"]


def test_a_plate_keeps_the_picture_and_adds_a_strip() -> None:
    picture = render.overlay(grey(512, 640), HEAT, Look())
    plate = render.plate(picture, heatmap(), Look(), ("one", "two"))
    assert np.array_equal(plate[:512], picture)
    assert plate.shape[0] > 512
    assert plate[512:].max() > 200


def test_the_lines_fit_under_a_narrow_picture() -> None:
    picture = render.overlay(grey(512, 256), HEAT, Look())
    plate = render.plate(picture, heatmap(), Look(), (DISCLAIMER, "Bacterial pneumonia 82 % (softmax), " + "x" * 40))
    assert np.array_equal(plate[:512, :256], picture)
    assert plate[512:, 256:].any()
    assert not plate[512:, -8:].any()  # nothing runs to the edge


def test_a_line_too_long_for_the_plate_goes_on_below() -> None:
    picture = render.overlay(grey(512, 640), HEAT, Look())
    short, long = (render.plate(picture, heatmap(), Look(), ("word " * count,)) for count in (5, 60))
    assert long.shape[0] > short.shape[0]
    assert not long[512:, -8:].any()


@pytest.mark.parametrize("look", [Look(), Look("viridis", 0.3), Look("gray", 1.0, contour=False)])
def test_the_scale_has_the_colours_that_the_overlay_has(look: Look) -> None:
    heat = np.tile(np.linspace(0, 1, 200, dtype=np.float32), (9, 1))
    over_grey = render.overlay(np.full((9, 200), 0x8A, np.uint8), heat, Look(look.colours, look.opacity, contour=False))
    bar = render.scale_bar(look, 200, 9)
    assert np.array_equal(bar, over_grey)
    assert (bar[:, 0] == 0x8A).all()


def test_the_scale_on_a_plate_is_that_of_its_picture() -> None:
    look = Look("viridis", 0.5)
    plate = render.plate(render.overlay(grey(512, 640), HEAT, look), heatmap(), look, ())
    bar = render.scale_bar(look, 160, 11)
    assert np.array_equal(plate[512 + 8 : 512 + 19, 44 : 44 + 160], bar)  # a quarter of the width, 11 pixels high


def test_letters_that_the_typeface_lacks_are_written_as_their_numbers() -> None:
    latin = "Ärztin, café, straße \N{EN DASH} Пневмония · 82 %"
    assert render.written(latin) == latin
    assert render.written("肺 1\t\x07🫁") == "\\u80ba 1\t\\x07\\U0001fac1"
    assert render.wrapped("肺 胃", render.typeface(20), 1000) == ["\\u80ba \\u80c3"]


def test_a_plate_shows_accents_and_other_alphabets_each_as_itself() -> None:
    picture = render.overlay(grey(512, 640), HEAT, Look())
    names = ("é", "ä", "ß", "\N{EN DASH}", "Ж", "肺", "胃")
    assert len({render.plate(picture, heatmap(), Look(), (name,)).tobytes() for name in names}) == len(names)
