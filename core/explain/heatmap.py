"""A heatmap: one class's evidence, with everything needed to say whose it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from math import isclose
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.architectures.grid import Grid
from core.errors import EvidenceError
from core.xray import WHOLE, Window


@dataclass(frozen=True, slots=True, eq=False)
class Heatmap:
    """One class's evidence map.

    Attributes:
        values: float32 ``[h, w]`` in 0…1, read-only: 1 where the evidence is strongest within this film. Only
            evidence *for* the class; covers the whole film, whatever its shape. All zero where ``problem`` is set.
        target: the class explained.
        method: key in METHODS.
        layer: name of the feature map it was made from; of several that were averaged with " + " between them; "input"
            where it explains what the network was fed.
        model: name of the checkpoint.
        xray_sha256: of the film's file.
        peak: largest value before scaling; maps of two classes or films can be compared by it, their colours cannot.
        problem: why it must not be drawn ("empty", "saturated", "not a number"), in words; ``None`` when all is well.
        against: the class it is explained against ("why this rather than that"); ``None``: the class by itself.
        floor: smallest value before scaling; taken off, so 0 in ``values`` is the least evidence there is, not none.
        cells: how many cells the network's own map had.
        in_logits: whether value before scaling times ``cells`` is in logits, and can be compared between networks.
        note: what must be said beside it (that it is the same for every class); ``None`` when nothing must.
        window: the part of the film that the network saw; elsewhere ``values`` are 0 and say nothing.
    """

    values: NDArray[np.float32]
    target: str
    method: str
    layer: str
    model: str
    xray_sha256: str
    peak: float
    problem: str | None = None
    against: str | None = None
    floor: float = 0.0
    cells: int = 0
    in_logits: bool = False
    note: str | None = None
    window: Window = WHOLE

    @property
    def asked(self) -> str:
        """What it explains: ``"VIRUS"`` or ``"VIRUS-against-BACTERIA"``."""
        return self.target if self.against is None else f"{self.target}-against-{self.against}"

    @property
    def made(self) -> str:
        """How it was made: ``"grad_cam-layer3+layer4"``."""
        return f"{self.method}-{self.layer.replace(AND, '+').replace(' ', '')}"

    @property
    def stem(self) -> str:
        """What a file of it is called, less the suffix. A class may be called as no file can: "one/other"."""
        return re.sub(_NO_NAME, "_", f"{self.xray_sha256[:12]}-{self.model}-{self.asked}-{self.made}")

    @property
    def place(self) -> str:
        """Where in the network it was made, in words."""
        if self.layer == INPUT:
            return "by the network's input"
        return f"at {self.layer}" + (", averaged" if len(self.layers) > 1 else "")

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers it was averaged over, mostly one; none where it explains the network's input."""
        return () if self.layer == INPUT else tuple(self.layer.split(AND))

    def require(self) -> Heatmap:
        """This map, if it can be drawn.

        Raises:
            EvidenceError: it cannot; the message says why.
        """
        if self.problem:
            raise EvidenceError(self.problem)
        return self


def scaled(raw: NDArray[np.float32]) -> tuple[NDArray[np.float32], float, float, str | None]:
    """A raw non-negative map → values in 0…1, its lowest and highest value, and what is wrong with it, if anything.

    Scaling is (x - min) / (max - min), as the field's libraries do, so that maps can be compared with theirs.
    """
    low, peak = float(raw.min()), float(raw.max())  # either is not finite if any value is not
    problem = None
    if not (np.isfinite(low) and np.isfinite(peak)):
        low = peak = float("nan")
        problem = "This map is not a number: the network's output is broken for this film."
    elif peak <= 0:
        problem = "This map is empty: the network finds no evidence for this class on this film."
    elif peak - low <= 1e-6 * peak:
        problem = "This map is saturated: every place counts alike, so it points nowhere."
    values = np.zeros(raw.shape, dtype=np.float32) if problem else ((raw - low) / (peak - low)).astype(np.float32)
    values.setflags(write=False)
    return values, low, peak, problem


INPUT: Final = "input"
AND: Final = " + "

_NO_NAME: Final = r'[/\\:*?"<>|]'  # what some system takes in no file's name
_FINE = 8  # cells of a map that is laid out to one of the network's
_ENOUGH = 100  # cells along a side that need not be made finer


def inside(window: Window, height: int, width: int) -> NDArray[np.bool_]:
    """Which cells of a film's map lie in a part of it, bool ``[height, width]``."""
    left, top, right, bottom = window
    return _within(height, top, bottom)[:, None] & _within(width, left, right)


def _within(cells: int, start: float, end: float) -> NDArray[np.bool_]:
    middles = (np.arange(cells) + 0.5) / cells
    return (start <= middles) & (middles <= end)


def on_film(values: NDArray[np.float32], window: Window, grid: Grid | None = None) -> NDArray[np.float32]:
    """A map of a part of a film → a map of the whole film, 0 where the network did not look.

    Args:
        values: float32 ``[h, w]`` in 0…1, covering the window.
        window: which part of the film that is.
        grid: where the map's cells lie in the window, whose sides are the unit; ``None``: evenly over it.

    Returns:
        float32 ``[H, W]``, read-only, whose cells lie evenly over the film; up to eight times as fine as the window's,
        its edges are that exact. A map of which all that holds already is left as it is.
    """
    (height, width), (left, top, right, bottom) = values.shape, window
    if window == WHOLE and all(grid is None or _even(grid, cells) for cells in (height, width)):
        return values
    down, across = _laid(height, grid, top, bottom), _laid(width, grid, left, right)
    whole = (down @ values @ across.T).astype(np.float32, copy=False)  # [H, h] [h, w] [w, W]
    # No fine cell need lie in the middle of the hottest, or of the coldest: 1 and 0 again, as in the map before.
    low, high = whole.min(), whole.max()
    whole -= low
    whole /= np.maximum(high - low, np.finfo(np.float32).tiny)
    if window != WHOLE:
        whole[~inside(window, *whole.shape)] = 0
    whole.setflags(write=False)
    return whole


def on_input(values: NDArray[np.float32], side: int, grid: Grid) -> NDArray[np.float32]:
    """A map → the same at the size of what was fed, float32 ``[side, side]``; its grid's unit is that side."""
    middles = (np.arange(side) + 0.5) / side
    down, across = (_between(cells, grid, middles) for cells in values.shape)
    return (down @ values @ across.T).astype(np.float32, copy=False)


def _even(grid: Grid, cells: int) -> bool:
    return isclose(grid.start * cells, 0.5) and isclose(grid.step * cells, 1)


@lru_cache(maxsize=64)
def _laid(cells: int, grid: Grid | None, start: float, end: float) -> NDArray[np.float32]:
    """What of the cells of a window, which has these ends, is in each of those of the film's map: ``[H, h]``."""
    count = max(1, round(max(cells, min(_FINE * cells, _ENOUGH)) / (end - start)))
    middles = (np.arange(count) + 0.5) / count
    return _between(cells, grid or Grid().over(cells), (middles - start) / (end - start))


def _between(cells: int, grid: Grid, places: NDArray[np.float64]) -> NDArray[np.float32]:
    """Linear interpolation between cells, the outermost beyond them: float32 ``[P, cells]``, rows sum to 1."""
    at = (places - grid.start) / grid.step
    return np.stack([np.interp(at, np.arange(cells), row) for row in np.eye(cells)], axis=1).astype(np.float32)
