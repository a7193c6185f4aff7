"""What is refused, before it costs anything, and in words that help."""

from __future__ import annotations

import io
import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom import uid

from core.errors import XrayError
from core.xray import Limits, read_xray
from tests import synthetic
from tests.synthetic import as_dicom

FILM = synthetic.film(120, 96)
SMALL = Limits(max_bytes=2**20, max_pixels=100_000)

WHOLE = {
    "png": synthetic.as_png8(FILM),
    "png-16": synthetic.as_png16(FILM),
    "jpeg": synthetic.as_jpeg(FILM),
    "jpeg-progressive": synthetic.as_jpeg(FILM, "RGB", progressive=True),
    "tiff": synthetic.as_tiff(FILM, 16),
    "tiff-lzw": synthetic.as_tiff(FILM, 8, compression="tiff_lzw"),
    "bmp": synthetic.as_bmp(FILM),
    "webp": synthetic.as_webp(FILM),
    "dicom": as_dicom(FILM),
    "dicom-implicit": as_dicom(FILM, transfer_syntax=uid.ImplicitVRLittleEndian),
    "dicom-deflated": as_dicom(FILM, transfer_syntax=uid.DeflatedExplicitVRLittleEndian),
    "dicom-rle": as_dicom(FILM, transfer_syntax=uid.RLELossless),
    "dicom-jpeg": as_dicom(
        FILM, bits=8, transfer_syntax=uid.JPEGBaseline8Bit, encapsulated=synthetic.encapsulate(FILM, "baseline")
    ),
}


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
@pytest.mark.parametrize("name", WHOLE)
def test_files_cut_short_are_refused(name: str, share: float) -> None:
    data = WHOLE[name]
    assert read_xray(data).height == 120
    with pytest.raises(XrayError, match=r"Export|Choose|copy"):
        read_xray(data[: int(len(data) * share)])


def test_a_compressed_frame_cut_inside_an_intact_file_is_refused() -> None:
    stream = synthetic.encapsulate(FILM, "baseline")
    for part in (stream[: len(stream) // 2], stream[:-2]):
        with pytest.raises(XrayError, match="cut short"):
            read_xray(as_dicom(FILM, bits=8, transfer_syntax=uid.JPEGBaseline8Bit, encapsulated=part))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"hello", "not an image"),
        (b"\0" * 500, "not an image"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"PK\x03\x04....", "ZIP"),
        (b"GIF89a......", "GIF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not an image"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (b"\xff\xd8\xff", "damaged"),
        (b"II*\0", "damaged"),
        (b"BM", "damaged"),
        (b"RIFF\0\0\0\0WEBP", "damaged"),
        (b"\0" * 128 + b"DICM", "no complete image"),
    ],
)
def test_what_is_no_image(data: bytes, words: str) -> None:
    with pytest.raises(XrayError, match=words):
        read_xray(data)


def test_content_counts_not_the_name_and_the_byte_limit_comes_first() -> None:
    data = synthetic.as_png8(FILM)
    with pytest.raises(XrayError, match="larger than"):
        read_xray(data, Limits(max_bytes=len(data) - 1))
    assert read_xray(data, Limits(max_bytes=len(data))).width == 96


# --- bombs: refused from the header, at no cost -----------------------------------------------------------------------


def png_header(width: int, height: int) -> bytes:
    header = struct.pack(">LLBBBBB", width, height, 8, 0, 0, 0, 0)
    return synthetic.png_of((b"IHDR", header), (b"IDAT", zlib.compress(bytes(10**6))), (b"IEND", b""))


def resized_jpeg(width: int, height: int) -> bytes:
    data = bytearray(synthetic.as_jpeg(FILM))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def resized_bmp(width: int, height: int) -> bytes:
    data = bytearray(synthetic.as_bmp(FILM))
    data[18:26] = struct.pack("<ll", width, height)
    return bytes(data)


def resized_webp(width: int, height: int) -> bytes:
    size = (width - 1) | (height - 1) << 14  # 14 bits each, in the header of a lossless image
    data = bytearray(synthetic.as_webp(FILM))
    at = data.index(b"VP8L") + 9
    data[at : at + 4] = struct.pack("<L", int.from_bytes(data[at : at + 4], "little") & ~(2**28 - 1) | size)
    return bytes(data)


def tiled_tiff(side: int) -> bytes:
    """A TIFF of 128 x 128 pixels in one deflated tile of ``side`` x ``side``."""
    packed = zlib.compress(bytes(10**6))
    tags = {256: 128, 257: 128, 258: 8, 259: 8, 262: 1, 277: 1, 322: side, 323: side, 324: 150, 325: len(packed)}
    entries = b"".join(struct.pack("<HHLL", tag, 4, 1, value) for tag, value in tags.items())
    head = b"II*\0" + struct.pack("<LH", 8, len(tags)) + entries + bytes(4)
    return head.ljust(150, b"\0") + packed


