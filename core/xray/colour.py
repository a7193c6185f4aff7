"""How far from grey an image is: a film has no colours, a photograph has."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_SIDE = 64  # finer is no surer


def colour_of(image: Image.Image) -> float:
    """Mean over pixels of the strongest primary colour less the weakest, 0…1.

    Args:
        image: of any mode that has colours.
    """
    small = image.convert("RGBA").convert("RGB").resize((_SIDE, _SIDE), Image.Resampling.BOX)
    pixels = np.asarray(small, dtype=np.float32)  # [64, 64, 3]
    return float((pixels.max(axis=2) - pixels.min(axis=2)).mean()) / 255


def colour_of_pixels(pixels: NDArray[np.float32], space: str = "RGB") -> float:
    """The same of an array.

    Args:
        pixels: float32 ``[H, W, 3]`` in 0…1.
        space: "RGB" or "YCbCr".
    """
    return colour_of(Image.fromarray(np.rint(pixels * 255).astype(np.uint8), space))
