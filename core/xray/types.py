"""The records that leave this package: an X-ray, what is known of it, and the limits it was read under."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.xray.resize import resized

CHEST: Final = ("CHEST", "LUNG", "THORAX")
FRONTAL: Final = ("AP", "PA")
"""DICOM's words for the parts of the body and the views that make a frontal chest film."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may cost. Checked before pixels are decoded.

    Attributes:
        max_bytes: largest file, bytes.
        max_pixels: largest image, width x height.
        min_side: shortest side, pixels; below it nothing can be read off a chest film.
        max_aspect: longest side / shortest side.
    """

    max_bytes: int = 64 * 2**20
    max_pixels: int = 40_000_000
    min_side: int = 64
    max_aspect: float = 5.0


@dataclass(frozen=True, slots=True)
class Facts:
    """Non-identifying facts about a file. No name, ID, date or free text ever enters here.

    Attributes:
        format: "PNG", "JPEG", "TIFF", "BMP", "WebP" or "DICOM".
        bits: bits per grey value as stored.
        modality: DICOM modality ("CR", "DX" …), else ``None``.
        view: DICOM view position ("AP", "PA", "LL", "LATERAL" …), else ``None``.
        body_part: DICOM body part examined, else ``None``.
        colour: mean difference of a pixel's strongest and weakest primary colour, 0…1; 0 for grey images.
        age_group: "child" (under 18 years) or "adult" as a DICOM header says, else ``None``; the age is not kept.
        right_on_right: whether a DICOM header says that the patient's right is on the viewer's right, as the film is
            stored; it is shown as stored.
        notes: what was done to show the film the right way ("inverted: MONOCHROME1", "turned as its EXIF tag says").
    """

    format: str
    bits: int = 8
    modality: str | None = None
    view: str | None = None
    body_part: str | None = None
    colour: float = 0.0
    age_group: str | None = None
    right_on_right: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Xray:
    """A decoded radiograph.

    Attributes:
        pixels: float32 ``[H, W]`` in 0…1, display polarity (bone bright), read-only.
        sha256: hex digest of the file's bytes: the film's identity everywhere.
        facts: what is known of the file.
    """

    pixels: NDArray[np.float32]
    sha256: str
    facts: Facts
    _squeezed: dict[int, NDArray[np.float32]] = field(default_factory=dict, init=False, repr=False)

    def squeezed(self, side: int) -> NDArray[np.float32]:
        """The film as a square, aspect ratio ignored; made once, for whoever looks at it.

        Args:
            side: pixels.

        Returns:
            float32 ``[side, side]`` in 0…1, read-only.
        """
        if side not in self._squeezed:
            square = resized(self.pixels, side, side)
            square.flags.writeable = False
            self._squeezed[side] = square
        return self._squeezed[side]

    @property
    def height(self) -> int:
        """Rows, pixels."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Columns, pixels."""
        return int(self.pixels.shape[1])

    @property
    def key(self) -> str:
        """First 12 hex digits of the sha256: names this film in exports, instead of the patient's file name."""
        return self.sha256[:12]
