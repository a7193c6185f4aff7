"""A DICOM file as raw values of a few tags.

pydicom finds the elements; their values are converted here. Names, IDs and dates are skipped as bytes and never become
objects, and pydicom, which quotes what it finds odd in warnings, gets to see nothing it could quote.
"""

from __future__ import annotations

import io
import math
import struct
import zlib
from typing import Any, Final

import numpy as np
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.sequence import Sequence

from core.errors import XrayError
from core.xray.checks import TRUNCATED
from core.xray.types import Limits

TRANSFER_SYNTAX: Final = 0x00020010
SOP_CLASS: Final = 0x00080016
MODALITY: Final = 0x00080060
BODY_PART: Final = 0x00180015
VIEW: Final = 0x00185101
AGE: Final = 0x00101010
PATIENT_ORIENTATION: Final = 0x00200020
SAMPLES: Final = 0x00280002
PHOTOMETRIC: Final = 0x00280004
PLANAR: Final = 0x00280006
FRAMES: Final = 0x00280008
ROWS: Final = 0x00280010
COLUMNS: Final = 0x00280011
ALLOCATED: Final = 0x00280100
STORED: Final = 0x00280101
HIGH: Final = 0x00280102
SIGNED: Final = 0x00280103
PADDING: Final = 0x00280120
PADDING_LIMIT: Final = 0x00280121
CENTRE: Final = 0x00281050
WIDTH: Final = 0x00281051
INTERCEPT: Final = 0x00281052
SLOPE: Final = 0x00281053
FUNCTION: Final = 0x00281056
PALETTE_DESCRIPTORS: Final = (0x00281101, 0x00281102, 0x00281103)
PALETTE_DATA: Final = (0x00281201, 0x00281202, 0x00281203)
MODALITY_LUT: Final = 0x00283000
LUT_DESCRIPTOR: Final = 0x00283002
LUT_DATA: Final = 0x00283006
VOI_LUT: Final = 0x00283010
PIXELS: Final = 0x7FE00010
_KEPT: Final[tuple[int, ...]] = (
    SOP_CLASS, MODALITY, BODY_PART, VIEW, AGE, PATIENT_ORIENTATION, SAMPLES, PHOTOMETRIC, PLANAR, FRAMES, ROWS, COLUMNS,
    ALLOCATED, STORED, HIGH, SIGNED, PADDING, PADDING_LIMIT, CENTRE, WIDTH, INTERCEPT, SLOPE, FUNCTION,
    *PALETTE_DESCRIPTORS, *PALETTE_DATA, MODALITY_LUT, VOI_LUT, PIXELS,
)  # fmt: skip

IMPLICIT: Final = "1.2.840.10008.1.2"
EXPLICIT: Final = "1.2.840.10008.1.2.1"
DEFLATED: Final = "1.2.840.10008.1.2.1.99"
BIG_ENDIAN: Final = "1.2.840.10008.1.2.2"
_UNDEFINED: Final = 0xFFFFFFFF
_PREAMBLE: Final = 132  # 128 free bytes and "DICM"
_READS: Final = 30_000
"""Times that pydicom may ask for the next bytes: films need hundreds, a file of empty elements makes millions."""


