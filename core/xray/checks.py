"""What every film must pass, whatever its format: size before decoding, content after."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import XrayError
from core.xray.types import Limits

TRUNCATED: Final = "The file is damaged or cut short, so the film cannot be read whole. Export or copy it again."
MAX_JPEG_SCANS: Final = 32  # encoders write about ten; a hundred of a large film cost many seconds


def jpeg_segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Walk a JPEG's markers, fill bytes among them, up to the first scan.

    Yields:
        The marker's low byte, and where it stands behind FF and that byte: there its segment gives its length.
    """
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:  # noqa: PLR2004
        kind = data[at + 1]
        yield kind, at + 2
        if kind == 0xDA:  # noqa: PLR2004 - start of scan
            return
        at += 1 if kind == 0xFF else 2 + int.from_bytes(data[at + 2 : at + 4], "big")  # noqa: PLR2004 - fill byte


def too_large(limits: Limits) -> XrayError:
    """The error for more pixels than allowed."""
    return XrayError(
        f"The image is too large: more than {limits.max_pixels / 1e6:g} megapixels. Export it at a lower resolution."
    )


def check_size(width: int, height: int, limits: Limits) -> None:
    """Refuse a size from a header, before a single pixel is decoded.

    Args:
        width: pixels, as the header says.
        height: the same.
        limits: what is allowed.

    Raises:
        XrayError: empty, too large, too small or too elongated.
    """
    if width < 1 or height < 1:
        raise XrayError("The file describes an image without pixels. Export the film again.")
    if width * height > limits.max_pixels:
        raise too_large(limits)
    if min(width, height) < limits.min_side:
        raise XrayError(
            f"The image is too small to read a chest film from: {width} x {height} pixels, "
            f"at least {limits.min_side} on each side are needed. Use the original film, not a thumbnail."
        )
    if max(width, height) > limits.max_aspect * min(width, height):
        raise XrayError(
            f"The image is too elongated for a chest film: {width} x {height} pixels. "
            "Crop it to the chest and try again."
        )


def finish(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """The last word on decoded pixels: grey between 0 and 1, contiguous and read-only.

    Args:
        pixels: float32 ``[H, W]``, meant to be in 0…1.

    Returns:
        The same values, C-contiguous and not writeable, so a cached film cannot be changed by one of its readers.

    Raises:
        XrayError: a pixel is not a number, or all are alike.
    """
    low, high = float(pixels.min()), float(pixels.max())
    if not (np.isfinite(low) and np.isfinite(high)):  # NaN anywhere makes min() NaN
        raise XrayError("Some pixels of the image are not numbers. Export the film again as PNG or DICOM.")
    if low == high:
        raise XrayError("The image is one even grey: there is no film in it. Choose another file.")
    done = np.ascontiguousarray(np.clip(pixels, 0.0, 1.0), dtype=np.float32)
    done.setflags(write=False)
    return done
