"""What Pillow does not tell, or tells wrongly, of a TIFF."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from PIL import TiffImagePlugin
from PIL.TiffImagePlugin import TiffImageFile

from core.errors import XrayError
from core.xray.checks import too_large
from core.xray.types import Limits

RARE: Final = (
    "The file is damaged or cut short, or a kind of TIFF that is too rare to be read here. Export the film as PNG."
)


def check(image: TiffImageFile, data: bytes, limits: Limits) -> None:
    """Refuse tiles larger than a film, and kinds of which Pillow makes noise.

    A tile is decoded whole, and can be far larger than the image that it holds a corner of.
    """
    tags = image.tag_v2
    if tags.get(TiffImagePlugin.TILEWIDTH, 0) * tags.get(TiffImagePlugin.TILELENGTH, 0) > limits.max_pixels:
        raise too_large(limits)
    compressed = tags.get(TiffImagePlugin.COMPRESSION, 1) != 1
    swapped = data.startswith(b"MM") and compressed and image.mode in ("I", "F")
    if swapped or (tags.get(TiffImagePlugin.PLANAR_CONFIGURATION, 1) != 1 and bits(image) > 8):  # noqa: PLR2004
        raise XrayError(RARE)


def bits(image: TiffImageFile) -> int:
    """Of a value, as it is stored."""
    return int(max(image.tag_v2.get(TiffImagePlugin.BITSPERSAMPLE, (8,))))


def unsigned(image: TiffImageFile) -> bool:
    """Whether whole numbers are never below zero; Pillow takes those of 32 bits for signed."""
    found: bool = image.tag_v2.get(TiffImagePlugin.SAMPLEFORMAT, (1,)) == (1,)
    return found


@dataclass(frozen=True, slots=True)
class _Directory:
    """Where a TIFF has its first directory, and how its entries are laid out; all in bytes.

    Attributes:
        offset: where it is said where the directory begins.
        wide: of that.
        count: width of the number of entries.
        size: of an entry.
        value: where in an entry its value begins.
    """

    offset: int
    wide: int
    count: int
    size: int
    value: int


_DIRECTORIES: Final = {42: _Directory(4, 4, 2, 12, 8), 43: _Directory(8, 8, 8, 20, 12)}
"""Version → layout: classic TIFF, BigTIFF."""


def black_is_zero(data: bytes) -> tuple[bytes, bool]:
    """A TIFF whose zero is white (MINISWHITE) → the same with the tag set to "zero is black", and whether it was.

    Pillow inverts some depths and byte orders of such files, leaves others as they are and refuses the rest; so it
    gets to see none of them, and the caller inverts.
    """
    order: Literal["little", "big"] = "little" if data.startswith(b"II") else "big"
    kind = _DIRECTORIES.get(int.from_bytes(data[2:4], order))
    if kind is None:
        return data, False
    at = int.from_bytes(data[kind.offset : kind.offset + kind.wide], order)
    first = at + kind.count
    entries = int.from_bytes(data[at:first], order)
    for entry in range(first, min(first + kind.size * entries, len(data) - kind.size + 1), kind.size):
        if int.from_bytes(data[entry : entry + 2], order) == TiffImagePlugin.PHOTOMETRIC_INTERPRETATION:
            value = slice(entry + kind.value, entry + kind.value + 2)  # one short, first in the value field
            if data[value] != b"\0\0":
                break
            return data[: value.start] + (1).to_bytes(2, order) + data[value.stop :], True
    return data, False
