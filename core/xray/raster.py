"""PNG, JPEG, TIFF, BMP and WebP → grey, through Pillow.

How values become 0…1: by the full range of the storage type (8 bit: /255), never by the image's own maximum, so a
dark film stays dark. Two exceptions, where the storage type has no meaningful range:

- 16 bit: detectors deliver 10, 12 or 14 bits in 16, so the range is the smallest power of two that holds the
  maximum (4095 → 12 bits), at least 8 bits;
- floating point, signed and 32-bit integers: the image's own minimum and maximum.

Pillow keeps 16 bits of grey only: 16-bit colour, and grey with transparency, is read at 8, and refused where that
leaves too little of a film.
"""

from __future__ import annotations

import io
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import BmpImagePlugin, Image, ImageFile, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

from core.errors import XrayError
from core.xray import tiff
from core.xray.checks import TRUNCATED, check_size, too_large
from core.xray.colour import colour_of
from core.xray.prechecks import CHECKS
from core.xray.quiet import quiet
from core.xray.types import Facts, Limits

# Plugins are called directly rather than through Image.open: only the one that fits the first bytes ever sees them,
# a photo with a depth or gain map stays a JPEG, and Pillow's own bomb warning cannot fire before our limit.
_PLUGINS: Final[dict[str, type[ImageFile.ImageFile]]] = {
    "PNG": PngImagePlugin.PngImageFile,
    "JPEG": JpegImagePlugin.JpegImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "WebP": WebPImagePlugin.WebPImageFile,
}
_ORIENTATION: Final = 0x0112
_DEEP_MODES: Final = ("I;16", "I;16B", "I;16L", "I;16N")
_PNG_BITS: Final = 24
"""Where a PNG says how many bits a value has."""
_DARK: Final = 0.5
"""A film whose brightest pixel is below has fewer than its 16 bits: eight of them would leave few greys."""
_LOST: Final = (
    "The film uses the lower part of 16 bits of colour, of which 8 bits are read: too few greys would be left. Save it "
    "again as grey PNG of 16 bits, or as DICOM."
)
_GREY_MODES: Final = (*_DEEP_MODES, "I", "F", "L", "LA", "La")


