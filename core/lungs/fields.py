"""Lung fields of one film: the record, and how heatmaps are held against it. Loads no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.lungs.shape import CUT, Mask
from core.words import percent
from core.xray import WHOLE, Window
from core.xray.resize import resized

GRID: Final = 128
"""Side of the square on which heatmaps and lungs are compared, cells."""

MOSTLY_OUTSIDE: Final = 0.5
"""Share of the evidence below which it is said in words that most lies elsewhere."""


@dataclass(frozen=True, slots=True, eq=False)
class LungFields:
    """Where the lungs are on a film.

    Attributes:
        square: float32 ``[S, S]`` in 0…1, the film squeezed to a square: how likely each place is lung. Holes are
            filled and specks removed: it is above 0.5 exactly where a lung is. Read-only.
        share: part of the film that they cover, 0…1.
        doubt: why this is no plausible pair of lungs, in words; ``None`` when it is one.
        xray_sha256: of the film's file.
    """

    square: NDArray[np.float32]
    share: float
    doubt: str | None
    xray_sha256: str

    @property
    def plausible(self) -> bool:
        """Whether this can be a pair of lungs."""
        return self.doubt is None

    def mask(self, width: int, height: int, window: Window = WHOLE) -> Mask:
        """The lungs on the film itself, or on what a network sees of it, bool ``[height, width]``."""
        left, top, right, bottom = window
        whole = resized(self.square, round(height / (bottom - top)), round(width / (right - left)))
        down, across = round(top * whole.shape[0]), round(left * whole.shape[1])
        found: Mask = whole[down : down + height, across : across + width] > CUT
        return found


def evidence_inside(fields: LungFields, values: NDArray[np.float32]) -> float | None:
    """Share of a heatmap's evidence that lies in the lung fields.

    Args:
        fields: of the heatmap's film.
        values: float32 ``[h, w]``, 0 or more, covering the whole film as :class:`core.explain.Heatmap` does.

    Returns:
        Sum of the map inside by its whole sum, 0…1; ``None`` where the map is empty. A map that marks all places alike
        would have the share that the lungs cover; what all places have alike is taken off a heatmap, though (its
        ``floor``), so this is of what stands out.
    """
    heat = resized(values, GRID, GRID).clip(0)
    total = float(heat.sum(dtype=np.float64))
    if not total > 0:
        return None
    return float(heat[fields.mask(GRID, GRID)].sum(dtype=np.float64)) / total


def inside_of(fields: LungFields | None, values: NDArray[np.float32] | None) -> float | None:
    """:func:`evidence_inside` where there is a map and a plausible pair of lungs, else ``None``."""
    if fields is None or values is None or not fields.plausible:
        return None
    return evidence_inside(fields, values)


def in_short(fields: LungFields | None, inside: float | None) -> str:
    """What :func:`says` does in few words, where several maps stand side by side; empty where nothing is known."""
    if fields is None or inside is None:
        return ""
    outside = "Mostly outside the lungs: " if inside < MOSTLY_OUTSIDE else ""
    return f"{outside}{_share(inside)} of the evidence in the lung fields ({percent(fields.share)} of the film)."


def _share(inside: float) -> str:
    """49.6 % would be read as the half that it is not."""
    about = percent(inside)
    return f"just under {about}" if inside < MOSTLY_OUTSIDE and about == percent(MOSTLY_OUTSIDE) else about


def says(fields: LungFields, inside: float | None) -> str:
    """What is to be read under a heatmap, in Markdown."""
    if not fields.plausible:
        return f"**Lung fields:** not found on this film. {fields.doubt}"
    if inside is None:
        return f"The lung fields cover {percent(fields.share)} of the film."
    about = _share(inside).capitalize()
    line = f"{about} of the evidence lies in the lung fields, which cover {percent(fields.share)} of the film."
    if inside >= MOSTLY_OUTSIDE:
        return line
    return (
        f"**Most of the evidence lies outside the lungs.** {line} Look at what is marked before you trust the reading."
    )