class DicomFile:
    """Typed access to raw values.

    Args:
        dataset: as pydicom read it, untouched.
        little: least significant byte first.
        syntax: transfer syntax UID.
    """

    def __init__(self, dataset: Dataset, *, little: bool, syntax: str) -> None:
        self._dataset, self.little, self.syntax = dataset, little, syntax

    def __contains__(self, tag: int) -> bool:
        return tag in self._dataset

    def raw(self, tag: int) -> bytes:
        """The value's bytes; empty when the tag is absent.

        Raises:
            XrayError: the file ends inside the value.
        """
        element = self._element(tag)
        if element is None or element.value is None:
            return b""
        value = bytes(element.value)
        if element.length not in (len(value), _UNDEFINED):
            raise XrayError(TRUNCATED)
        return value

    def words(self, tag: int) -> bytes:
        """The value of 8-bit numbers, in order: stored as words of two, big-endian files have them the other way."""
        value = self.raw(tag)
        element = self._element(tag)
        if self.little or element is None or element.VR != "OW":
            return value
        return np.frombuffer(value[: len(value) // 2 * 2], np.uint16).byteswap().tobytes()

    def text(self, tag: int) -> str:
        """First value of a text, upper case, without padding; non-ASCII is dropped."""
        return self.raw(tag).split(b"\\")[0].decode("ascii", "ignore").strip(" \0").upper()

    def numbers(self, tag: int, *, signed: bool = False) -> tuple[int, ...]:
        """16-bit integers. ``signed`` decides where the file itself does not say (implicit types)."""
        element = self._element(tag)
        stated = None if element is None else element.VR
        letter = "h" if stated == "SS" or (signed and stated != "US") else "H"
        value = self.raw(tag)
        count = len(value) // 2
        return struct.unpack(f"{'<' if self.little else '>'}{count}{letter}", value[: 2 * count])

    def number(self, tag: int, default: int) -> int:
        """First 16-bit integer."""
        return next(iter(self.numbers(tag)), default)

    def decimal(self, tag: int) -> float | None:
        """First value of a decimal string; ``None`` when absent or not a finite number."""
        try:
            value = float(self.text(tag))
        except ValueError:
            return None
        return value if math.isfinite(value) else None

    def first_item(self, tag: int) -> DicomFile | None:
        """First item of a sequence; ``None`` when there is none."""
        items = self._dataset[tag].value if tag in self._dataset else None
        if not isinstance(items, Sequence) or len(items) == 0:
            return None
        return DicomFile(items[0], little=self.little, syntax=self.syntax)

    def _element(self, tag: int) -> RawDataElement | None:
        # pydicom's annotation promises converted elements only; what was never asked for is still raw.
        element: object = self._dataset.get_item(tag) if tag in self._dataset else None
        return element if isinstance(element, RawDataElement) else None


def parse(data: bytes, limits: Limits) -> DicomFile:
    """Find the elements of a file.

    Args:
        data: the whole file, with or without preamble and file meta information.
        limits: how far a deflated data set is inflated.

    Raises:
        XrayError: a deflated data set that is cut short or grows too large.
        Exception: on broken bytes whatever pydicom runs into; the caller turns all of them into one message.
    """
    stream = _Stream(data)
    syntax = ""
    if data[128:_PREAMBLE] == b"DICM":
        stream.seek(_PREAMBLE)
    if data[stream.tell() : stream.tell() + 2] == b"\x02\x00":  # file meta: explicit, little endian, always
        kept: list[Any] = [TRANSFER_SYNTAX]
        meta = read_dataset(stream, False, True, stop_when=_behind_meta, specific_tags=kept)  # noqa: FBT003
        syntax = DicomFile(meta, little=True, syntax="").text(TRANSFER_SYNTAX)
    if syntax == DEFLATED:
        stream = _Stream(_inflate(data[stream.tell() :], limits))
    at = stream.tell()
    start = stream.read(6)
    stream.seek(at)
    little = syntax != BIG_ENDIAN and not (syntax == "" and start[:2] == b"\x00\x08")
    # As pydicom decides, but without its warning: the first element shows whether value types are written out.
    implicit = not (start[4:6].isalpha() and start[4:6].isupper())
    tags: list[Any] = list(_KEPT)
    dataset = read_dataset(stream, implicit, little, specific_tags=tags)
    return DicomFile(dataset, little=little, syntax=syntax or (IMPLICIT if implicit else EXPLICIT))


class _Stream(io.BytesIO):
    """A file that is given out in so many pieces at most, since pydicom makes an object of every item and element."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._left = _READS

    def read(self, size: int | None = -1, /) -> bytes:
        """As ever.

        Raises:
            XrayError: it was asked too often.
        """
        self._left -= 1
        if self._left < 0:
            raise XrayError("This DICOM file has too many elements for one film. Export the film again.")
        return super().read(size)


def _behind_meta(tag: Any, _vr: str | None, _length: int) -> bool:  # noqa: ANN401 - pydicom's callback
    return int(tag) >> 16 != 2  # noqa: PLR2004 - the group of the file meta information


def _inflate(deflated: bytes, limits: Limits) -> bytes:
    """Undo the deflate transfer syntax, up to what a film within the limits can need (32 bits a pixel)."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    inflated = inflater.decompress(deflated, max(limits.max_bytes, 4 * limits.max_pixels))
    if inflater.unconsumed_tail:
        raise XrayError("Unpacked, the file is too large. Export the film without compression.")
    if not inflater.eof:
        raise XrayError(TRUNCATED)
    return inflated
