"""Server time of a change of class or look in Diagnose, once a film was read: no network runs."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from functools import partial

from streamlit.testing.v1 import AppTest

from core import settings
from core.checkpoint import find
from core.ui import state
from tests.benchmarks.page import environment, opened, run
from tests.synthetic import as_png8, film

TARGET = 100
"""Milliseconds."""


def measure(rounds: int = 9) -> dict[str, float]:
    """Milliseconds of the whole page for a film of 1500 x 1800; a browser asks for the part with the pictures alone.

    With the viewer only the small map is sent, and looks are the browser's own matter. With still images the overlay is
    drawn and encoded; opacity and class change together there, so that no picture is in a cache.
    """
    return {
        "viewer_class_ms": _median("", rounds, _class),
        "stills_class_ms": _median("1", rounds, _opacity, _class),
        "stills_look_ms": _median("1", rounds, _opacity),
    }


def _median(stills: str, rounds: int, *changes: Callable[[AppTest, int], None]) -> float:
    with environment(settings.STILL, stills):
        app = opened()
        app.file_uploader[0].set_value([("film.png", as_png8(film(1500, 1800)), "image/png")])
        app.session_state[state.reading.ANYWAY] = True  # weak classes, too, have their map drawn
        run(app)
        return statistics.median(
            [_turn(app, [partial(change, app, turn) for change in changes]) for turn in range(rounds)]
        )


def _turn(app: AppTest, changes: list[Callable[[], None]]) -> float:
    for change in changes:
        change()
    return run(app)


def _class(app: AppTest, turn: int) -> None:
    classes = next(iter(find()[0].values())).card.classes
    app.segmented_control(key=state.reading.TARGET).set_value(classes[turn % len(classes)])


def _opacity(app: AppTest, turn: int) -> None:
    app.slider(key=state.look.OPACITY).set_value(20 + 5 * turn)
