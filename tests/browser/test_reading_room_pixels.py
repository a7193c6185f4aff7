"""The viewer's own drawing, in a real Chromium, against core.render: same films, same maps, same lines."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from core import render
from core.render import COLOUR_MAPS, Look
from core.ui.reading_room import wire
from core.ui.reading_room.component import script
from core.xray import Facts, Xray
from tests import synthetic
from tests.browser.app import visiting

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DRAW = """async ({ film, map, look, width, height, level, span, invert }) => {
    const room = window.room;
    const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const found = new room.Film(await room.decodePng(bytes(film).buffer));
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width, height });
    const ctx = canvas.getContext("2d", { alpha: false });
    const place = { scale: width / found.width, x: 0, y: 0 };
    found.draw(ctx, place, new room.Tone(level, span, invert));
    if (map) {
        const values = new Float32Array(bytes(map.values).buffer);
        const colours = { ...look.table, table: bytes(look.table.table) };
        new room.Heat({ ...map, values }, found).draw(ctx, place, look, colours, 1);
    }
    const pixels = ctx.getImageData(0, 0, width, height).data;
    return new Promise((done) => {
        const reader = new FileReader();
        reader.onload = () => done(reader.result.split(",")[1]);
        reader.readAsDataURL(new Blob([pixels]));
    });
}"""


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    """A page that has the viewer's module and nothing else."""
    with visiting() as found:
        found.set_content("<!doctype html><title>x</title>")
        found.evaluate(
            """async (code) => {
                const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
                window.room = await import(url);
            }""",
            script(),
        )
        yield found


def text(numbers: Any) -> str:
    return base64.b64encode(np.ascontiguousarray(numbers).tobytes()).decode()


def a_map(height: int, width: int, seed: int = 0) -> np.ndarray:
    values = np.random.default_rng(seed).random((height, width)).astype(np.float32) ** 2
    return ((values - values.min()) / (values.max() - values.min())).astype(np.float32)


def given(values: np.ndarray) -> dict[str, Any]:
    return {"height": values.shape[0], "width": values.shape[1], "values": text(values.astype("<f4"))}


def drawn(
    page: Any, pixels: np.ndarray, values: np.ndarray | None, look: Look, scale: int = 1, **tone: Any
) -> np.ndarray:
    """What the viewer draws of a film, ``scale`` screen pixels to one of its own, uint8 ``[H, W, 3]``."""
    height, width = (side * scale for side in pixels.shape)
    found = page.evaluate(
        DRAW,
        {
            "film": base64.b64encode(render.png(pixels)).decode(),
            "map": None if values is None else given(values),
            "look": {
                "opacity": look.opacity,
                "contour": look.contour,
                "level": look.level,
                "table": wire.colours()[look.colours],
            },
            "width": width,
            "height": height,
            "level": 0.5,
            "span": 1,
            "invert": False,
            **tone,
        },
    )
    return np.frombuffer(base64.b64decode(found), np.uint8).reshape(height, width, 4)[:, :, :3]


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("shape", [(65, 130), (129, 64)])
def test_films_arrive_whole(page: Any, depth: int, shape: tuple[int, int]) -> None:
    """Every filter of PNG occurs: Pillow chooses them row by row."""
    dtype = np.uint8 if depth == 8 else np.uint16
    ramp = np.add.outer(np.arange(shape[0]) * 97, np.arange(shape[1]) * 211)
    noise = np.random.default_rng(0).integers(0, 2**depth, shape)
    film = np.where(np.arange(shape[0])[:, None] % 3 == 0, noise, ramp).astype(dtype)
    found = page.evaluate(
        """async (film) => {
            const bytes = Uint8Array.from(atob(film), (letter) => letter.charCodeAt(0));
            return Array.from((await window.room.decodePng(bytes.buffer)).values);
        }""",
        base64.b64encode(render.png(film)).decode(),
    )
    assert np.array_equal(np.array(found).reshape(shape), film.astype(int) * (257 if depth == 8 else 1))


@pytest.mark.parametrize(("small", "large"), [((7, 7), (300, 251)), ((2, 3), (64, 128)), ((56, 90), (70, 64))])
def test_maps_are_spread_as_the_server_does(page: Any, small: tuple[int, int], large: tuple[int, int]) -> None:
    values = a_map(*small)
    found = page.evaluate(
        """({ map, width, height }) => {
            const bytes = Uint8Array.from(atob(map.values), (letter) => letter.charCodeAt(0));
            return Array.from(window.room.spread({ ...map, values: new Float32Array(bytes.buffer) }, width, height));
        }""",
        {"map": given(values), "width": large[1], "height": large[0]},
    )
    expected = render.spread(values, large[1], large[0])
    assert np.abs(np.array(found).reshape(large) - expected).max() < 1e-6