def deflated_bomb() -> bytes:
    whole = as_dicom(FILM, transfer_syntax=uid.DeflatedExplicitVRLittleEndian)
    start = pydicom.filereader.read_partial(io.BytesIO(whole), stop_when=lambda *_: True)
    offset = 132 + 12 + start.file_meta.FileMetaInformationGroupLength
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    element = struct.pack("<HH2sHL", 0x0009, 0x0010, b"OB", 0, 60 * 2**20)
    return whole[:offset] + packer.compress(element + bytes(60 * 2**20)) + packer.flush()


BOMBS = {
    "png": lambda: png_header(30_000, 30_000),
    "png-64-bit": lambda: png_header(2**31 - 1, 2**31 - 1),
    "jpeg": lambda: resized_jpeg(65_000, 65_000),
    "bmp": lambda: resized_bmp(100_000, 100_000),
    "webp": lambda: resized_webp(16_000, 16_000),
    "tiff-tile": lambda: tiled_tiff(16_384),
    "dicom": lambda: as_dicom(FILM, Rows=65_535, Columns=65_535),
    "dicom-frames": lambda: as_dicom(FILM, NumberOfFrames=1_000_000),
    "dicom-deflated": deflated_bomb,
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_at_no_cost(name: str) -> None:
    data = BOMBS[name]()
    limits = Limits(max_pixels=1_000_000, max_bytes=2**21)
    tracemalloc.start()
    started = time.perf_counter()
    with pytest.raises(XrayError, match=r"too large|more than one frame"):
        read_xray(data, limits)
    seconds, (_, peak) = time.perf_counter() - started, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seconds < 1
    assert peak < 24 * 2**20


def test_the_pixel_limit_is_exact() -> None:
    data = synthetic.as_png8(FILM)
    assert read_xray(data, Limits(max_pixels=120 * 96)).height == 120
    with pytest.raises(XrayError, match="too large"):
        read_xray(data, Limits(max_pixels=120 * 96 - 1))


def endless_scans() -> bytes:
    data = synthetic.as_jpeg(FILM, progressive=True)
    scan = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + scan * 200 + b"\xff\xd9"


def endless_comments() -> bytes:
    data = synthetic.as_jpeg(FILM)
    return data[:2] + b"\xff\xfe\0\2" * 20_000 + data[2:]


def endless_chunks() -> bytes:
    data = synthetic.as_png8(FILM)
    at = data.index(b"IDAT") - 4
    return data[:at] + (bytes(4) + b"aaAa" + struct.pack(">L", zlib.crc32(b"aaAa"))) * 70_000 + data[at:]


def run_lengths() -> bytes:
    data = bytearray(synthetic.as_bmp(FILM))
    data[30] = 1
    return bytes(data)


@pytest.mark.parametrize("make", [endless_scans, endless_comments, endless_chunks, run_lengths])
def test_what_a_decoder_would_read_for_minutes_is_refused(make: Callable[[], bytes]) -> None:
    with pytest.raises(XrayError, match="too long to read"):
        read_xray(make())


SEQUENCE = b"\x27\0\x10\x10SQ\0\0" + b"\xff" * 4


def test_what_lies_behind_a_jpeg_may_look_like_anything() -> None:
    data = synthetic.as_jpeg(FILM) + np.random.default_rng(0).bytes(4 * 2**20)  # as phones append a film that moves
    assert read_xray(data).height == 120


EMPTY_ITEMS = SEQUENCE + b"\xfe\xff\0\xe0\0\0\0\0" * 200_000 + b"\xfe\xff\xdd\xe0\0\0\0\0"
EMPTY_ELEMENTS = b"\x27\0\x10\x10CS\0\0" * 200_000


@pytest.mark.parametrize("empty", [EMPTY_ITEMS, EMPTY_ELEMENTS], ids=["items", "elements"])
def test_a_dicom_of_endless_elements_is_refused(empty: bytes) -> None:
    data = as_dicom(FILM)
    at = data.index(b"\x28\0\2\0US")
    with pytest.raises(XrayError, match="Export"):
        read_xray(data[:at] + empty + data[at:])


@pytest.mark.parametrize("bit", range(0, 4000, 400))
def test_a_png_with_a_bit_turned_over_is_refused(bit: int) -> None:
    data = bytearray(synthetic.as_png8(FILM))
    data[data.index(b"IDAT") + 4 + bit // 8] ^= 1 << bit % 8
    with pytest.raises(XrayError, match="damaged"):
        read_xray(bytes(data))


@pytest.mark.parametrize("kind", ["baseline", "lossless-sv1", "jpeg-ls", "jpeg-2000"])
def test_a_stream_that_disagrees_with_its_dicom_header_never_reaches_a_decoder(kind: str) -> None:
    if kind != "baseline":
        pytest.importorskip("imagecodecs")
    stream = synthetic.encapsulate(synthetic.film(700, 900), kind)
    bits = 8 if kind == "baseline" else 12
    data = as_dicom(FILM, bits=bits, transfer_syntax=synthetic.TRANSFER_SYNTAXES[kind], encapsulated=stream)
    with pytest.raises(XrayError, match="does not fit its header"):
        read_xray(data)


def test_a_jpeg_2000_of_endless_tiles_never_reaches_a_decoder() -> None:
    pytest.importorskip("imagecodecs")
    stream = bytearray(synthetic.encapsulate(FILM, "jpeg-2000"))
    stream[24:32] = struct.pack(">LL", 1, 1)  # tiles of one pixel
    data = as_dicom(FILM, transfer_syntax=uid.JPEG2000Lossless, encapsulated=bytes(stream))
    with pytest.raises(XrayError, match="does not fit its header"):
        read_xray(data)


# --- content ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "words"), [((63, 200), "too small"), ((10, 10), "too small"), ((64, 400), "elongated")]
)
def test_shapes(shape: tuple[int, int], words: str) -> None:
    for data in (synthetic.as_png8(synthetic.film(*shape)), as_dicom(synthetic.film(*shape))):
        with pytest.raises(XrayError, match=words):
            read_xray(data)


@pytest.mark.parametrize("value", [0.0, 0.4, 1.0])
def test_even_grey_is_no_film(value: float) -> None:
    even = np.full((80, 80), value, np.float32)
    for data in (synthetic.as_png8(even), synthetic.as_png16(even), synthetic.as_tiff(even, 32), as_dicom(even)):
        with pytest.raises(XrayError, match="one even grey"):
            read_xray(data)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_pixels_that_are_not_numbers_are_refused(value: float) -> None:
    pixels = FILM.copy()
    pixels[3, 4] = value
    with pytest.raises(XrayError, match="not numbers"):
        read_xray(synthetic.as_tiff(pixels, 32))


@pytest.mark.parametrize("modality", ["CT", "MR", "US", "NM", "PT", "XA", "MG", "PX", "IO", "SR", "SEG"])
def test_other_modalities_are_refused(modality: str) -> None:
    with pytest.raises(XrayError, match=f"not a plain radiograph .* but {modality}"):
        read_xray(as_dicom(FILM, modality=modality, SOPClassUID=uid.DigitalXRayImageStorageForPresentation))


def test_the_sop_class_counts_too_and_free_text_is_not_repeated() -> None:
    with pytest.raises(XrayError, match="not a plain radiograph"):
        read_xray(as_dicom(FILM, modality=None, SOPClassUID=uid.CTImageStorage))
    with pytest.raises(XrayError, match="not a plain radiograph") as refused:
        read_xray(as_dicom(FILM, modality="MRS DOE"))
    assert "DOE" not in str(refused.value).replace("DOES", "")


def test_several_frames_are_refused_and_one_is_not() -> None:
    with pytest.raises(XrayError, match="more than one frame"):
        read_xray(as_dicom(FILM, NumberOfFrames=2))
    assert read_xray(as_dicom(FILM, NumberOfFrames=1)).width == 96


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ({"PixelData": None}, "no complete image"),
        ({"Rows": None}, "without pixels"),
        ({"Rows": 0}, "without pixels"),
        ({"BitsAllocated": 12}, "contradicts itself"),
        ({"BitsStored": 17}, "contradicts itself"),
        ({"HighBit": 3}, "contradicts itself"),
        ({"SamplesPerPixel": 4}, "contradicts itself"),
        ({"PhotometricInterpretation": "XYZ"}, "cannot be read as grey"),
        ({"Rows": 121}, "cut short"),
        ({"VOILUTSequence": [pydicom.Dataset()]}, "cut short"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "cut short"),
    ],
)
def test_contradictory_dicom(tags: dict[str, object], words: str) -> None:
    with pytest.raises(XrayError, match=words):
        read_xray(as_dicom(FILM, **tags))


def test_unknown_compression_says_what_to_do() -> None:
    data = as_dicom(FILM, transfer_syntax="1.2.840.10008.1.2.4.100", encapsulated=b"\0\0\1\xb3" * 9)
    with pytest.raises(XrayError, match="Export the film uncompressed"):
        read_xray(data)


def test_every_message_says_what_to_do() -> None:
    huge = io.BytesIO()
    Image.new("L", (70, 500)).save(huge, "PNG")
    for data in (b"", b"x", huge.getvalue(), as_dicom(FILM, modality="CT"), as_dicom(FILM)[:-5]):
        with pytest.raises(XrayError) as refused:
            read_xray(data, SMALL)
        what, do = str(refused.value).split(".", 1)
        assert len(what) > 10
        assert len(do) > 10
