"""The front door: looks at the bytes, never at a file name, and calls the reader that knows them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from core.errors import XrayError
from core.files import read_at_most
from core.xray import raster
from core.xray.checks import finish
from core.xray.types import Limits, Xray

LIMITS: Final = Limits()

_MARK: Final = slice(128, 132)
"""Where a DICOM file says that it is one, behind 128 free bytes."""

_READABLE: Final = "Use a PNG, JPEG, TIFF, BMP, WebP or DICOM file."
# Files people do drop in, by their first bytes: the message can then say what to do instead.
_FOREIGN: Final = (
    (b"%PDF", "This is a PDF document. Save the film in it as PNG, or export the original as DICOM."),
    (b"PK\x03\x04", "This is a ZIP archive. Unpack it and choose one film."),
    (b"\x1f\x8b", "This is a gzip archive. Unpack it and choose one film."),
    (b"GIF8", "GIF keeps too few grey values for a film. Export it as PNG or DICOM."),
    (b"\x93NUMPY", f"This is a NumPy array, not an image. {_READABLE}"),
)


def read_xray(data: bytes, limits: Limits = LIMITS) -> Xray:
    """Decode one film, or say what is wrong with it.

    Args:
        data: a whole file: PNG, JPEG, TIFF, BMP, WebP or DICOM, told apart by content.
        limits: what the file may cost; checked before its pixels are decoded.

    Returns:
        An :class:`Xray`: float32 ``[H, W]`` in 0…1, bone bright, upright as its tags say, read-only.

    Raises:
        XrayError: not one readable film; the message says why and what to do, and names nobody.
        DecoderMissingError: readable with an optional package, which the message names.
    """
    if not data:
        raise XrayError("The file is empty. Choose another one, or copy it again.")
    if len(data) > limits.max_bytes:
        raise XrayError(
            f"The file is larger than {limits.max_bytes / 2**20:g} MiB. "
            "Export the film as PNG or at a lower resolution."
        )
    image_format = raster.sniff(data)
    if image_format is not None:
        pixels, facts = raster.read(data, image_format, limits)
    elif _looks_like_dicom(data):
        # pydicom takes a quarter of a second to import: only those who open DICOM files pay for it.
        from core.xray import dicom

        pixels, facts = dicom.read(data, limits)
    else:
        for start, message in _FOREIGN:
            if data.startswith(start):
                raise XrayError(message)
        raise XrayError(f"This is not an image that can be read. {_READABLE}")
    return Xray(pixels=finish(pixels), sha256=hashlib.sha256(data).hexdigest(), facts=facts)


def read_file(path: Path) -> Xray:
    """The film in a file, of which no more is read than tells that it is too large.

    Raises:
        XrayError: as :func:`read_xray`.
        OSError: it cannot be opened.
    """
    return read_xray(read_at_most(path, LIMITS.max_bytes))


def marked_dicom(path: Path) -> bool:
    """Whether a file says itself that it is DICOM, whatever it is called: PACS export films without a suffix.

    Args:
        path: of a file; of anything else, and of what cannot be read, the answer is no.
    """
    try:
        if not path.is_file():  # a pipe would be waited for
            return False
        with path.open("rb") as file:
            return _marked(file.read(_MARK.stop))
    except OSError:
        return False


def _marked(data: bytes) -> bool:
    """``DICM`` after the preamble."""
    return data[_MARK] == b"DICM"


def _looks_like_dicom(data: bytes) -> bool:
    """``DICM`` after the preamble, or a bare data set that begins with group 0002 or 0008, as old archives send."""
    if _marked(data):
        return True
    little, big = int.from_bytes(data[:2], "little"), int.from_bytes(data[:2], "big")
    element_is_low = max(data[2:4], default=255) < 0x80  # noqa: PLR2004
    return len(data) > 8 and element_is_low and (little in (2, 8) or big == 8)  # noqa: PLR2004
