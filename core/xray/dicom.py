"""DICOM → grey: one projection radiograph, and nothing that says whose it is.

Only the tags listed in :data:`_TAGS` are ever kept; names, IDs and dates are skipped as bytes and never become values.
"""

from __future__ import annotations

import io
import math
import struct
import zlib
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset

from core.errors import XrayError
from core.xray import codecs
from core.xray.checks import TRUNCATED, check_size
from core.xray.quiet import quiet
from core.xray.tones import Lut, Window, by_lut, by_range
from core.xray.types import Facts, Limits

_TRANSFER_SYNTAX: Final = 0x00020010
_SOP_CLASS: Final = 0x00080016
_MODALITY: Final = 0x00080060
_BODY_PART: Final = 0x00180015
_VIEW: Final = 0x00185101
_SAMPLES: Final = 0x00280002
_PHOTOMETRIC: Final = 0x00280004
_PLANAR: Final = 0x00280006
_FRAMES: Final = 0x00280008
_ROWS: Final = 0x00280010
_COLUMNS: Final = 0x00280011
_ALLOCATED: Final = 0x00280100
_STORED: Final = 0x00280101
_HIGH: Final = 0x00280102
_SIGNED: Final = 0x00280103
_PADDING: Final = 0x00280120
_PADDING_LIMIT: Final = 0x00280121
_CENTRE: Final = 0x00281050
_WIDTH: Final = 0x00281051
_INTERCEPT: Final = 0x00281052
_SLOPE: Final = 0x00281053
_FUNCTION: Final = 0x00281056
_PALETTE_DESCRIPTORS: Final = (0x00281101, 0x00281102, 0x00281103)
_PALETTE_DATA: Final = (0x00281201, 0x00281202, 0x00281203)
_MODALITY_LUT: Final = 0x00283000
_LUT_DESCRIPTOR: Final = 0x00283002
_LUT_DATA: Final = 0x00283006
_VOI_LUT: Final = 0x00283010
_PIXELS: Final = 0x7FE00010
_TAGS: Final[list[Any]] = [
    _SOP_CLASS, _MODALITY, _BODY_PART, _VIEW, _SAMPLES, _PHOTOMETRIC, _PLANAR, _FRAMES, _ROWS, _COLUMNS, _ALLOCATED,
    _STORED, _HIGH, _SIGNED, _PADDING, _PADDING_LIMIT, _CENTRE, _WIDTH, _INTERCEPT, _SLOPE, _FUNCTION,
    *_PALETTE_DESCRIPTORS, *_PALETTE_DATA, _MODALITY_LUT, _VOI_LUT, _PIXELS,
]  # fmt: skip

_IMPLICIT: Final = "1.2.840.10008.1.2"
_EXPLICIT: Final = "1.2.840.10008.1.2.1"
_DEFLATED: Final = "1.2.840.10008.1.2.1.99"
_BIG_ENDIAN: Final = "1.2.840.10008.1.2.2"
_NATIVE: Final = frozenset({_IMPLICIT, _EXPLICIT, _DEFLATED, _BIG_ENDIAN})

# What a chest film can be called. "DR" is no defined term, but devices write it; RF is fluoroscopy, whose single
# frames are films. Left out on purpose: MG, PX, IO (breast and teeth), XA (vessels), and everything that makes slices.
_FILM_MODALITIES: Final = frozenset({"CR", "DX", "DR", "RG", "RF"})
# Scanned film, screen capture, or nothing said: possible, but the file does not vouch for it.
_OTHER_MODALITIES: Final = frozenset({"", "OT", "SC"})
_FILM_CLASSES: Final = frozenset(
    {
        "",
        "1.2.840.10008.5.1.4.1.1.1",  # computed radiography
        "1.2.840.10008.5.1.4.1.1.1.1",  # digital X-ray, for presentation
        "1.2.840.10008.5.1.4.1.1.1.1.1",  # digital X-ray, for processing
        "1.2.840.10008.5.1.4.1.1.12.2",  # radiofluoroscopy
        "1.2.840.10008.5.1.4.1.1.7",  # secondary capture
        "1.2.840.10008.5.1.4.1.1.7.2",  # multi-frame secondary capture, byte; one frame is checked elsewhere
        "1.2.840.10008.5.1.4.1.1.7.3",  # … word
        "1.2.840.10008.5.1.4.1.1.7.4",  # … colour
    }
)
_FOR_PROCESSING: Final = "1.2.840.10008.5.1.4.1.1.1.1.1"
# Only defined terms pass into the facts: a free text typed into these fields could hold a name.
_VIEWS: Final = frozenset({"AP", "PA", "LL", "RL", "RLD", "LLD", "RLO", "LLO"})
_BODY_PARTS: Final = frozenset(
    "ABDOMEN ANKLE ARM CHEST CLAVICLE CSPINE ELBOW FEMUR FINGER FOOT HAND HEAD HIP KNEE LEG LSPINE LUNG NECK PELVIS "
    "RIB SHOULDER SKULL SPINE STERNUM THORAX TSPINE WRIST".split()
)
_CHEST_PARTS: Final = frozenset({"CHEST", "LUNG", "THORAX"})
_MONOCHROME: Final = ("MONOCHROME1", "MONOCHROME2")
_COLOUR: Final = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")
_PIXEL_BITS: Final = (8, 16, 32)


