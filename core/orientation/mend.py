"""MENDS: how a film that lies wrong, or is inverted, is put right."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.orientation.posture import LIKELY, Posture
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
        turn: which turn it undoes, degrees clockwise; ``None``: none.
        do: float32 ``[H, W]`` → the same, or ``[W, H]``, mended.
    """

    name: str
    title: str
    done: str
    turn: int | None
    do: Callable[[Pixels], Pixels]


MENDS: Table[Mend] = Table(
    "mend",
    Mend("turn 90", "Turn clockwise", "turned clockwise by 90°", 90, lambda film: np.rot90(film, -1)),
    Mend("turn 180", "Turn by 180°", "turned by 180°", 180, lambda film: np.rot90(film, 2)),
    Mend("flip", "Mirror top to bottom", "mirrored top to bottom", 180, lambda film: film[::-1]),
    Mend("turn 270", "Turn anticlockwise", "turned anticlockwise by 90°", 270, np.rot90),
    Mend("invert", "Invert", "inverted", None, lambda film: 1 - film),
)


def offered(found: Posture) -> list[Mend]:
    """What may be done about a film, likeliest first; empty when it is right."""
    mends = [mend for mend in MENDS.values() if found.turn and mend.turn == found.turn]
    if found.mirrored >= LIKELY:  # a mirror shows the heart on the other side, a turn does not
        mends.reverse()
    return mends + ([MENDS["invert"]] if found.inverted >= LIKELY else [])


def mended(xray: Xray, mend: Mend) -> Xray:
    """The film put right. Nothing is stored anew, so its grey values stay as they are, and so do its file's facts.

    Args:
        xray: the film; it may have been mended before.
        mend: what to do.

    Returns:
        Pixels float32 ``[H, W]``, or ``[W, H]``, in 0…1, read-only; named by :func:`renamed`.
    """
    pixels = np.ascontiguousarray(mend.do(xray.pixels), dtype=np.float32)
    pixels.setflags(write=False)
    return replace(xray, pixels=pixels, sha256=renamed(xray.sha256, mend))


def renamed(sha256: str, mend: Mend) -> str:
    """The identity of a film that was mended: sha256 over that of the film it was, a space and the mend's name.

    Not its file's any more: what is kept of the one film must never be taken for the other's.
    """
    return hashlib.sha256(f"{sha256} {mend.name}".encode()).hexdigest()
