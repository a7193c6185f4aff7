"""What is put where pixels were taken out: it must say nothing, not even that something is missing."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse.linalg import spsolve

from core.trust.orders import Places

Square = NDArray[np.float32]

_BLUR = 1 / 16
"""Deviation of the Gaussian that makes a film unreadable, as a share of its side: lungs stay, their texture goes."""

_NOISE = 0.01
"""Deviation of the noise on imputed pixels (grey is 0…1), against a surface so smooth that it would stand out."""

_NEIGHBOURS = ((0, 1, 1 / 6), (0, -1, 1 / 6), (1, 0, 1 / 6), (-1, 0, 1 / 6),
               (1, 1, 1 / 12), (1, -1, 1 / 12), (-1, 1, 1 / 12), (-1, -1, 1 / 12))  # fmt: skip


def blurred(square: Square) -> Square:
    """The film without its detail: what insertion starts from."""
    smooth: Square = ndimage.gaussian_filter(square, _BLUR * square.shape[0], mode="nearest")
    return smooth


def replaced(square: Square, places: Places, by: Square | float) -> Square:
    """A copy with some pixels taken from another film, or all of one grey."""
    out = square.copy()
    out.ravel()[places] = by.ravel()[places] if isinstance(by, np.ndarray) else by
    return out


def imputed(square: Square, places: Places, rng: np.random.Generator, noise: float = _NOISE) -> Square:
    """Noisy linear imputation: each missing pixel is the weighted mean of its eight neighbours, all at once.

    Without it a network sees the *shape* of what was taken out, and a map of any shape scores by that (Rong et al.
    2022, "A Consistent and Efficient Evaluation Strategy for Attribution Methods", arXiv:2202.00449).

    Args:
        square: float32 ``[S, S]``.
        places: missing pixels.
        rng: draws the noise.
        noise: its deviation.

    Returns:
        float32 ``[S, S]``, a copy.
    """
    side = square.shape[0]
    number = np.full(square.size, -1)
    number[places] = np.arange(len(places))
    near, weight = _around(side)  # [S², 8]
    near, weight = near[places], weight[places]
    missing = number[near]  # [n, 8], -1 where the neighbour is known
    unknown = missing >= 0
    row = np.broadcast_to(np.arange(len(places))[:, None], near.shape)
    matrix = sparse.eye_array(len(places), format="csr") - sparse.csr_array(
        (weight[unknown], (row[unknown], missing[unknown])), shape=(len(places),) * 2
    )
    known = np.where(unknown, 0.0, weight * square.ravel()[near]).sum(axis=1)
    out = square.copy()
    filled = spsolve(matrix.tocsc(), known) + noise * rng.standard_normal(len(places))
    out.ravel()[places] = filled
    return out


@cache
def _around(side: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Of every pixel: its neighbours, ``[S², 8]``, and their weights, which add up to 1; 0 beyond the border."""
    y, x = (axis.ravel() for axis in np.mgrid[0:side, 0:side])
    near, weight = np.zeros((side**2, 8), dtype=np.int64), np.zeros((side**2, 8))
    for place, (down, across, share) in enumerate(_NEIGHBOURS):
        row, column = y + down, x + across
        inside = (row >= 0) & (row < side) & (column >= 0) & (column < side)
        near[inside, place] = (row * side + column)[inside]
        weight[inside, place] = share
    return near, weight / weight.sum(axis=1, keepdims=True)
