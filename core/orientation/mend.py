"""MENDS: how a film that lies wrong, or is inverted, is put right."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.orientation.posture import Posture
from core.table import Table
from core.xray import Xray

Pixels = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Mend:
    """One thing that can be done to a film.

    Attributes:
        name: key in MENDS.
        title: on its button.
        done: what was done, for notes.
        fits: for which postures it is offered, likeliest first.
        do: float32 ``[H, W]`` → the same, or ``[W, H]``, mended.
    """

    name: str
    title: str
    done: str
    fits: Callable[[Posture], bool]
    do: Callable[[Pixels], Pixels]


def _needs(turn: int) -> Callable[[Posture], bool]:
    return lambda found: found.turn == turn


MENDS: Table[Mend] = Table(
    "mend",
    Mend("turn 90", "Turn clockwise", "turned clockwise by 90°", _needs(90), lambda film: np.rot90(film, -1)),
    Mend("turn 180", "Turn upside down", "turned by 180°", _needs(180), lambda film: np.rot90(film, 2)),
    Mend("flip", "Mirror top to bottom", "mirrored top to bottom", _needs(180), lambda film: film[::-1]),
    Mend("turn 270", "Turn anticlockwise", "turned anticlockwise by 90°", _needs(270), np.rot90),
    Mend("invert", "Invert", "inverted", lambda found: found.inverted >= 0.5, lambda film: 1 - film),  # noqa: PLR2004 - likelier than not
)


def mended(xray: Xray, mend: Mend) -> bytes:
    """The film put right, as a grey PNG of 16 bits. What the file's header said is not in it."""
    pixels = np.ascontiguousarray(mend.do(xray.pixels))
    out = io.BytesIO()
    Image.fromarray(np.rint(pixels * 65535).astype(np.uint16)).save(out, "PNG", compress_level=1)
    return out.getvalue()