def read(data: bytes, limits: Limits) -> tuple[NDArray[np.float32], Facts]:
    """Decode one DICOM film.

    Args:
        data: the whole file.
        limits: checked on the header, before pixels are decoded, and while a deflated file is inflated.

    Returns:
        Pixels, float32 ``[H, W]`` in 0…1 with bone bright, and the facts.

    Raises:
        XrayError: damaged, not a projection radiograph, several frames, too large …
        DecoderMissingError: compressed in a way that needs an optional package.
    """
    quiet()
    try:
        syntax, film = _parse(data, limits)
    except XrayError:
        raise
    # On broken bytes pydicom raises whatever its parsing runs into (struct.error, EOFError, OSError, ValueError,
    # KeyError, RecursionError, NotImplementedError …); to the reader they all mean one thing.
    except Exception as error:
        raise XrayError(TRUNCATED) from error
    notes = film.check_kind()
    layout = film.layout(limits)
    photometric = film.text(_PHOTOMETRIC) or "MONOCHROME2"
    stored = _decode(film, syntax, layout, photometric)
    grey, tone_notes = _display(film, stored, layout, photometric)
    body_part, view = film.text(_BODY_PART), film.text(_VIEW)
    if body_part in _BODY_PARTS - _CHEST_PARTS:
        notes = (*notes, f"the file says {body_part}, not chest")
    facts = Facts(
        format="DICOM",
        bits=layout.stored,
        photometric=photometric,
        modality=film.text(_MODALITY) or None,
        view=view if view in _VIEWS else None,
        body_part=body_part if body_part in _BODY_PARTS else None,
        notes=(*notes, *tone_notes),
    )
    return grey, facts


