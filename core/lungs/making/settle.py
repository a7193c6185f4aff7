"""Masks drawn on another crop of a film, laid back onto it.

Which crop is not known, but a network that has learnt from the others sees about where the lungs are: the mask is moved
and stretched until it agrees best. It keeps its own outline; only where it lies is found.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, optimize

AGREES = 0.92
"""Least Dice coefficient of a laid mask and what the network sees; below it nobody knows where the mask belongs."""

_FAR = 0.6  # a crop keeps more of each side than this


def dice(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Dice coefficient of two masks in 0…1 (Dice 1945, doi 10.2307/1932409); 1 for two empty ones."""
    total = float(first.sum() + second.sum())
    return 2 * float(np.minimum(first, second).sum()) / total if total else 1.0


def settle(mask: NDArray[np.float32], seen: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
    """Lay a mask onto a film.

    Args:
        mask: float32 ``[S, S]`` in 0…1, of another crop.
        seen: float32 ``[S, S]`` in 0…1, what a network sees on this film.

    Returns:
        The mask as it lies best, and its Dice coefficient with what is seen.
    """
    size = len(mask)

    def laid(where: NDArray[np.float64]) -> NDArray[np.float32]:
        tall, wide, down, across = where
        middle = (size - 1) / 2
        offset = [middle * (1 - tall) + down * size, middle * (1 - wide) + across * size]
        return np.asarray(ndimage.affine_transform(mask, [tall, wide], offset, order=1), dtype=np.float32)

    def apart(where: NDArray[np.float64]) -> float:
        return 1 - dice(laid(where), seen)

    best = np.array([1.0, 1.0, 0.0, 0.0])
    steps = np.vstack([np.zeros(4), np.eye(4) * [0.15, 0.15, 0.1, 0.1]])
    for _ in range(2):  # the simplex is made anew once: it may have shrunk too early
        simplex = best + steps
        best = optimize.minimize(apart, best, method="Nelder-Mead", options={"initial_simplex": simplex}).x
    inside = all(_FAR < side < 1 / _FAR for side in best[:2])
    return laid(best), dice(laid(best), seen) if inside else 0.0