@pytest.mark.parametrize("size", [(400, 300), (200, 900)])
@pytest.mark.parametrize("level", [0.2, 0.5, 0.85])
def test_lines_are_closed_and_those_of_the_server(page: Any, size: tuple[int, int], level: float) -> None:
    height, width = size
    values = a_map(7, 6, seed=3)
    found = page.evaluate(
        """({ map, width, height, level }) => {
            const bytes = Uint8Array.from(atob(map.values), (letter) => letter.charCodeAt(0));
            return window.room.contours({ ...map, values: new Float32Array(bytes.buffer) }, width, height, level);
        }""",
        {"map": given(values), "width": width, "height": height, "level": level},
    )
    expected = render.contours(values, width, height, level)
    assert all(line[0] == line[-1] for line in found)
    assert len(found) == len(expected)

    def areas(lines: Any) -> list[float]:
        return sorted(float(area(np.array(line))) for line in lines)

    assert np.allclose(areas(found), areas(expected), rtol=1e-3, atol=0.5)


def area(line: np.ndarray) -> float:
    x, y = line[:-1].T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


@pytest.mark.parametrize("colours", list(COLOUR_MAPS))
def test_overlays_look_as_those_of_the_server(page: Any, colours: str) -> None:
    film = np.rint(synthetic.film(360, 300) * 255).astype(np.uint8)
    values = a_map(7, 7)
    look = Look(colours, 0.6, contour=False)
    found = drawn(page, film, values, look)
    expected = render.overlay(film, values, look)
    gap = np.abs(found.astype(int) - expected)
    assert gap.max() <= 4  # the browser mixes in steps of 1/255, twice
    assert gap.mean() < 1
    nothing = drawn(page, film, values, Look(colours, 0, contour=False))
    assert np.array_equal(nothing, np.repeat(film[:, :, None], 3, axis=2))  # faded to nothing it is the film


@pytest.mark.parametrize(("side", "scale", "cells", "level"), [(700, 1, 5, 0.5), (64, 4, 14, 0.9)])
def test_a_line_lies_where_the_servers_lies(page: Any, side: int, scale: int, cells: int, level: float) -> None:
    """Also on a small film, which is enlarged fourfold on either side: small spots have their lines."""
    film = np.full((side, side), 60, np.uint8)
    values = a_map(cells, cells, seed=1)
    look = Look("inferno", 0, contour=True, level=level)
    still = render.overlay(np.full((side * scale, side * scale), 60, np.uint8), values, look)
    found, expected = ((picture != 60).any(axis=2) for picture in (drawn(page, film, values, look, scale), still))
    assert (found & expected).sum() / (found | expected).sum() > 0.75  # the server's is a little thicker


def test_an_enlarged_film_has_no_seams(page: Any) -> None:
    wave = np.abs(np.arange(520) % 16 - 8) * 30
    film = np.maximum.outer(wave, wave).astype(np.uint8)  # wider and higher than a tile
    found = drawn(page, film, None, Look(), scale=4).astype(int)
    for axis in (0, 1):
        assert np.abs(np.diff(found, axis=axis)).max() <= 30 / 4 + 1


def test_a_window_shows_greys_that_eight_bits_would_lose(page: Any) -> None:
    ramp = np.linspace(0.5, 0.51, 256, dtype=np.float32)
    film = render.in_depth(Xray(np.tile(ramp, (64, 1)), "a" * 64, Facts("DICOM", bits=16)))
    assert film.dtype == np.uint16
    found = drawn(page, film, None, Look(), level=0.505, span=0.01)
    assert len(np.unique(found)) > 200
    assert len(np.unique(drawn(page, film, None, Look()))) < 5
    negative = drawn(page, film, None, Look(), level=0.505, span=0.01, invert=True)
    assert np.abs(255 - negative.astype(int) - found).max() <= 1


def test_films_keep_every_value_and_only_the_largest_are_reduced() -> None:
    eight = np.tile(np.arange(256, dtype=np.float32) / 255, (64, 1)).astype(np.float32)
    kept = render.in_depth(Xray(eight, "a" * 64, Facts("PNG")))
    assert kept.dtype == np.uint8
    assert np.array_equal(kept[0], np.arange(256))
    large = render.in_depth(Xray(np.zeros((64, 3100), np.float32), "a" * 64, Facts("PNG")))
    assert large.shape == (62, 3000)
