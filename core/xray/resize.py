"""Films made larger or smaller, as every network is fed them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def resized(pixels: NDArray[np.float32], rows: int, columns: int) -> NDArray[np.float32]:
    """``[H, W]`` → ``[rows, columns]``; the same array when it already has that size.

    Bilinear with a support that grows with the reduction (Pillow's antialiasing), in floating point: no ringing, so
    the result stays within 0…1.
    """
    if pixels.shape == (rows, columns):
        return pixels
    image = Image.fromarray(np.ascontiguousarray(pixels, dtype=np.float32))  # float32 makes mode F
    return np.asarray(image.resize((columns, rows), Image.Resampling.BILINEAR))
