"""Plain or compressed DICOM pixel data → stored values, one decoder per transfer syntax.

A decoder in C that stumbles over broken bytes can take the whole server down, so each was chosen by feeding it tens
of thousands of broken films:

============================  =======================  ==========================================================
transfer syntax               decoder                  tried and left out
============================  =======================  ==========================================================
uncompressed, deflated        NumPy, zlib
RLE lossless                  imagecodecs' PackBits    ``dicomrle_decode`` crashes
JPEG baseline                 Pillow (libjpeg-turbo)
JPEG extended, lossless       imagecodecs              GDCM aborts the process, ``jpegsof3`` and ``liblj92`` crash;
                              (libjpeg-turbo 3)        pylibjpeg-libjpeg is GPL
JPEG-LS                       imagecodecs (CharLS)     GDCM aborts the process; CharLS itself spends seconds on a
                                                       stream without an end, which is therefore looked for first
JPEG 2000                     imagecodecs (OpenJPEG)
============================  =======================  ==========================================================

None of them sees a stream whose own header disagrees with the DICOM header: sizes are checked first, here.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import JpegImagePlugin

from core.errors import DecoderMissingError, XrayError
from core.xray.checks import MAX_JPEG_SCANS, TRUNCATED, jpeg_segments

_MISMATCH: Final = "The compressed image in this DICOM file does not fit its header. Export the film uncompressed."
_LOSSLESS: Final = 0xC3
_JPEG_PROCESSES: Final = (0xC0, 0xC1, 0xC2, _LOSSLESS)  # baseline, extended, progressive, lossless; all Huffman coded
_JPEG_LS: Final = (0xF7,)
_ITEM: Final = b"\xfe\xff\x00\xe0"
_SEQUENCE_END: Final = b"\xfe\xff\xdd\xe0"
_CODING_STYLE: Final = b"\xff\x52"  # JPEG 2000
_MAX_TILES: Final = 4096  # JPEG 2000: a film is one tile or a few; OpenJPEG keeps a record for each
_RLE_HEADER: Final = 64
_PADDED: Final = 16  # bytes that a segment may hold more than its pixels

Decoded = tuple[NDArray[Any], bool]
"""``[H, W]`` or ``[H, W, 3]`` integers, and whether their colours are as stored: not turned from YBR into RGB."""


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


@dataclass(frozen=True, slots=True)
class _Header:
    """What a compressed stream says of itself."""

    kind: int  # low byte of the JPEG start-of-frame marker; 0 for JPEG 2000
    precision: int
    rows: int
    columns: int
    samples: int


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
    return _meaningful(_shaped(values, layout), layout)


def compressed(data: bytes, syntax: str, layout: Layout) -> Decoded:
    """Encapsulated pixel data of one frame → its integers.

    Args:
        data: value of the pixel data element: items of an offset table and of the frame's fragments.
        syntax: transfer syntax UID.
        layout: what the DICOM header says; a stream that says otherwise is refused.

    Raises:
        XrayError: damaged, contradictory, or compressed in a way that is not supported.
        DecoderMissingError: imagecodecs is needed and not installed.
    """
    decode = _DECODERS.get(syntax)
    if decode is None:
        raise XrayError("This DICOM file is compressed in a way that is not supported. Export the film uncompressed.")
    try:
        return decode(_joined(data), layout)
    except XrayError:
        raise
    # The codecs raise their own undocumented kinds of RuntimeError, ValueError, OSError … on broken streams.
    except Exception as error:
        raise XrayError(TRUNCATED) from error


def _joined(data: bytes) -> bytes:
    """The fragments of the only frame, glued together; the offset table in front is left out."""
    fragments: list[bytes] = []
    at = 0
    while data[at : at + 4] == _ITEM:
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        fragments.append(data[at + 8 : at + 8 + length])
        if len(fragments[-1]) < length:
            raise XrayError(TRUNCATED)
        at += 8 + length
    if len(fragments) < 2 or data[at : at + 4] not in (b"", _SEQUENCE_END):  # noqa: PLR2004 - offset table and one fragment
        raise XrayError(TRUNCATED)
    return b"".join(fragments[1:])


def _shaped(values: NDArray[Any], layout: Layout) -> NDArray[Any]:
    """Flat samples → ``[H, W]`` or ``[H, W, 3]``."""
    if layout.samples == 1:
        return values.reshape(layout.rows, layout.columns)
    if layout.planar:
        return np.moveaxis(values.reshape(layout.samples, layout.rows, layout.columns), 0, -1)  # [3, H, W] -> [H, W, 3]
    return values.reshape(layout.rows, layout.columns, layout.samples)


def _meaningful(values: NDArray[Any], layout: Layout) -> NDArray[Any]:
    """Drop the bits above and below the stored ones (old files keep overlays there) and apply the sign."""
    down = layout.high + 1 - layout.stored
    up = layout.allocated - 1 - layout.high
    here = values.astype(values.dtype.newbyteorder("="), copy=False)
    if layout.signed:
        here = here.view(f"i{here.itemsize}")
    if up == 0 and down == 0:
        return here
    # To the top, then down again: an arithmetic shift extends the sign, a logical one clears what was above.
    shifted: NDArray[Any] = (here << up) >> (up + down)
    return shifted


def _rle(data: bytes, layout: Layout) -> Decoded:
    """RLE lossless (PS3.5 annex G): one PackBits segment per byte of each sample, most significant first."""
    depth = layout.allocated // 8
    count = layout.rows * layout.columns
    if len(data) < _RLE_HEADER:
        raise XrayError(TRUNCATED)
    segments, *offsets = struct.unpack("<16L", data[:_RLE_HEADER])
    if segments != depth * layout.samples:
        raise XrayError(_MISMATCH)
    ends = [*offsets[1:segments], len(data)]
    planes = [_packbits(data[start:end], count) for start, end in zip(offsets[:segments], ends, strict=True)]
    samples = np.stack(planes).reshape(layout.samples, depth, layout.rows, layout.columns)
    # [S, bytes, H, W] -> [S, H, W, bytes], whose last axis read as one big-endian number is the sample
    joined = np.ascontiguousarray(np.moveaxis(samples, 1, -1)).view(f">u{depth}")[..., 0]
    shaped = joined[0] if layout.samples == 1 else np.moveaxis(joined, 0, -1)
    return _meaningful(shaped, layout), True


def _packbits(segment: bytes, count: int) -> NDArray[np.uint8]:
    """One PackBits segment → ``[count]`` bytes.

    Raises:
        XrayError: the segment holds fewer.
    """
    values: NDArray[np.uint8] = _imagecodecs().packbits_decode(segment, out=np.empty(count + _PADDED, np.uint8))
    if len(values) < count:
        raise XrayError(TRUNCATED)
    return values[:count]


def _jpeg(data: bytes, layout: Layout) -> Decoded:
    """JPEG of 8 to 16 bits, lossy or lossless."""
    header = _jpeg_header(data, _JPEG_PROCESSES)
    _check(header, layout)
    if data.count(b"\xff\xda") > MAX_JPEG_SCANS:
        raise XrayError(_MISMATCH)
    if header.precision == 8 and header.kind != _LOSSLESS:  # noqa: PLR2004
        with JpegImagePlugin.JpegImageFile(io.BytesIO(data)) as image:
            image.load()
            values = np.asarray(image.convert("L") if layout.samples == 1 else image.convert("RGB"))
    else:
        values = _imagecodecs().jpeg8_decode(data)
    return _as_stored(values, header, layout, exact=header.kind == _LOSSLESS), False


def _jpeg_ls(data: bytes, layout: Layout, *, exact: bool = False) -> Decoded:
    header = _jpeg_header(data, _JPEG_LS)
    _check(header, layout)
    return _as_stored(_imagecodecs().jpegls_decode(data), header, layout, exact=exact), True


def _jpeg_2000(data: bytes, layout: Layout, *, exact: bool = False) -> Decoded:
    at = data.find(b"\xff\x4f\xff\x51")  # also inside a JP2 wrapper, which the standard forbids and some devices write
    if at < 0 or len(data) < at + 43:
        raise XrayError(TRUNCATED)
    right, bottom, left, top, tile_w, tile_h, _, _, samples, depth = struct.unpack(">8LHB", data[at + 8 : at + 43])
    header = _Header(kind=0, precision=(depth & 0x7F) + 1, rows=bottom - top, columns=right - left, samples=samples)
    _check(header, layout)
    tiles = -(-right // max(tile_w, 1)) * -(-bottom // max(tile_h, 1))
    # The canvas may be offset from the origin: an honest film's is not, a hostile one's costs memory.
    if left or top or tiles > _MAX_TILES:
        raise XrayError(_MISMATCH)
    style = data.find(_CODING_STYLE, at + 4 + int.from_bytes(data[at + 4 : at + 6], "big"))
    turned = data[style + 8 : style + 9] == b"\1"  # behind marker, length, style, order of progression and layers
    values = _imagecodecs().jpeg2k_decode(data, numthreads=1)
    return _as_stored(values, header, layout, exact=exact), not turned


def _frame_marker(data: bytes) -> tuple[int, int]:
    """The start of frame → (its low byte, offset behind its length); (0, 0) if there is none."""
    starts = ((kind, at + 2) for kind, at in jpeg_segments(data) if kind in _JPEG_PROCESSES or kind in _JPEG_LS)
    return next(starts, (0, 0))


def _jpeg_header(data: bytes, processes: tuple[int, ...]) -> _Header:
    """Start of frame of a JPEG or JPEG-LS stream that is whole: libjpeg fills a missing end with grey and says nothing.

    Raises:
        XrayError: another kind of stream, or it does not end where it should.
    """
    kind, at = _frame_marker(data)
    whole = data.startswith(b"\xff\xd8") and data.rstrip(b"\0\xff\r\n").endswith(b"\xff\xd9")
    if not whole or kind not in processes:
        raise XrayError(TRUNCATED)
    return _Header(kind, *struct.unpack(">BHHB", data[at : at + 6]))


def _check(header: _Header, layout: Layout) -> None:
    if (header.rows, header.columns, header.samples) != (layout.rows, layout.columns, layout.samples):
        raise XrayError(_MISMATCH)
    if not 2 <= header.precision <= 16:  # noqa: PLR2004
        raise XrayError(_MISMATCH)


def _as_stored(values: NDArray[Any], header: _Header, layout: Layout, *, exact: bool) -> NDArray[Any]:
    """A decoder's array, checked, with the sign the DICOM header gives to its bits.

    Where a stream holds more bits than are stored, and holds them exactly, those beside the stored ones are dropped.
    """
    shape = (layout.rows, layout.columns) if layout.samples == 1 else (layout.rows, layout.columns, layout.samples)
    if values.size != layout.rows * layout.columns * layout.samples or values.dtype.kind not in "iu":
        raise XrayError(_MISMATCH)
    values = values.reshape(shape)
    if exact and header.precision > layout.stored and 8 * values.itemsize == layout.allocated:
        return _meaningful(values.view(f"u{values.itemsize}"), layout)
    if values.dtype.kind == "i" or not layout.signed:
        return values
    # Some encoders call everything 16 bits: where the film uses fewer, its sign is in its own topmost one.
    up = 8 * values.itemsize - min(header.precision, layout.stored)
    signed: NDArray[Any] = (values.view(f"i{values.itemsize}") << up) >> up
    return signed


def _imagecodecs() -> Any:  # noqa: ANN401 - the package has no complete types
    """The optional decoders.

    Raises:
        DecoderMissingError: not installed.
    """
    try:
        import imagecodecs
    except ImportError as error:
        raise DecoderMissingError(
            "This DICOM compression needs the package imagecodecs. Install it (pip install imagecodecs) "
            "or export the film uncompressed."
        ) from error
    return imagecodecs


_DECODERS: Final[Mapping[str, Callable[[bytes, Layout], Decoded]]] = MappingProxyType(
    {
        "1.2.840.10008.1.2.5": _rle,
        "1.2.840.10008.1.2.4.50": _jpeg,  # baseline
        "1.2.840.10008.1.2.4.51": _jpeg,  # extended, 8 or 12 bits
        "1.2.840.10008.1.2.4.57": _jpeg,  # lossless, process 14
        "1.2.840.10008.1.2.4.70": _jpeg,  # lossless, process 14, selection value 1: the usual one
        "1.2.840.10008.1.2.4.80": partial(_jpeg_ls, exact=True),  # lossless
        "1.2.840.10008.1.2.4.81": _jpeg_ls,  # near-lossless
        "1.2.840.10008.1.2.4.90": partial(_jpeg_2000, exact=True),  # lossless
        "1.2.840.10008.1.2.4.91": _jpeg_2000,  # lossy
    }
)
