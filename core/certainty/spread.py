"""One film, mirrored and shifted a little: does the answer stay? One batch, one pass of the network.

A reading that changes when a film lies a few pixels elsewhere is not to be relied on. A spread that is small proves
nothing: a network can be steadily wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.classifier import Classifier
from core.xray import Xray

SHIFT: Final = 1 / 32
"""Of the side of the network's input: 6 pixels of 192, less than films are centred by."""


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """What one network says of one film's variants.

    Attributes:
        classes: in the order of the columns.
        probabilities: calibrated, float64 ``[6, K]``: as the film is, shifted up, down, left and right, mirrored.
    """

    classes: tuple[str, ...]
    probabilities: NDArray[np.float64]

    @property
    def mean(self) -> dict[str, float]:
        """Class → averaged over the variants."""
        return dict(zip(self.classes, self.probabilities.mean(axis=0).tolist(), strict=True))

    @property
    def ends(self) -> dict[str, tuple[float, float]]:
        """Class → lowest and highest."""
        low, high = self.probabilities.min(axis=0).tolist(), self.probabilities.max(axis=0).tolist()
        return dict(zip(self.classes, zip(low, high, strict=True), strict=True))

    @property
    def deviation(self) -> dict[str, float]:
        """Class → standard deviation over the variants."""
        return dict(zip(self.classes, self.probabilities.std(axis=0).tolist(), strict=True))

    @property
    def said(self) -> tuple[str, ...]:
        """The most probable class of each variant."""
        return tuple(self.classes[place] for place in self.probabilities.argmax(axis=1))


def spread(classifier: Classifier, xray: Xray) -> Spread:
    """Read the variants of a film.

    Mirrored, the heart is on the other side, as in very few children; networks trained here saw mirrored films.

    Args:
        classifier: what reads.
        xray: the film.
    """
    square = classifier.checkpoint.preprocessing.square(xray)  # [S, S]
    return Spread(classifier.checkpoint.card.classes, classifier.ask([square, *_shifted(square), square[:, ::-1]]))


def _shifted(square: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Up, down, left, right; what comes in from outside is the border's grey, so that no new edge appears."""
    side = len(square)
    by = max(1, round(side * SHIFT))
    wide = np.pad(square, by, mode="edge")
    places = ((2 * by, by), (0, by), (by, 2 * by), (by, 0))  # where the window begins: rows, columns
    return [wide[top : top + side, left : left + side] for top, left in places]
