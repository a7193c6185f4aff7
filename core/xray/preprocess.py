"""Xray → network input: the one function that serves training, evaluation, the command line and the screen."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.xray.types import Xray


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How a film of any size becomes the input of one checkpoint; travels in its card.

    The film is squeezed to a square, aspect ratio ignored, because the training set was published that way: first,
    antialiased, to ``canvas``, the size of the published copies, then to ``size``. A full-resolution film and its
    squeezed copy so end up nearly the same. On a film that already is ``canvas`` x ``canvas`` the first step does
    nothing.

    Attributes:
        canvas: side of the training set's published images, pixels.
        size: side of the network's input, pixels.
        mean: mean of the training pixels, 0…1.
        std: their standard deviation, above 0.

    Raises:
        ValueError: a side is below 1, the mean is not finite or the deviation not above 0.
    """

    canvas: int = 224
    size: int = 224
    mean: float = 0.482
    std: float = 0.236

    def __post_init__(self) -> None:
        for name in ("canvas", "size"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(f"{name} must be a whole number of pixels above 0, not {value!r}")
        for name in ("mean", "std"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
                raise ValueError(f"{name} must be a finite number, not {value!r}")
        if self.std <= 0:
            raise ValueError(f"std must be above 0, not {self.std!r}")

    def squash(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Squeeze to a square.

        Args:
            pixels: float32 ``[H, W]`` in 0…1.

        Returns:
            float32 ``[size, size]`` in 0…1, a new writeable array.
        """
        square = _resized(_resized(pixels, self.canvas), self.size)
        return np.array(square, dtype=np.float32, order="C")

    def apply(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Squeeze and normalise: ``(squash - mean) / std``.

        Args:
            pixels: float32 ``[H, W]`` in 0…1.

        Returns:
            float32 ``[size, size]``, about zero mean and unit variance over the training set.
        """
        square = self.squash(pixels)
        square -= np.float32(self.mean)
        square /= np.float32(self.std)
        return square

    def batch(self, xrays: Sequence[Xray]) -> NDArray[np.float32]:
        """Network input for several films.

        Returns:
            float32 ``[N, 1, size, size]``, normalised; ``N`` may be 0.
        """
        out = np.empty((len(xrays), 1, self.size, self.size), dtype=np.float32)
        for row, xray in zip(out, xrays, strict=True):
            row[0] = self.apply(xray.pixels)
        return out

    def to_dict(self) -> dict[str, int | float]:
        """Plain numbers, for the card."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The reverse of :meth:`to_dict`. Strict: preprocessing that is guessed gives wrong readings without a sign.

        Raises:
            ValueError: a key is missing or unknown, or a value is not allowed.
        """
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(values) - known):
            names = ", ".join(map(repr, unknown))
            raise ValueError(f"unknown preprocessing: {names}; known are {', '.join(sorted(known))}")
        if missing := sorted(known - set(values)):
            raise ValueError(f"preprocessing lacks {', '.join(missing)}")
        return cls(**values)


def _resized(pixels: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """``[H, W]`` → ``[side, side]``; the same array when it already has that size.

    Bilinear with a support that grows with the reduction (Pillow's antialiasing), in floating point: no ringing, so
    the result stays within 0…1.
    """
    if pixels.shape == (side, side):
        return pixels
    image = Image.fromarray(np.ascontiguousarray(pixels, dtype=np.float32))  # float32 makes mode F
    return np.asarray(image.resize((side, side), Image.Resampling.BILINEAR))
