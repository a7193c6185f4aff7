"""Stored DICOM values → display grey, in the order the standard demands (PS3.4 N.2): modality, VOI, then polarity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Lut:
    """A look-up table (PS3.3 C.11.1, C.11.2).

    Attributes:
        first: the input value that maps to the first entry; smaller inputs take the first entry, larger the last.
        bits: bits of an entry; the output range is 0…2^bits - 1.
        entries: uint16 ``[N]``, N ≥ 1.
    """

    first: int
    bits: int
    entries: NDArray[np.uint16]

    def __call__(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """``[H, W]`` → ``[H, W]``, in the table's own output range."""
        index = np.rint(values)
        index -= np.float32(self.first)
        np.clip(index, 0, len(self.entries) - 1, out=index)
        looked_up: NDArray[np.float32] = self.entries[index.astype(np.intp)].astype(np.float32)
        return looked_up


@dataclass(frozen=True, slots=True)
class Window:
    """Centre and width of what is shown (PS3.3 C.11.2.1.2), in modality units.

    Attributes:
        centre, width: finite; width above 0.
        function: "LINEAR", "LINEAR_EXACT" or "SIGMOID".
    """

    centre: float
    width: float
    function: str = "LINEAR"

    def __call__(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """``[H, W]`` in modality units → ``[H, W]`` in 0…1."""
        # Subtracting first keeps float32 exact for 16-bit values, however narrow the window.
        if self.function == "SIGMOID":
            # The exponent is bounded: beyond ±50 the result is 0 or 1 in float32 anyway, and exp() would overflow.
            grey = np.clip((values - np.float32(self.centre)) * np.float32(-4.0 / self.width), -50.0, 50.0)
            np.exp(grey, out=grey)
            grey += 1
            bent: NDArray[np.float32] = np.reciprocal(grey, out=grey)
            return bent
        if self.function == "LINEAR_EXACT":
            grey = (values - np.float32(self.centre)) / np.float32(self.width)
        elif self.width <= 1.0:  # LINEAR with width 1 is a step, and the formula below would divide by zero
            return (values > np.float32(self.centre - 0.5)).astype(np.float32)
        else:
            grey = (values - np.float32(self.centre - 0.5)) / np.float32(self.width - 1.0)
        grey += np.float32(0.5)
        np.clip(grey, 0.0, 1.0, out=grey)
        return grey


def by_lut(values: NDArray[np.float32], lut: Lut) -> NDArray[np.float32]:
    """VOI LUT: ``[H, W]`` in modality units → ``[H, W]`` in 0…1 by the table's full output range."""
    # Some tables hold more than the bits they declare; a film must not be cut off for that.
    bits = max(lut.bits, int(lut.entries.max()).bit_length(), 1)
    return lut(values) / np.float32(2**bits - 1)


def by_range(values: NDArray[np.float32], seen: NDArray[np.bool_] | None) -> NDArray[np.float32]:
    """No VOI given: ``[H, W]`` → ``[H, W]`` in 0…1 by minimum and maximum of the pixels that were exposed.

    Args:
        values: modality units.
        seen: true where a pixel is part of the film, ``None`` for everywhere; padding outside does not set the range.
    """
    film = values if seen is None or not seen.any() else values[seen]
    low, high = float(film.min()), float(film.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        return values  # the last check refuses it
    if low == high:
        return np.zeros_like(values)  # one even grey, of whatever value: refused as well
    grey = (values - np.float32(low)) / np.float32(high - low)
    np.clip(grey, 0.0, 1.0, out=grey)
    return grey
