"""Xray → network input: the one function that serves training, evaluation, the command line and the screen."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from core.xray.resize import resized
from core.xray.types import Xray

Fit = Literal["squeeze", "crop"]
Window = tuple[float, float, float, float]
"""Left, top, right and bottom of a part of a film, as shares of its width and height, 0…1."""

WHOLE: Window = (0.0, 0.0, 1.0, 1.0)
_RGB = 3
LARGEST = 2048
"""Side of the largest input of a network, pixels: beyond, one film would take gigabytes."""


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How a film of any size becomes the input of one checkpoint; travels in its card.

    Our films are squeezed to a square, aspect ratio ignored, because the training set was published that way: first,
    antialiased, to ``canvas``, the size of the published copies, then to ``size``. A full-resolution film and its
    squeezed copy so end up nearly the same. On a film that already is ``canvas`` x ``canvas`` the first step does
    nothing. Networks trained elsewhere mostly saw a crop instead: the shorter side brought to ``canvas``, aspect ratio
    kept, and the ``size`` x ``size`` in the middle.

    Attributes:
        canvas: side of the training set's published images, pixels, or of the largest that were learnt from; of a
            crop, the shorter side before it.
        size: side of the network's input, pixels.
        mean: mean of the training pixels, 0…1.
        std: their standard deviation, above 0.
        fit: how a film that is no square becomes one: "squeeze" or "crop".
        channels: mean and deviation of red, green and blue, for a network that was trained on colour images; the film's
            grey goes into all three. Empty: one channel, by ``mean`` and ``std``.

    Raises:
        ValueError: a side is below 1 or above 2,048, a mean is not finite or a deviation not above 0, the crop is
            larger than what it is cut from, or there is no such fit.
    """

    canvas: int = 224
    size: int = 224
    mean: float = 0.482
    std: float = 0.236
    fit: Fit = "squeeze"
    channels: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        for name in ("canvas", "size"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LARGEST:
                raise ValueError(f"{name} must be a whole number of pixels from 1 to {LARGEST:,}, not {value!r}")
        for mean, std in ((self.mean, self.std), *self.channels):
            _require_finite("mean", mean)
            _require_finite("std", std)
            if std <= 0:
                raise ValueError(f"std must be above 0, not {std!r}")
        if len(self.channels) not in {0, _RGB}:
            raise ValueError(f"channels must be none or three, not {len(self.channels)}")
        if self.fit not in get_args(Fit):
            raise ValueError(f"fit must be one of {', '.join(get_args(Fit))}, not {self.fit!r}")
        if self.fit == "crop" and self.canvas < self.size:
            raise ValueError(f"a crop of {self.size} pixels cannot be cut from {self.canvas}")

    @property
    def planes(self) -> tuple[tuple[float, float], ...]:
        """Mean and deviation of each channel of the input: of the one grey channel, or of red, green and blue."""
        return self.channels or ((self.mean, self.std),)

    def window(self, height: int, width: int) -> Window:
        """Which part of a film of this size, in pixels, reaches the network."""
        if self.fit == "squeeze":
            return WHOLE
        rows, columns = self._uncropped(height, width)
        top, left = _middle(rows, self.size), _middle(columns, self.size)
        return left / columns, top / rows, (left + self.size) / columns, (top + self.size) / rows

    def squash(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Squeeze to a square, or cut one out.

        Args:
            pixels: float32 ``[H, W]`` in 0…1.

        Returns:
            float32 ``[size, size]`` in 0…1, a new writeable array.
        """
        if self.fit == "crop":
            rows, columns = self._uncropped(*pixels.shape)
            top, left = _middle(rows, self.size), _middle(columns, self.size)
            cut = resized(pixels, rows, columns)[top : top + self.size, left : left + self.size]
            return np.array(cut, dtype=np.float32, order="C")
        square = resized(resized(pixels, self.canvas, self.canvas), self.size, self.size)
        return np.array(square, dtype=np.float32, order="C")

    def square(self, xray: Xray) -> NDArray[np.float32]:
        """The same of a film, whose first step is shared by all networks, large and small, that look at it."""
        return self.squash(xray.pixels if self.fit == "crop" else xray.squeezed(self.canvas))

    def apply(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Squeeze and normalise one grey channel: ``(squash - mean) / std``.

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
            float32 ``[N, 1, size, size]``, normalised, or ``[N, 3, size, size]`` with :attr:`channels`; ``N`` may be 0.
        """
        squares = np.empty((len(xrays), self.size, self.size), dtype=np.float32)
        for row, xray in zip(squares, xrays, strict=True):
            row[:] = self.square(xray)
        return self.normalise(squares)

    def normalise(self, squares: NDArray[np.float32]) -> NDArray[np.float32]:
        """Squashed films ``[N, size, size]`` in 0…1 → network input as :meth:`batch` gives it."""
        out = np.empty((len(squares), len(self.planes), self.size, self.size), dtype=np.float32)
        for place, (mean, std) in enumerate(self.planes):
            out[:, place] = (squares - np.float32(mean)) / np.float32(std)
        return out

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for the card; ``fit`` and ``channels`` only where they are not as in our own networks."""
        return {name: value for name, value in asdict(self).items() if name in _ALWAYS or value != _DEFAULTS[name]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The reverse of :meth:`to_dict`. Strict: preprocessing that is guessed gives wrong readings without a sign.

        Only ``fit`` and ``channels`` may be missing: cards older than these mean their defaults.

        Raises:
            ValueError: a key is missing or unknown, or a value is not allowed.
        """
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(values) - known):
            names = ", ".join(map(repr, unknown))
            raise ValueError(f"unknown preprocessing: {names}; known are {', '.join(sorted(known))}")
        if missing := sorted(_ALWAYS - set(values)):
            raise ValueError(f"preprocessing lacks {', '.join(missing)}")
        try:
            channels = tuple((mean, std) for mean, std in values.get("channels", ()))
        except (TypeError, ValueError):
            raise ValueError("channels must be pairs of a mean and a deviation") from None
        return cls(**{**values, "channels": channels})

    def _uncropped(self, height: int, width: int) -> tuple[int, int]:
        """Rows and columns of a film before the crop: the longer side rounded down, as torchvision's Resize does."""
        short = min(height, width)
        return (
            self.canvas if height == short else self.canvas * height // short,
            self.canvas if width == short else self.canvas * width // short,
        )


_ALWAYS = {"canvas", "size", "mean", "std"}
_DEFAULTS = {field.name: field.default for field in fields(Preprocessing) if field.default is not MISSING}


def _require_finite(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{name} must be a finite number, not {value!r}")


def _middle(side: int, crop: int) -> int:
    """Where a crop begins, as torchvision's CenterCrop places it."""
    return round((side - crop) / 2)
