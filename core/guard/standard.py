"""What features are measured in: their mean over films, and how much they differ between films."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

_FLOOR: Final = 0.05  # of the median deviation: channels that hardly ever fire must not decide alone


def moments(rows: Array) -> tuple[Array, Array]:
    """Mean and scale of each channel, float32 ``[C]``, of features ``[N, C]``; no scale is 0."""
    mean, scale = rows.mean(axis=0), rows.std(axis=0)
    return mean, scale + np.float32(_FLOOR * np.median(scale) + 1e-6)
