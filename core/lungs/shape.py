"""What a network says of each pixel → two lungs without holes or specks; and whether that can be a pair of lungs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from core.words import percent

Mask = NDArray[np.bool_]

CUT = 0.5
_SPECK = 0.1
"""Of the largest piece: what is smaller than this is no lung."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a pair of lungs looks like, in shares of the film.

    Attributes:
        least, most: of the film covered by both.
        smaller: least part that the smaller lung has of both.
        border: most of the film's four edges that lungs may run along.
        sure: least mean certainty, 0…1, of the pixels that are lung.
    """

    least: float = 0.08
    most: float = 0.65
    smaller: float = 0.2
    border: float = 0.25
    sure: float = 0.8


BOUNDS = Bounds()


def lungs(likely: NDArray[np.float32]) -> Mask:
    """The two largest pieces of what is likelier lung than not, their holes filled.

    Args:
        likely: float32 ``[h, w]`` in 0…1.

    Returns:
        Bool ``[h, w]``.
    """
    pieces, count = ndimage.label(likely > CUT)
    if not count:
        return np.zeros(likely.shape, dtype=bool)
    sizes = np.bincount(pieces.ravel())[1:]
    largest = np.argsort(sizes)[::-1][:2]
    kept = np.isin(pieces, [place + 1 for place in largest if sizes[place] >= _SPECK * sizes[largest[0]]])
    return np.asarray(ndimage.binary_fill_holes(kept), dtype=bool)


def doubt(mask: Mask, likely: NDArray[np.float32], bounds: Bounds = BOUNDS) -> str | None:
    """Why this is no plausible pair of lungs, in words; ``None`` when it is one.

    Args:
        mask: as :func:`lungs` gives it.
        likely: what it was made from.
        bounds: what a pair of lungs looks like.
    """
    share = float(mask.mean())
    if share < bounds.least:
        return f"Lungs cover {percent(share)} of the film: none are seen, or hardly any."
    if share > bounds.most:
        return f"What looks like lung covers {percent(share)} of the film: more than lungs do."
    edges = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    if edges.mean() > bounds.border:
        return (
            f"What looks like lung runs along {percent(edges.mean())} of the film's edges: it is cut off, or no lung."
        )
    pieces, count = ndimage.label(mask)
    smaller = float(np.bincount(pieces.ravel())[1:].min() / mask.sum()) if count > 1 else 0.0
    if smaller < bounds.smaller:
        return "Two lungs of like size are not seen: there is one, or they cannot be told apart."
    sure = float(likely[mask].mean())
    if sure < bounds.sure:
        return f"The network is unsure of the lungs' outline ({percent(sure)} certain where it sees lung)."
    return None
