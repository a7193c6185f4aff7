"""Compressed or plain DICOM pixel data → stored values, one decoder per transfer syntax."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import XrayError
from core.xray.checks import TRUNCATED


@dataclass(frozen=True, slots=True)
class Layout:
    """How the pixels are stored: the DICOM image pixel module.

    Attributes:
        rows, columns: pixels.
        samples: values per pixel, 1 or 3.
        allocated, stored, high: bits: container, used, and the index of the highest used one.
        signed: two's complement.
        planar: colour stored plane by plane.
        little: least significant byte first.
    """

    rows: int
    columns: int
    samples: int
    allocated: int
    stored: int
    high: int
    signed: bool
    planar: bool
    little: bool


def native(data: bytes, layout: Layout) -> NDArray[Any]:
    """Uncompressed pixels → ``[H, W]`` or ``[H, W, 3]`` integers, bits outside the stored ones removed.

    Raises:
        XrayError: fewer bytes than the header promises.
    """
    kind = f"{'<' if layout.little else '>'}u{layout.allocated // 8}"
    count = layout.rows * layout.columns * layout.samples
    if len(data) < count * layout.allocated // 8:
        raise XrayError(TRUNCATED)
    values: NDArray[Any] = np.frombuffer(data, dtype=kind, count=count)
    if layout.samples == 1:
        shaped = values.reshape(layout.rows, layout.columns)
    elif layout.planar:
        shaped = values.reshape(layout.samples, layout.rows, layout.columns).transpose(1, 2, 0)
    else:
        shaped = values.reshape(layout.rows, layout.columns, layout.samples)
    return _meaningful(shaped, layout)


def _meaningful(values: NDArray[Any], layout: Layout) -> NDArray[Any]:
    """Drop the bits above and below the stored ones (old files keep overlays there) and apply the sign."""
    down = layout.high + 1 - layout.stored
    up = layout.allocated - 1 - layout.high
    native_order = values.astype(values.dtype.newbyteorder("="), copy=False)
    if layout.signed:
        native_order = native_order.view(native_order.dtype.str.replace("u", "i"))
    if up == 0 and down == 0:
        return native_order
    # To the top, then down again: an arithmetic shift extends the sign, a logical one clears what was above.
    return (native_order << up) >> (up + down)