def sniff(data: bytes) -> str | None:
    """The format's name as in :attr:`Facts.format`, from the first bytes; ``None`` when it is none of ours."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith((b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")):
        return "TIFF"
    if data.startswith(b"BM"):
        return "BMP"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WebP"
    return None


def read(data: bytes, image_format: str, limits: Limits) -> tuple[NDArray[np.float32], Facts]:
    """Decode one raster image.

    Args:
        data: the whole file.
        image_format: what :func:`sniff` said.
        limits: checked on the header, before the pixels are decoded.

    Returns:
        Pixels, float32 ``[H, W]`` in 0…1 and upright, and the facts.

    Raises:
        XrayError: damaged, cut short, too large, more than one image, or not a grey or colour photograph.
    """
    quiet()
    if check := CHECKS.get(image_format):
        check(data)
    inverted = False
    if image_format == "TIFF":
        data, inverted = tiff.black_is_zero(data)
    try:
        with _PLUGINS[image_format](io.BytesIO(data)) as image:
            check_size(*image.size, limits)
            _check_single(image)
            if isinstance(image, TiffImagePlugin.TiffImageFile):
                tiff.check(image, data, limits)
            turn = _orientation(image)
            image.load()
            grey, bits, notes = _grey(image)
            _check_left(grey, bits, _depth(image, data))
            colour = 0.0 if image.mode in _GREY_MODES else colour_of(image)
    except XrayError:
        raise
    except Image.DecompressionBombError as error:  # some plugins look at the size before we can
        raise too_large(limits) from error
    # Pillow's plugins raise OSError, SyntaxError, ValueError, KeyError, struct.error, zlib.error, OverflowError,
    # EOFError and more on broken bytes, and none is documented: any of them means the same to the reader.
    except Exception as error:
        raise XrayError(tiff.RARE if image_format == "TIFF" else TRUNCATED) from error
    if inverted:
        grey = np.float32(1) - grey
        notes = (*notes, "inverted: white is zero in this TIFF")
    if turn != 1:
        if image_format != "TIFF":  # Pillow turns TIFF itself while loading
            grey = _turned(grey, turn)
        notes = (*notes, "turned as its orientation tag says")
    return grey, Facts(format=image_format, bits=bits, colour=colour, notes=notes)


def _depth(image: Image.Image, data: bytes) -> int:
    """Bits of a value as it is stored, which may be more than Pillow gives."""
    if isinstance(image, PngImagePlugin.PngImageFile):
        return data[_PNG_BITS]
    return tiff.bits(image) if isinstance(image, TiffImagePlugin.TiffImageFile) else 8


def _check_left(grey: NDArray[np.float32], bits: int, depth: int) -> None:
    """Refuse a film of which bits were lost that it needs."""
    if depth > bits and grey.max() < _DARK:
        raise XrayError(_LOST)


def _check_single(image: ImageFile.ImageFile) -> None:
    """Refuse a second page or frame. Seeking to it reads only its header."""
    if isinstance(image, (JpegImagePlugin.JpegImageFile, BmpImagePlugin.BmpImageFile, PngImagePlugin.PngImageFile)):
        return  # one image by construction; animated PNG was refused before
    try:
        image.seek(1)
    except EOFError:
        image.seek(0)
        return
    raise XrayError("The file holds more than one image. Export one single film.")


def _orientation(image: Image.Image) -> int:
    """EXIF orientation, 1…8; 1 when there is none or it cannot be read."""
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    # A photograph with a broken EXIF block is still a photograph, and every viewer shows it as stored.
    except Exception:  # noqa: BLE001
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1  # noqa: PLR2004


def _turned(pixels: NDArray[np.float32], orientation: int) -> NDArray[np.float32]:
    """Undo what the camera did.

    Args:
        pixels: ``[H, W]`` as stored.
        orientation: EXIF 1…8: 2 mirrored, 3 upside down, 4 both, 5…8 the same on its side.

    Returns:
        ``[H, W]`` for 1…4, ``[W, H]`` for 5…8.
    """
    if orientation >= 5:  # noqa: PLR2004 - 5…8 are stored with rows and columns exchanged
        pixels = pixels.T  # [H, W] -> [W, H]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels


def _grey(image: Image.Image) -> tuple[NDArray[np.float32], int, tuple[str, ...]]:
    """A loaded image of any mode → (float32 ``[H, W]`` in 0…1, bits per value as stored, notes)."""
    if image.mode in _DEEP_MODES:
        return _deep(np.asarray(image)), 16, ()
    if image.mode in ("I", "F"):
        values = np.asarray(image)
        if image.mode == "I" and isinstance(image, TiffImagePlugin.TiffImageFile) and tiff.unsigned(image):
            values = values.view(np.uint32)
        return _spread(values), 32, ("scaled by its own darkest and brightest value",)
    if image.mode == "1":
        raise XrayError("The image has only black and white, no greys. Export the film again with 8 or more bits.")
    if image.mode in ("LAB", "HSV"):
        raise XrayError("The colours of this image cannot be read as grey. Save it again as a grey PNG.")
    return np.asarray(_on_black(image), dtype=np.float32) / np.float32(255), 8, ()


def _deep(stored: NDArray[Any]) -> NDArray[np.float32]:
    """uint16 ``[H, W]`` → 0…1 by the smallest power of two that holds the maximum."""
    bits = max(8, int(stored.max()).bit_length())
    return stored.astype(np.float32) / np.float32(2**bits - 1)


def _spread(values: NDArray[Any]) -> NDArray[np.float32]:
    """Numbers without a meaningful range → 0…1 by their own minimum and maximum."""
    exact = values.astype(np.float64)  # float32 cannot tell large neighbouring integers apart
    low, high = float(exact.min()), float(exact.max())
    if not (np.isfinite(low) and np.isfinite(high)) or low == high:
        return values.astype(np.float32)  # the common last check says what is wrong
    return ((exact - low) / (high - low)).astype(np.float32)


def _on_black(image: Image.Image) -> Image.Image:
    """8-bit image of any mode → mode ``L`` by luma (ITU-R 601), transparency laid on black, the light box off."""
    if image.mode == "L":
        return image
    if image.mode == "La":
        image = image.convert("LA")
    if image.has_transparency_data:
        opaque = image.convert("RGBA")
        black = Image.new("RGBA", opaque.size, (0, 0, 0, 255))
        return Image.alpha_composite(black, opaque).convert("L")
    if image.mode in ("P", "CMYK"):
        image = image.convert("RGB")
    return image.convert("L")
