"""X-ray files made by code, for every test that needs one: no patient's film is ever part of this repository."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid
from scipy import ndimage

ROOT = Path(__file__).resolve().parent.parent

MARK = (0.04, 0.14, 0.04, 0.12)
"""Where the bright mark is: top, bottom, left, right as fractions of height and width."""

SOP_CLASSES = {
    "CR": "1.2.840.10008.5.1.4.1.1.1",
    "DX": "1.2.840.10008.5.1.4.1.1.1.1",
    "OT": "1.2.840.10008.5.1.4.1.1.7",
    "CT": "1.2.840.10008.5.1.4.1.1.2",
}
PERSON = ("Doe^Jane", "SECRET-4711")
"""Name and ID in every DICOM file made here: they must never come out of it."""

TRANSFER_SYNTAXES = {
    "baseline": "1.2.840.10008.1.2.4.50",
    "extended": "1.2.840.10008.1.2.4.51",
    "lossless": "1.2.840.10008.1.2.4.57",
    "lossless-sv1": "1.2.840.10008.1.2.4.70",
    "jpeg-ls": "1.2.840.10008.1.2.4.80",
    "jpeg-ls-near": "1.2.840.10008.1.2.4.81",
    "jpeg-2000": "1.2.840.10008.1.2.4.90",
    "jpeg-2000-lossy": "1.2.840.10008.1.2.4.91",
}
"""What :func:`encapsulate` can make, with the UID under which DICOM files it."""


def _average(name: str) -> NDArray[np.float32]:
    with Image.open(ROOT / "core" / "assets" / f"pneumonia-{name}-average.png") as image:
        average = np.asarray(image.convert("L"), dtype=np.float32) / 255
    sharper: NDArray[np.float32] = 3 * average - 2 * ndimage.gaussian_filter(average, 4)
    return sharper


_AVERAGES = tuple(_average(name) for name in ("normal", "bacteria", "virus"))


def film(height: int = 256, width: int = 256, seed: int = 0) -> NDArray[np.float32]:
    """A film that could be a child's: class averages mixed and sharpened, structure, a bright mark at the top left.

    Returns:
        float32 ``[height, width]`` in 0…1; asymmetrical, so no turn or flip goes unnoticed.
    """
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet([2.0] * len(_AVERAGES))
    grey = sum(share * average for share, average in zip(shares, _AVERAGES, strict=True))
    image = Image.fromarray(np.asarray(grey, dtype=np.float32)).resize((width, height), Image.Resampling.BICUBIC)
    found = np.array(image)
    for cells, strength in ((14, 0.02), (36, 0.012), (112, 0.006)):  # an average has no structure of its own
        coarse = rng.normal(size=(cells, cells)).astype(np.float32)
        found += strength * np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))
    top, bottom, left, right = MARK
    found[int(top * height) : int(bottom * height), int(left * width) : int(right * width)] = 1.0
    return np.clip(found, 0.0, 1.0).astype(np.float32)


def stored(pixels: NDArray[np.float32], bits: int) -> NDArray[Any]:
    """0…1 → integers of so many bits (uint8 or uint16)."""
    return np.rint(pixels * (2**bits - 1)).astype(np.uint8 if bits <= 8 else np.uint16)


def as_pil(pixels: NDArray[np.float32], mode: str = "L") -> Image.Image:
    """8-bit image of any mode."""
    return Image.fromarray(stored(pixels, 8)).convert(mode)


def _saved(image: Image.Image, image_format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


def as_png8(pixels: NDArray[np.float32], mode: str = "L", **options: Any) -> bytes:
    return _saved(as_pil(pixels, mode), "PNG", **options)


def as_png16(pixels: NDArray[np.float32], bits: int = 16, **options: Any) -> bytes:
    """16-bit PNG using ``bits`` of the 16."""
    return _saved(Image.fromarray(stored(pixels, bits).astype(np.uint16)), "PNG", **options)


def as_jpeg(pixels: NDArray[np.float32], mode: str = "L", quality: int = 95, **options: Any) -> bytes:
    return _saved(as_pil(pixels, mode), "JPEG", quality=quality, **options)


def as_tiff(pixels: NDArray[np.float32], bits: int = 8, **options: Any) -> bytes:
    """TIFF of 8 or 16 bits, or 32 for floating point."""
    values = pixels if bits == 32 else stored(pixels, bits)
    return _saved(Image.fromarray(values), "TIFF", **options)


def raw_tiff(values: NDArray[Any], photometric: int = 1, byte_order: str = "<", *, big: bool = False) -> bytes:
    """A TIFF written by hand, so that neither Pillow's reading nor its writing of a rare kind decides a test.

    Args:
        values: uint8, uint16 or float32 ``[H, W]``, stored as they are.
        photometric: 0 white is zero, 1 black is zero.
        byte_order: ``"<"`` (II) or ``">"`` (MM).
        big: as BigTIFF.
    """
    long, word, head, version = ("Q", 8, 16, 43) if big else ("L", 4, 8, 42)
    data = values.astype(values.dtype.newbyteorder(byte_order)).tobytes()
    height, width = values.shape
    tags = {256: width, 257: height, 258: values.itemsize * 8, 259: 1, 262: photometric, 273: head, 277: 1, 278: height}
    tags |= {279: len(data), 339: 3 if values.dtype.kind == "f" else 1}
    entries = b"".join(
        struct.pack(f"{byte_order}HH{long}", tag, 4 if tag in (273, 279) else 3, 1)
        + struct.pack(f"{byte_order}{'L' if tag in (273, 279) else 'H'}", value).ljust(word, b"\0")
        for tag, value in sorted(tags.items())
    )
    sizes = struct.pack(f"{byte_order}HH", 8, 0) if big else b""
    first = (b"II" if byte_order == "<" else b"MM") + struct.pack(f"{byte_order}H", version) + sizes
    first += struct.pack(f"{byte_order}{long}", head + len(data))
    return first + data + struct.pack(f"{byte_order}{'Q' if big else 'H'}", len(tags)) + entries + bytes(word)


def raw_png(values: NDArray[np.uint16], colour: int) -> bytes:
    """A PNG of 16 bits, ``[H, W, C]``, of a kind that Pillow does not write: RGB 2, grey and alpha 4, RGBA 6."""
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">LLBBBBB", values.shape[1], values.shape[0], 16, colour, 0, 0, 0)
    return png_of((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))


def png_of(*chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG of these chunks, kind and body, with their checksums."""
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">L", len(body)) + kind + body + struct.pack(">L", zlib.crc32(kind + body)) for kind, body in chunks
    )


