"""Bytes → :class:`Xray`: raster formats and DICOM, shown the way a radiologist expects, or a reason why not.

::

    bytes ──decode──▶ raster (PNG, JPEG, TIFF, BMP, WebP) ─────────────┐
              │                                                        ├──▶ Xray ──preprocess──▶ network input
              └─────▶ dicom ──codecs──▶ stored values ──tones──▶ grey ─┘

    types: the records; checks: limits before decoding, content after; prechecks: damage and forms no decoder may see;
    tiff: what Pillow tells wrongly of one; dicomfile: a few tags of a DICOM file; colour: how far from grey;
    resize: other sizes; quiet: decoders kept from talking past us

Needs NumPy and Pillow; pydicom is loaded when the first DICOM file is met.
"""

from core.xray.decode import LIMITS, marked_dicom, read_file, read_xray
from core.xray.preprocess import WHOLE, Preprocessing, Window
from core.xray.types import CHEST, FRONTAL, Facts, Limits, Xray

__all__ = [
    "CHEST", "FRONTAL", "LIMITS", "WHOLE", "Facts", "Limits", "Preprocessing", "Window", "Xray", "marked_dicom",
    "read_file", "read_xray",
]  # fmt: skip
