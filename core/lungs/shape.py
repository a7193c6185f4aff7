"""What a network says of each pixel → two lungs without holes or specks; and whether that can be a pair of lungs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from core.words import percent

Mask = NDArray[np.bool_]

CUT = 0.5
_SPECK = 0.1
"""Of the largest piece: what is smaller than this is no lung."""


# What a pair of lungs looks like, in shares of the film.
_LEAST, _MOST = 0.08, 0.65
"""Of the film, covered by both."""

_SMALLER = 0.2
"""Least part that the smaller lung has of both."""

_BORDER = 0.25
"""Most of the film's four edges that lungs may run along."""

_SURE = 0.8
"""Least mean certainty, 0…1, of the pixels that are lung."""


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


def doubt(mask: Mask, likely: NDArray[np.float32]) -> str | None:
    """Why this is no plausible pair of lungs, in words; ``None`` when it is one.

    Args:
        mask: as :func:`lungs` gives it.
        likely: what it was made from.
    """
    share = float(mask.mean())
    if share < _LEAST:
        return f"Lungs cover {percent(share)} of the film: none are seen, or hardly any."
    if share > _MOST:
        return f"What looks like lung covers {percent(share)} of the film: more than lungs do."
    edges = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    if edges.mean() > _BORDER:
        return (
            f"What looks like lung runs along {percent(edges.mean())} of the film's edges: it is cut off, or no lung."
        )
    pieces, count = ndimage.label(mask)
    smaller = float(np.bincount(pieces.ravel())[1:].min() / mask.sum()) if count > 1 else 0.0
    if smaller < _SMALLER:
        return "Two lungs of like size are not seen: there is one, or they cannot be told apart."
    sure = float(likely[mask].mean())
    if sure < _SURE:
        return f"The network is unsure of the lungs' outline ({percent(sure)} certain where it sees lung)."
    return None