def as_bmp(pixels: NDArray[np.float32], mode: str = "L") -> bytes:
    return _saved(as_pil(pixels, mode), "BMP")


def as_webp(pixels: NDArray[np.float32], mode: str = "RGB", **options: Any) -> bytes:
    return _saved(as_pil(pixels, mode), "WEBP", **{"lossless": True, **options})


def as_dicom(
    pixels: NDArray[np.float32],
    *,
    bits: int = 12,
    transfer_syntax: str = ExplicitVRLittleEndian,
    photometric: str = "MONOCHROME2",
    window: tuple[float, float] | None = None,
    modality: str | None = "DX",
    encapsulated: bytes | None = None,
    values: NDArray[Any] | None = None,
    **tags: Any,
) -> bytes:
    """A DICOM file.

    Args:
        pixels: float32 ``[H, W]`` in 0…1 as it should be *displayed*; MONOCHROME1 stores its negative.
        bits: bits stored, in 8 or 16 allocated.
        transfer_syntax: UID. Compressed ones need ``encapsulated``, except RLE, which is compressed here.
        photometric: MONOCHROME1 or MONOCHROME2.
        window: centre and width in modality units.
        modality: ``None`` leaves the tag out.
        encapsulated: one compressed frame, stored as it is.
        values: stored integers ``[H, W]`` (or ``[H, W, 3]``) to use instead of ``pixels``.
        tags: further attributes by keyword, set last; ``None`` deletes.
    """
    raw = stored(1 - pixels if photometric == "MONOCHROME1" else pixels, bits) if values is None else values
    syntax = UID(transfer_syntax)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(SOP_CLASSES.get(modality or "OT", SOP_CLASSES["DX"]))
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = syntax
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    ds.PatientName, ds.PatientID = PERSON
    if modality is not None:
        ds.Modality = modality
    ds.BodyPartExamined, ds.ViewPosition = "CHEST", "PA"
    ds.Rows, ds.Columns = raw.shape[:2]
    ds.SamplesPerPixel = 1 if raw.ndim == 2 else raw.shape[2]
    if ds.SamplesPerPixel > 1:
        ds.PlanarConfiguration = 0
    ds.PhotometricInterpretation = photometric
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = raw.dtype.itemsize * 8, bits, bits - 1
    ds.PixelRepresentation = int(raw.dtype.kind == "i")
    if window is not None:
        ds.WindowCenter, ds.WindowWidth = window
    if encapsulated is not None:
        ds.PixelData = pydicom.encaps.encapsulate([encapsulated])
        ds["PixelData"].is_undefined_length = True
    elif syntax.is_compressed and not syntax.is_deflated:
        ds.compress(syntax, raw, encoding_plugin="pydicom", generate_instance_uid=False)
    else:
        ds.PixelData = raw.astype(raw.dtype.newbyteorder("<" if syntax.is_little_endian else ">")).tobytes()
        if not syntax.is_little_endian and raw.itemsize == 1:  # pydicom writes OW: words of two, turned round
            ds.PixelData = np.frombuffer(ds.PixelData, np.uint16).byteswap().tobytes()
    for name, value in tags.items():
        if value is None:
            delattr(ds, name)
        else:
            setattr(ds, name, value)
    buffer = io.BytesIO()
    pydicom.dcmwrite(
        buffer,
        ds,
        enforce_file_format=True,
        implicit_vr=syntax.is_implicit_VR,
        little_endian=syntax.is_little_endian,
    )
    return buffer.getvalue()


