"""An X-ray → a few numbers about the image itself. About 3 ms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image

from core.xray import Facts, Xray

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
    """

    facts: Facts
    aspect: float
    constant: float
    rough: float
    distance: float | None = None
    population: float | None = None


def see(xray: Xray) -> Seen:
    """Measure the image; distance and population are for :class:`core.guard.known.Known` to add."""
    small = Image.fromarray(xray.pixels).resize((SIDE, SIDE), Image.Resampling.BOX)
    grey = np.asarray(small)  # float32 [S, S] in 0...1
    counts = np.sort(np.bincount((grey * 63.999).astype(np.intp).ravel(), minlength=64))
    steps = np.abs(np.diff(grey, axis=0)).mean() + np.abs(np.diff(grey, axis=1)).mean()
    return Seen(
        facts=xray.facts,
        aspect=max(xray.height, xray.width) / min(xray.height, xray.width),
        constant=float(counts[-2:].sum() / grey.size),
        rough=float(steps / 2 / max(float(grey.std()), 1e-6)),
    )
