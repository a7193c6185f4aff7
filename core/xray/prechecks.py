"""What is looked at in a file's bytes before a decoder may: damage that none notices, and forms that take one hours."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from itertools import islice
from types import MappingProxyType
from typing import Final

import numpy as np

from core.errors import XrayError
from core.xray.checks import MAX_JPEG_SCANS, TRUNCATED, jpeg_segments

_UNUSUAL: Final = "This {} is built in an unusual way that takes too long to read. Save it again as PNG."
_PNG_CHUNKS: Final = 65_536
_JPEG_SEGMENTS: Final = 10_000


def _check_png(data: bytes) -> None:
    """Walk the chunks: a PNG without its end was cut, one with animation control holds several images.

    Pillow does not look whether pixels are those that were written; each chunk's checksum says so.
    """
    at = 8
    for _ in range(_PNG_CHUNKS):
        if at + 12 > len(data):
            raise XrayError(TRUNCATED)
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if kind == b"acTL":
            raise XrayError("This PNG is animated. Export one single film.")
        end = at + 8 + length
        if zlib.crc32(memoryview(data)[at + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            raise XrayError(TRUNCATED)
        if kind == b"IEND":
            return
        at = end + 4
    raise XrayError(_UNUSUAL.format("PNG"))


def _check_jpeg(data: bytes) -> None:
    """Refuse more scans than anybody writes, and more segments than Pillow should look at one by one.

    What lies in a segment, or behind the image's end, may look like anything.
    """
    segments = list(islice(jpeg_segments(data), _JPEG_SEGMENTS + 1))
    if len(segments) > _JPEG_SEGMENTS:
        raise XrayError(_UNUSUAL.format("JPEG"))
    scan = segments[-1][1] - 2 if segments else 2  # where its marker is
    end = data.find(b"\xff\xd9", scan)
    values = np.frombuffer(data, np.uint8)[scan : end if end > 0 else None]
    this, following = values[:-1], values[1:]
    # Behind FF: 00 is a value among others, D0…D7 and FF are no segments.
    marks = (this == 0xFF) & (following > 0) & (following != 0xFF) & (following & 0xF8 != 0xD0)  # noqa: PLR2004
    scans = marks & (following == 0xDA)  # noqa: PLR2004
    if int(scans.sum()) > MAX_JPEG_SCANS or int(marks.sum()) > _JPEG_SEGMENTS:
        raise XrayError(_UNUSUAL.format("JPEG"))


def _check_bmp(data: bytes) -> None:
    """Refuse run lengths, which Pillow undoes byte by byte in Python."""
    if int.from_bytes(data[14:18], "little") >= 40 and data[30:34] in (b"\1\0\0\0", b"\2\0\0\0"):  # noqa: PLR2004
        raise XrayError(_UNUSUAL.format("BMP"))


CHECKS: Final = MappingProxyType[str, Callable[[bytes], None]](
    {"PNG": _check_png, "JPEG": _check_jpeg, "BMP": _check_bmp}
)
"""Format → what is looked at before Pillow is."""