def encapsulate(pixels: NDArray[np.float32], kind: str, bits: int = 12) -> bytes:
    """One compressed frame for ``as_dicom(encapsulated=…)``.

    Args:
        pixels: float32 ``[H, W]`` in 0…1.
        kind: "baseline", "extended", "lossless", "lossless-sv1", "jpeg-ls", "jpeg-ls-near", "jpeg-2000" or
            "jpeg-2000-lossy"; all but the first need imagecodecs.
        bits: per value; "baseline" is always 8.
    """
    if kind == "baseline":
        return as_jpeg(pixels)
    import imagecodecs

    values = stored(pixels, bits)
    match kind:
        case "extended":
            return bytes(imagecodecs.jpeg8_encode(values, level=98, bitspersample=bits))
        case "lossless" | "lossless-sv1":
            predictor = 1 if kind == "lossless-sv1" else 5
            return bytes(imagecodecs.jpeg8_encode(values, lossless=True, predictor=predictor, bitspersample=bits))
        case "jpeg-ls" | "jpeg-ls-near":
            return bytes(imagecodecs.jpegls_encode(values, level=0 if kind == "jpeg-ls" else 2))
        case "jpeg-2000":
            return bytes(imagecodecs.jpeg2k_encode(values, codecformat="j2k", bitspersample=bits, reversible=True))
        case "jpeg-2000-lossy":
            return bytes(imagecodecs.jpeg2k_encode(values, codecformat="j2k", bitspersample=bits, level=60))
    raise ValueError(kind)


def lut_item(entries: NDArray[np.uint16], first: int, bits: int) -> Dataset:
    """One item of a modality or VOI LUT sequence, for ``as_dicom(VOILUTSequence=[…])``."""
    item = Dataset()
    item.add_new(0x00283002, "US", [len(entries) % 2**16, first, bits])
    item.add_new(0x00283006, "OW", entries.astype("<u2").tobytes())
    return item
