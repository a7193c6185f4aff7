"""How a number of a film is spread within each class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.dataset.census import Census
from core.dataset.shortcut import Trait

BINS: Final = 40
_TAIL: Final = (
    0.1  # percent of the films at either end that are counted in the last bin: outliers would flatten the rest
)

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Distribution:
    """A histogram per class.

    Attributes:
        classes: those of the index, the rows below.
        edges: of the bins, float64 ``[B + 1]``; the first and last bin hold what lies beyond as well.
        shares: of the class' films in each bin, float64 ``[K, B]`` in 0…1; 0 for a class without a known value.
        quartiles: 25, 50 and 75 % of the class' films lie below, float64 ``[K, 3]``, NaN for a class without.
        films: with a known value, int64 ``[K]``.
    """

    classes: tuple[str, ...]
    edges: Array
    shares: Array
    quartiles: Array
    films: NDArray[np.int64]

    @property
    def constant(self) -> bool:
        """Whether all films have the same value, so that there is nothing to draw."""
        return len(self.edges) <= 1 or bool(self.edges[0] == self.edges[-1])


def distribution(census: Census, trait: Trait) -> Distribution:
    """Histograms of a trait, the same bins for all classes."""
    values = trait.values(census)
    known = ~np.isnan(values)
    values, labels = values[known], census.labels[known]
    count = len(census.classes)
    films = np.bincount(labels, minlength=count).astype(np.int64)
    quartiles = np.full((count, 3), np.nan)
    for place in np.flatnonzero(films):
        quartiles[place] = np.percentile(values[labels == place], (25, 50, 75))
    if not len(values) or values.min() == values.max():
        edges = np.repeat(values[:1], 2)
        return Distribution(census.classes, edges, np.zeros((count, 0)), quartiles, films)
    low, high = np.percentile(values, (_TAIL, 100 - _TAIL))
    if low == high:
        low, high = values.min(), values.max()
    edges = np.linspace(low, high, BINS + 1)
    place = np.clip(((values - low) / (high - low) * BINS).astype(np.int64), 0, BINS - 1)
    tally = np.bincount(labels * BINS + place, minlength=count * BINS).reshape(count, BINS)
    return Distribution(census.classes, edges, tally / np.maximum(films[:, None], 1), quartiles, films)
