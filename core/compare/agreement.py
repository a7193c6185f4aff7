"""Two heatmaps → how far they agree. Both are brought to one grid first: networks differ in the cells of their maps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from core.architectures.grid import Grid
from core.explain import Heatmap
from core.explain.heatmap import inside, on_film, scaled
from core.render import spread
from core.xray import WHOLE

GRID: Final = 64
"""Places a side at which maps of 6 to 14 cells are compared, bilinear as they are drawn."""

TOP: Final = 0.2
"""Share of the film that counts as a map's hottest part."""

CHANCE: Final = TOP / (2 - TOP)
"""Overlap of two such parts that lie independently of each other: .11."""

ALIKE: Final = (0.7, 0.4)
APART: Final = (0.4, 0.2)
"""Rank correlation and overlap from which two maps are called alike, and below either of which they are called apart.

The lower overlap is about twice chance; the correlations are those conventionally called strong and weak.
"""

_SAME: Final = 1e-3

Kind = Literal["same", "alike", "partly", "apart"]


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """How far two heatmaps agree.

    Attributes:
        spearman: rank correlation over all places, -1…1; 0 by chance (Spearman 1904; ties get their mean rank).
        overlap: intersection over union (Jaccard index) of the hottest fifths, 0…1; .11 by chance.
        first, second: float32 ``[GRID, GRID]`` in 0…1, the two maps on one grid.
    """

    spearman: float
    overlap: float
    first: NDArray[np.float32]
    second: NDArray[np.float32]

    @property
    def difference(self) -> NDArray[np.float32]:
        """First less second, float32 ``[GRID, GRID]`` in -1…1; each scaled to its own strongest place."""
        return self.first - self.second

    @property
    def kind(self) -> Kind:
        """In one word, from the figures as they are shown: a .696 that reads 0.70 is 0.70."""
        if float(np.abs(self.difference).max()) <= _SAME:
            return "same"
        spearman, overlap = round(self.spearman, 2), round(self.overlap, 2)
        if spearman >= ALIKE[0] and overlap >= ALIKE[1]:
            return "alike"
        return "apart" if spearman < APART[0] or overlap < APART[1] else "partly"


def agree(first: Heatmap, second: Heatmap) -> Agreement:
    """Compare two heatmaps place by place, where both networks looked.

    Args:
        first: of any number of cells.
        second: of any other. Of another film, it is compared by place on the film, not in the body.

    Raises:
        EvidenceError: one of them cannot be drawn.
    """
    one, two = (spread(heatmap.require().values, GRID, GRID) for heatmap in (first, second))
    both = inside(first.window, GRID, GRID) & inside(second.window, GRID, GRID)
    seen = one[both], two[both]
    if any(np.ptp(part) == 0 for part in seen):  # all that one of them marks lies where the other did not look
        seen = one, two
    return Agreement(spearman(*seen), _overlap(*seen), one, two)


def comparable(raw: NDArray[np.float32], grid: Grid | None) -> NDArray[np.float32]:
    """A network's raw map of what it was fed, at the places at which maps are compared.

    Args:
        raw: non-negative, float32 ``[h, w]``.
        grid: where its cells lie, with the side of the input as the unit; ``None``: evenly.

    Returns:
        float32 ``[GRID, GRID]`` in 0…1; all zero where the map cannot be drawn.
    """
    return spread(on_film(scaled(raw)[0], WHOLE, grid), GRID, GRID)


def hottest(values: NDArray[np.float32], share: float = TOP) -> NDArray[np.bool_]:
    """Where a map's hottest places are: ``share`` of them, fewer where the rest is zero, a few more at ties."""
    return (values >= np.quantile(values, 1 - share)) & (values > 0)


def _overlap(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    one, two = hottest(first), hottest(second)
    return float((one & two).sum() / (one | two).sum())


def spearman(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """Rank correlation over all places of two maps of one shape, -1…1; NaN where one of them is the same everywhere."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    return float(np.corrcoef(_ranks(first), _ranks(second))[0, 1])


def _ranks(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Rank of every value, float64 ``[n]``; equal ones share their mean rank."""
    _, where, counts = np.unique(values.ravel(), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    mean: NDArray[np.float64] = last - (counts - 1) / 2
    return mean[where]
