"""An X-ray → a few numbers about the image itself, and what the small networks see of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import numpy as np
from PIL import Image

from core import orientation
from core.errors import CheckpointError
from core.lungs import LungFields, outline
from core.orientation import Posture
from core.xray import Facts, Xray

T = TypeVar("T")

SIDE: Final = 224
"""Of the square on which an image is measured, whatever its size, so that figures compare."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is looked at.

    Attributes:
        facts: of the file: colour, and what a DICOM header says.
        aspect: longest side / shortest side.
        constant: share of the pixels whose grey is among the two commonest of 64, black borders and empty paper alike.
        rough: mean difference of neighbours, as a share of the greys' standard deviation: noise is near 1.1.
        distance: from the training films, 1 = a typical validation film; ``None`` where that is not known.
        population: odds (natural logarithm) that the film is of another population; ``None`` where not known.
        posture: how the film lies; ``None`` where the network for that is not here.
        lungs: the lung fields; ``None`` where the network for that is not here.
    """

    facts: Facts
    aspect: float
    constant: float
    rough: float
    distance: float | None = None
    population: float | None = None
    posture: Posture | None = None
    lungs: LungFields | None = None


def see(xray: Xray) -> Seen:
    """Measure the image; the rest is for :func:`with_aids` and :class:`core.guard.known.Known` to add."""
    grey = xray.pixels  # float32 [S, S] in 0...1
    if grey.shape != (SIDE, SIDE):  # a box keeps more of the grain than what networks are fed
        grey = np.asarray(Image.fromarray(grey).resize((SIDE, SIDE), Image.Resampling.BOX))
    counts = np.sort(np.bincount((grey * 63.999).astype(np.intp).ravel(), minlength=64))
    steps = np.abs(np.diff(grey, axis=0)).mean() + np.abs(np.diff(grey, axis=1)).mean()
    return Seen(
        facts=xray.facts,
        aspect=max(xray.height, xray.width) / min(xray.height, xray.width),
        constant=float(counts[-2:].sum() / grey.size),
        rough=float(steps / 2 / max(float(grey.std()), 1e-6)),
    )


def with_aids(seen: Seen, xray: Xray) -> Seen:
    """What the small networks see too, as far as they are here; a broken one counts as missing."""
    return replace(seen, posture=_or_none(orientation.posture, xray), lungs=_or_none(outline, xray))


def _or_none(look: Callable[[Xray], T], xray: Xray) -> T | None:
    try:
        return look(xray)
    except CheckpointError:
        return None
