"""In which order the pixels of a film are taken away: by a map, or by one that knows nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.architectures.grid import Grid
from core.explain import Heatmap
from core.explain.heatmap import on_film
from core.render import spread
from core.xray import Window

Places = NDArray[np.int64]
"""Pixels of a square of side S, row by row, 0 … S² - 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Orders:
    """Orders of the same pixels.

    Attributes:
        marked: the map's hottest first.
        random: those of maps whose values chance drew, of as many cells as the network's last feature map: finer noise
            takes away nothing that its neighbours would not give back, and were an easy rival.
        blob: from the middle of the film outwards: where a lung mostly is, whatever the film shows.
    """

    marked: Places
    random: tuple[Places, ...]
    blob: Places


def orders(  # noqa: PLR0913, PLR0917 - a map, where it lies, and what it is compared with
    heatmap: Heatmap, window: Window, side: int, cells: tuple[int, int], grid: Grid | None, seed: int, randoms: int = 1
) -> Orders:
    """Orders of the pixels that a network is fed.

    Args:
        heatmap: covers the whole film.
        window: the part of the film that the network was fed.
        side: of what it was fed, pixels.
        cells: of the network's last feature map, rows and columns.
        grid: where they lie in the window, whose sides are the unit; ``None``: evenly over it.
        seed: of the random maps, and of the order among pixels that are equally hot.
        randoms: how many of those.

    Raises:
        EvidenceError: the heatmap cannot be drawn.
    """
    rng = np.random.default_rng(seed)
    values = heatmap.require().values

    def by_chance() -> NDArray[np.float32]:
        return as_fed(on_film(rng.random(cells, dtype=np.float32), window, grid), window, side)

    first = by_chance()
    marked, random = _order(as_fed(values, window, side), rng), _order(first, rng)
    offset = (np.arange(side) + 0.5) / side - 0.5
    blob = _order(-np.hypot(offset[:, None], offset[None, :]), rng)
    return Orders(marked, (random, *(_order(by_chance(), rng) for _ in range(randoms - 1))), blob)


def as_fed(values: NDArray[np.float32], window: Window, side: int) -> NDArray[np.float32]:
    """A map of the whole film → the same on the square that the network was fed, float32 ``[side, side]``."""
    left, top, right, bottom = window
    width, height = round(side / (right - left)), round(side / (bottom - top))
    x, y = round(left * width), round(top * height)
    return spread(values, width, height)[y : y + side, x : x + side]


def _order(values: NDArray[np.floating], rng: np.random.Generator) -> Places:
    """Highest first; equal ones, such as the wide zeros of a map, in random order rather than row by row."""
    flat = values.ravel()
    shuffled = rng.permutation(flat.size)
    found: Places = shuffled[np.argsort(-flat[shuffled], kind="stable")]
    return found
