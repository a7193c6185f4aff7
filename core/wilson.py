"""Wilson's interval of a share: it has a width even where every film was right. Wilson 1927, doi 10.2307/2276774."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_Z: Final = 1.959964  # 97.5 % point of the normal distribution


def wilson(share: Array, count: NDArray[np.int64]) -> tuple[Array, Array]:
    """Both ends of the 95 % interval.

    Args:
        share: what was found, float64, 0…1.
        count: of how many, of the same shape. Of films of one patient count one: that is never too narrow.

    Returns:
        Low and high, 0…1, of the same shape; NaN where nothing was counted.
    """
    centre = (share + _Z**2 / (2 * count)) / (1 + _Z**2 / count)
    half = _Z * np.sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2)) / (1 + _Z**2 / count)
    # At shares of 0 and 1 an end is the share itself, which rounding misses.
    return np.clip(np.minimum(centre - half, share), 0, 1), np.clip(np.maximum(centre + half, share), 0, 1)


def wilson_ends(share: float, count: int) -> tuple[float, float]:
    """The same of one share, of one or more."""
    low, high = wilson(np.array([share]), np.array([count]))
    return float(low[0]), float(high[0])
