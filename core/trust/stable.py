"""One map → does it stay where it is when the film changes by next to nothing?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import ndimage

from core.classifier import Classifier
from core.compare.agreement import spearman
from core.explain import Heatmap
from core.trust.redone import redone
from core.xray import Xray

NOISE: Final = 0.02
"""Deviation of the noise; grey is 0…1. Less than films differ by between two exposures."""

TURN: Final = 1.0
"""Degrees."""


@dataclass(frozen=True, slots=True)
class Stability:
    """Rank correlation of a map with the one made of an altered film, -1…1; NaN where that one is empty.

    Attributes:
        noise: the film with a little noise.
        turn: the film turned by one degree, its map turned back.
    """

    noise: float
    turn: float


def stability(classifier: Classifier, xray: Xray, heatmap: Heatmap, seed: int = 0) -> Stability:
    """Make the map again of two altered films (Alvarez-Melis & Jaakkola 2018, arXiv:1806.08049).

    Args:
        classifier: the one whose reading the map explains.
        xray: the film it was read from.
        heatmap: the map.
        seed: of the noise.

    Raises:
        EvidenceError: the map cannot be drawn.
    """
    heatmap.require()
    square = classifier.checkpoint.preprocessing.square(xray)
    noise = np.random.default_rng(seed).normal(0, NOISE, square.shape).astype(np.float32)

    def map_of(film: np.ndarray) -> np.ndarray:
        return redone(classifier, classifier.network, film, heatmap)

    plain = map_of(square)
    turned = map_of(_turned(square, TURN))
    return Stability(
        noise=spearman(plain, map_of(np.clip(square + noise, 0, 1))), turn=spearman(plain, _turned(turned, -TURN))
    )


def _turned(square: np.ndarray, degrees: float) -> np.ndarray:
    """Turned about the centre; what comes in from outside is the border's grey, so that no new edge appears."""
    found: np.ndarray = ndimage.rotate(square, degrees, reshape=False, order=1, mode="nearest")
    return found