class _Film:
    """Typed access to the few raw values we keep. Nothing is converted by pydicom, so nothing it finds odd is logged."""

    def __init__(self, dataset: Dataset, little: bool) -> None:
        self._dataset, self.little = dataset, little

    def raw(self, tag: int) -> bytes:
        """The value's bytes; empty when the tag is absent.

        Raises:
            XrayError: the file ends inside the value.
        """
        element = self._dataset.get_item(tag) if tag in self._dataset else None
        if not isinstance(element, RawDataElement) or element.value is None:
            return b""
        value = bytes(element.value)
        if element.length not in (len(value), 0xFFFFFFFF):
            raise XrayError(TRUNCATED)
        return value

    def text(self, tag: int) -> str:
        """First value of a text, without padding; non-ASCII is dropped."""
        return self.raw(tag).split(b"\\")[0].decode("ascii", "ignore").strip(" \0").upper()

    def numbers(self, tag: int, signed: bool = False) -> tuple[int, ...]:
        """16-bit integers."""
        value = self.raw(tag)
        return struct.unpack(f"{'<' if self.little else '>'}{len(value) // 2}{'h' if signed else 'H'}", value[: len(value) // 2 * 2])

    def number(self, tag: int, default: int) -> int:
        return next(iter(self.numbers(tag)), default)

    def decimal(self, tag: int) -> float | None:
        """First value of a decimal string; ``None`` when absent or not a finite number."""
        try:
            value = float(self.text(tag))
        except ValueError:
            return None
        return value if math.isfinite(value) else None

    def item(self, tag: int) -> _Film | None:
        """First item of a sequence."""
        if tag not in self._dataset:
            return None
        items = self._dataset[tag].value
        return _Film(items[0], self.little) if items else None

    def check_kind(self) -> tuple[str, ...]:
        """Refuse what is not a projection radiograph; returns notes on what is in doubt."""
        modality, sop_class = self.text(_MODALITY), self.text(_SOP_CLASS)
        if modality not in _FILM_MODALITIES | _OTHER_MODALITIES or sop_class not in _FILM_CLASSES:
            # Only a defined two-letter code is repeated to the reader, never free text.
            named = f" but {modality}" if len(modality) == 2 and modality.isalpha() and modality not in _FILM_MODALITIES else ""  # noqa: PLR2004
            raise XrayError(f"This DICOM file is not a plain chest radiograph (CR or DX){named}. Choose a chest X-ray.")
        notes: tuple[str, ...] = ()
        if modality in _OTHER_MODALITIES:
            notes = ("the file does not say that it is a radiograph",)
        if sop_class == _FOR_PROCESSING:
            notes = (*notes, "raw detector values, meant for processing and not for viewing")
        return notes

    def layout(self, limits: Limits) -> codecs.Layout:
        """The image pixel module, checked.

        Raises:
            XrayError: no pixels, several frames, over the limits, or values that contradict each other.
        """
        if _PIXELS not in self._dataset:
            raise XrayError("This DICOM file holds no complete image. Export the film itself, not a report or an index.")
        rows, columns = self.number(_ROWS, 0), self.number(_COLUMNS, 0)
        try:
            frames = int(self.text(_FRAMES) or 1)
        except ValueError:
            raise XrayError(TRUNCATED) from None
        check_size(columns, rows, limits, max(frames, 1))
        if frames > 1:
            raise XrayError("This DICOM file holds more than one frame. Export one single film.")
        allocated = self.number(_ALLOCATED, 0)
        stored = self.number(_STORED, allocated)
        layout = codecs.Layout(
            rows=rows,
            columns=columns,
            samples=self.number(_SAMPLES, 1),
            allocated=allocated,
            stored=stored,
            high=self.number(_HIGH, stored - 1),
            signed=self.number(_SIGNED, 0) == 1,
            planar=self.number(_PLANAR, 0) == 1,
            little=self.little,
        )
        if (
            layout.allocated not in _PIXEL_BITS
            or not 0 < layout.stored <= layout.high + 1 <= layout.allocated
            or layout.samples not in (1, 3)
        ):
            raise XrayError("The DICOM header contradicts itself about how pixels are stored. Export the film again.")
        return layout


def _parse(data: bytes, limits: Limits) -> tuple[str, _Film]:
    """File bytes → (transfer syntax, film). Deflated files are inflated no further than the limits allow."""
    stream = io.BytesIO(data)
    syntax = ""
    if data[128:132] == b"DICM":
        stream.seek(132)
    if data[stream.tell() : stream.tell() + 2] == b"\x02\x00":
        meta = read_dataset(stream, False, True, stop_when=lambda tag, _vr, _length: tag.group != 2, specific_tags=[_TRANSFER_SYNTAX])  # type: ignore[list-item]  # noqa: E501, FBT003, PLR2004
        syntax = _Film(meta, little=True).text(_TRANSFER_SYNTAX)
    if syntax == _DEFLATED:
        stream = io.BytesIO(_inflate(data[stream.tell() :], limits))
    at = stream.tell()
    start = stream.read(6)
    stream.seek(at)
    little = syntax != _BIG_ENDIAN and not (syntax == "" and start[:2] == b"\x00\x08")
    # As pydicom does, but without its warning: the first element shows whether value types are written out.
    implicit = not (start[4:6].isalpha() and start[4:6].isupper())
    dataset = read_dataset(stream, implicit, little, specific_tags=_TAGS)
    return syntax or _IMPLICIT, _Film(dataset, little)


def _inflate(deflated: bytes, limits: Limits) -> bytes:
    """Undo the deflate transfer syntax, at most up to what a film within the limits can need."""
    bound = max(limits.max_bytes, 8 * limits.max_pixels)
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    inflated = inflater.decompress(deflated, bound)
    if inflater.unconsumed_tail:
        raise XrayError("Unpacked, the file is too large. Export the film without compression.")
    if not inflater.eof:
        raise XrayError(TRUNCATED)
    return inflated


def _decode(film: _Film, syntax: str, layout: codecs.Layout, photometric: str) -> NDArray[Any]:
    """Stored grey values ``[H, W]``: decompressed, colour turned to luma."""
    if syntax not in _NATIVE:
        raise XrayError("This DICOM compression is not supported. Export the film uncompressed.")
    values = codecs.native(film.raw(_PIXELS), layout)
    if photometric in _MONOCHROME and layout.samples == 1:
        return values
    raise XrayError("The colours of this DICOM file cannot be read as grey. Export the film as MONOCHROME2.")


def _display(film: _Film, stored: NDArray[Any], layout: codecs.Layout, photometric: str) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """Stored values ``[H, W]`` → display grey 0…1: modality LUT, VOI LUT or window, polarity; in this order."""
    notes: tuple[str, ...] = ()
    seen = _exposed(film, stored, layout)
    values = stored.astype(np.float32)
    modality_lut = _lut(film.item(_MODALITY_LUT), layout.signed)
    slope, intercept = film.decimal(_SLOPE), film.decimal(_INTERCEPT)
    if modality_lut is not None:
        values = modality_lut(values)
    elif slope is not None or intercept is not None:
        values = values * np.float32(1.0 if slope is None else slope) + np.float32(intercept or 0.0)
    voi_lut = _lut(film.item(_VOI_LUT), layout.signed and modality_lut is None)
    window = _window(film)
    if voi_lut is not None:
        grey = by_lut(values, voi_lut)
    elif window is not None:
        grey = window(values)
    elif layout.stored <= 8 and modality_lut is None and slope in (None, 1.0) and not intercept and not layout.signed:  # noqa: PLR2004
        grey = values / np.float32(2**layout.stored - 1)  # like any 8-bit picture
    else:
        grey = by_range(values, seen)
        notes = (*notes, "no window in the file: scaled by its own darkest and brightest value")
    if photometric == "MONOCHROME1":
        grey = 1.0 - grey
        notes = (*notes, "inverted: MONOCHROME1")
    if seen is not None:
        grey = np.where(seen, grey, np.float32(0))
        notes = (*notes, "padding around the film shown black")
    return grey, notes


def _exposed(film: _Film, stored: NDArray[Any], layout: codecs.Layout) -> NDArray[np.bool_] | None:
    """True where a pixel is film, false where it is padding; ``None`` without padding."""
    padding = film.numbers(_PADDING, layout.signed)
    if not padding:
        return None
    limit = film.numbers(_PADDING_LIMIT, layout.signed) or padding
    low, high = sorted((padding[0], limit[0]))
    seen: NDArray[np.bool_] = (stored < low) | (stored > high)
    return None if seen.all() or not seen.any() else seen


def _window(film: _Film) -> Window | None:
    """The first window of the file, when it makes sense."""
    centre, width = film.decimal(_CENTRE), film.decimal(_WIDTH)
    function = film.text(_FUNCTION) or "LINEAR"
    if centre is None or width is None or width <= 0:
        return None
    return Window(centre, width, function if function in ("LINEAR_EXACT", "SIGMOID") else "LINEAR")


def _lut(item: _Film | None, signed: bool) -> Lut | None:
    """A look-up table from its sequence item; ``None`` when there is none, an error when it is broken."""
    if item is None:
        return None
    descriptor = item.numbers(_LUT_DESCRIPTOR)
    data = item.raw(_LUT_DATA)
    if len(descriptor) != 3:  # noqa: PLR2004
        raise XrayError(TRUNCATED)
    count = descriptor[0] or 2**16  # the standard's way to say 65536 in 16 bits
    first = item.numbers(_LUT_DESCRIPTOR, signed=True)[1] if signed else descriptor[1]
    if len(data) >= 2 * count:
        entries = np.frombuffer(data, dtype="<u2" if item.little else ">u2", count=count)
    elif len(data) >= count and descriptor[2] <= 8:  # noqa: PLR2004 - 8-bit entries packed into words
        entries = np.frombuffer(data, dtype=np.uint8, count=count)
    else:
        raise XrayError(TRUNCATED)
    return Lut(first, min(descriptor[2], 16), entries.astype(np.uint16))
