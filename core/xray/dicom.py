"""DICOM → grey: one projection radiograph, shown as the standard says, and nothing that says whose it is."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.errors import XrayError
from core.xray import codecs, dicomfile
from core.xray.checks import TRUNCATED, check_size
from core.xray.colour import colour_of_pixels
from core.xray.dicomfile import DicomFile
from core.xray.quiet import quiet
from core.xray.tones import Lut, Window, by_lut, by_range
from core.xray.types import CHEST, FRONTAL, Facts, Limits

# What a chest film can be called. "DR" is no defined term, but devices write it; RF is fluoroscopy, whose single
# frames are films. Left out on purpose: MG, PX, IO (breast and teeth), XA (vessels), and everything that makes slices.
_FILM_MODALITIES: Final = frozenset({"CR", "DX", "DR", "RG", "RF"})
# Scanned film, screen capture, or nothing said: possible, but the file does not vouch for it.
_OTHER_MODALITIES: Final = frozenset({"", "OT", "SC"})
_FOR_PROCESSING: Final = "1.2.840.10008.5.1.4.1.1.1.1.1"
_FILM_CLASSES: Final = frozenset(
    {
        "",
        "1.2.840.10008.5.1.4.1.1.1",  # computed radiography
        "1.2.840.10008.5.1.4.1.1.1.1",  # digital X-ray, for presentation
        _FOR_PROCESSING,  # digital X-ray, for processing
        "1.2.840.10008.5.1.4.1.1.12.2",  # radiofluoroscopy
        "1.2.840.10008.5.1.4.1.1.7",  # secondary capture
        "1.2.840.10008.5.1.4.1.1.7.2",  # the same, multi-frame, byte; that it is one frame is checked elsewhere
        "1.2.840.10008.5.1.4.1.1.7.3",  # … word
        "1.2.840.10008.5.1.4.1.1.7.4",  # … colour
    }
)
# Only defined terms pass into the facts: a free text typed into these fields could hold a name.
_MODALITY_CODES: Final = frozenset({
    "BI", "BMD", "CT", "DG", "DOC", "ECG", "EEG", "ES", "GM", "HC", "IO", "IVOCT", "IVUS", "KER", "KO", "LS", "MG",
    "MR", "NM", "OAM", "OCT", "OP", "OPM", "OPT", "OPV", "PLAN", "PR", "PT", "PX", "REG", "RESP", "RTDOSE", "RTIMAGE",
    "RTPLAN", "RTRECORD", "RTSTRUCT", "SEG", "SM", "SR", "TG", "US", "VA", "XA", "XC",
})  # fmt: skip
_ADULT: Final = 18  # years
_A_YEAR: Final = MappingProxyType({"D": 365.25, "W": 52.18, "M": 12, "Y": 1})  # units of an age: how many make a year
_VIEWS: Final = frozenset({
    "AP", "PA", "LL", "RL", "RLD", "LLD", "RLO", "LLO", "LAO", "RAO", "LPO", "RPO", "LATERAL",
})  # fmt: skip
_SPELLED: Final = MappingProxyType({"LAT": "LATERAL"})
_OTHER_PARTS: Final = frozenset({
    "ABDOMEN", "ANKLE", "ARM", "BREAST", "CALCANEUS", "CLAVICLE", "COCCYX", "CSPINE", "ELBOW", "EXTREMITY", "FEMUR",
    "FINGER", "FOOT", "FOREARM", "HAND", "HEAD", "HIP", "HUMERUS", "JAW", "KNEE", "LEG", "LSPINE", "NECK", "PATELLA",
    "PELVIS", "RIB", "SCAPULA", "SHOULDER", "SKULL", "SPINE", "SSPINE", "STERNUM", "THUMB", "TOE", "TSPINE", "WRIST",
})  # fmt: skip
_MONOCHROME: Final = ("MONOCHROME1", "MONOCHROME2")
_LUMA: Final = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R 601, as for raster images
_LUMA.setflags(write=False)
_FAR: Final = 1e9
_CONTAINERS: Final = (8, 16, 32)
_UNWINDOWED: Final = "scaled by its own darkest and brightest value"


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
        # An absurd slope can overflow; the last check refuses what is not a number, so NumPy need not warn (errstate,
        # unlike warnings.catch_warnings, holds for this thread only).
        with np.errstate(all="ignore"):
            return _read(dicomfile.parse(data, limits), limits)
    except XrayError:
        raise
    # On broken bytes pydicom raises whatever its parsing runs into (struct.error, EOFError, OSError, ValueError,
    # KeyError, RecursionError, NotImplementedError …); to the reader they all mean one thing.
    except Exception as error:
        raise XrayError(TRUNCATED) from error


def _read(file: DicomFile, limits: Limits) -> tuple[NDArray[np.float32], Facts]:
    notes = _check_kind(file)
    layout = _layout(file, limits)
    photometric = file.text(dicomfile.PHOTOMETRIC) or "MONOCHROME2"
    if file.syntax in (dicomfile.IMPLICIT, dicomfile.EXPLICIT, dicomfile.DEFLATED, dicomfile.BIG_ENDIAN):
        pixels = file.words(dicomfile.PIXELS) if layout.allocated == 8 else file.raw(dicomfile.PIXELS)  # noqa: PLR2004
        stored = codecs.native(pixels, layout)
        plain = True
    else:
        stored, plain = codecs.compressed(file.raw(dicomfile.PIXELS), file.syntax, layout)
    colour = 0.0
    if layout.samples == 1 and photometric in _MONOCHROME:
        grey, toned = _display(file, stored, layout, inverted=photometric == "MONOCHROME1")
        notes += toned
    elif layout.samples == 1 and photometric == "PALETTE COLOR":
        channels = _palette(file, stored)
        grey, colour = channels @ _LUMA, colour_of_pixels(channels)
    elif layout.samples == 3 and (photometric == "RGB" or (photometric.startswith("YBR_") and not plain)):  # noqa: PLR2004
        # Where samples are not plain, the codec has turned YBR into RGB on the way.
        channels = _full_range(stored, layout)
        grey, colour = channels @ _LUMA, colour_of_pixels(channels)  # [H, W, 3] -> [H, W]
    elif layout.samples == 3 and photometric == "YBR_FULL":  # noqa: PLR2004
        channels = _full_range(stored, layout)
        grey, colour = channels[..., 0], colour_of_pixels(channels, "YCbCr")  # Y is the luma
    else:
        raise XrayError("The colours of this DICOM file cannot be read as grey. Export the film as MONOCHROME2.")
    view, body_part = _view(file.text(dicomfile.VIEW)), file.text(dicomfile.BODY_PART)
    if body_part in _OTHER_PARTS:
        notes += (f"the file says {body_part}, not chest",)
    facts = Facts(
        format="DICOM",
        bits=layout.stored,
        modality=file.text(dicomfile.MODALITY) or None,
        view=view,
        body_part=body_part if body_part in {*CHEST, *_OTHER_PARTS} else None,
        colour=colour,
        age_group=_age_group(file.text(dicomfile.AGE)),
        # Turning it over unasked could hide a situs inversus, or make one.
        right_on_right=file.text(dicomfile.PATIENT_ORIENTATION).startswith("R")
        and (view in FRONTAL or not file.text(dicomfile.VIEW)),
        notes=notes,
    )
    return grey, facts


def _view(text: str) -> str | None:
    """Which of the known views a text names ("CHEST PA", "XTABLE LAT"); ``None`` where it names none.

    One from the side or lying goes before AP and PA, which is then said of the beam.
    """
    known = [view for word in re.findall("[A-Z]+", text) if (view := _SPELLED.get(word, word)) in _VIEWS]
    return next((view for view in known if view not in FRONTAL), known[0] if known else None)


def _age_group(age: str) -> str | None:
    """PatientAge ("004Y", "011M") → child or adult; ``None`` where it is not there. Nothing finer leaves this file."""
    if not re.fullmatch(r"\d{1,3}[DWMY]", age):
        return None
    return "adult" if int(age[:-1]) / _A_YEAR[age[-1]] >= _ADULT else "child"


def _check_kind(file: DicomFile) -> tuple[str, ...]:
    """Refuse what is not a projection radiograph; returns notes on what is in doubt."""
    modality, sop_class = file.text(dicomfile.MODALITY), file.text(dicomfile.SOP_CLASS)
    if modality not in _FILM_MODALITIES | _OTHER_MODALITIES or sop_class not in _FILM_CLASSES:
        named = f" but {modality}" if modality in _MODALITY_CODES else ""
        raise XrayError(f"This DICOM file is not a plain radiograph (CR or DX){named}. Choose a chest X-ray.")
    notes: tuple[str, ...] = ()
    if modality in _OTHER_MODALITIES:
        notes += ("the file does not say that it is a radiograph",)
    if sop_class == _FOR_PROCESSING:
        notes += ("raw detector values, meant for processing and not for viewing",)
    return notes


def _layout(file: DicomFile, limits: Limits) -> codecs.Layout:
    """The image pixel module, checked.

    Raises:
        XrayError: no pixels, several frames, over the limits, or values that contradict each other.
    """
    if dicomfile.PIXELS not in file:
        raise XrayError("This DICOM file holds no complete image. Choose the film itself, not a report or an index.")
    rows, columns = file.number(dicomfile.ROWS, 0), file.number(dicomfile.COLUMNS, 0)
    frames = int(file.text(dicomfile.FRAMES) or 1)
    if frames > 1:
        raise XrayError("This DICOM file holds more than one frame. Export one single film.")
    check_size(columns, rows, limits)
    allocated = file.number(dicomfile.ALLOCATED, 0)
    stored = file.number(dicomfile.STORED, allocated)
    layout = codecs.Layout(
        rows=rows,
        columns=columns,
        samples=file.number(dicomfile.SAMPLES, 1),
        allocated=allocated,
        stored=stored,
        high=file.number(dicomfile.HIGH, stored - 1),
        signed=file.number(dicomfile.SIGNED, 0) == 1,
        planar=file.number(dicomfile.PLANAR, 0) == 1,
        little=file.little,
    )
    if (
        layout.allocated not in _CONTAINERS
        or not 2 <= layout.stored <= layout.high + 1 <= layout.allocated  # noqa: PLR2004 - one bit is no grey
        or layout.samples not in (1, 3)
    ):
        raise XrayError("The DICOM header contradicts itself about how pixels are stored. Export the film again.")
    return layout


def _display(
    file: DicomFile, stored: NDArray[Any], layout: codecs.Layout, *, inverted: bool
) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """Stored values ``[H, W]`` → display grey 0…1 and notes: modality LUT, VOI LUT or window, polarity; in this order.

    Inverting before the window would put the window at the wrong end of the scale.
    """
    notes: tuple[str, ...] = ()
    seen = _exposed(file, stored, layout)
    values = stored.astype(np.float32)
    modality_lut = _lut(file, dicomfile.MODALITY_LUT, signed=layout.signed)
    slope, intercept = file.decimal(dicomfile.SLOPE), file.decimal(dicomfile.INTERCEPT)
    slope, intercept = 1.0 if slope is None else slope, intercept or 0.0
    if modality_lut is not None:
        values = modality_lut(values)
    elif (slope, intercept) != (1.0, 0.0):
        values = (stored * slope + intercept).astype(np.float32)
    voi_lut = _lut(file, dicomfile.VOI_LUT, signed=layout.signed or intercept < 0)
    window = _window(file)
    if voi_lut is not None:
        grey = by_lut(values, voi_lut)
    elif window is not None:
        grey = window(values)
    elif layout.stored == 8 and not layout.signed and modality_lut is None and (slope, intercept) == (1.0, 0.0):  # noqa: PLR2004
        grey = _full_range(stored, layout)  # an 8-bit picture like any other: ready for display
    else:
        grey = by_range(values, seen)
        notes += (f"no window in the file: {_UNWINDOWED}",)
    if (voi_lut is not None or window is not None) and grey.min() == grey.max():
        grey = by_range(values, seen)
        notes += (f"the file's window shows nothing: {_UNWINDOWED}",)
    if inverted:
        grey = np.float32(1) - grey
        notes += ("inverted: MONOCHROME1",)
    if seen is not None:
        grey = np.where(seen, grey, np.float32(0))
        notes += ("padding around the film shown black",)
    return grey, notes


def _full_range(stored: NDArray[Any], layout: codecs.Layout) -> NDArray[np.float32]:
    """Unsigned values → 0…1 by the full range of their bits."""
    return stored.astype(np.float32) / np.float32(2**layout.stored - 1)


def _exposed(file: DicomFile, stored: NDArray[Any], layout: codecs.Layout) -> NDArray[np.bool_] | None:
    """True where a pixel is film, false where it is padding; ``None`` without padding (or without anything else)."""
    padding = _as_pixels(file.numbers(dicomfile.PADDING), layout)
    if not padding:
        return None
    limit = _as_pixels(file.numbers(dicomfile.PADDING_LIMIT), layout) or padding
    low, high = sorted((padding[0], limit[0]))
    seen: NDArray[np.bool_] = (stored < low) | (stored > high)
    return None if seen.all() or not seen.any() else seen


def _as_pixels(values: tuple[int, ...], layout: codecs.Layout) -> tuple[int, ...]:
    """16-bit integers with the sign that pixels have, whatever devices write beside them."""
    lowest = -(2**15) if layout.signed else 0
    return tuple((value - lowest) % 2**16 + lowest for value in values)


def _window(file: DicomFile) -> Window | None:
    """The first window of the file, when it makes sense."""
    centre, width = file.decimal(dicomfile.CENTRE), file.decimal(dicomfile.WIDTH)
    # Beyond these bounds lies no detector's range, only typing errors and float32's end.
    if centre is None or width is None or abs(centre) > _FAR or not 1 / _FAR <= width <= _FAR:
        return None
    function = file.text(dicomfile.FUNCTION)
    return Window(centre, width, function if function in ("LINEAR_EXACT", "SIGMOID") else "LINEAR")


def _lut(file: DicomFile, sequence: int, *, signed: bool) -> Lut | None:
    """The table in a sequence's first item; ``None`` when there is none.

    Raises:
        XrayError: it is there, but broken: showing the film without it would show another film.
    """
    item = file.first_item(sequence)
    if item is None:
        return None
    return _table(item, dicomfile.LUT_DESCRIPTOR, dicomfile.LUT_DATA, signed=signed)


def _table(file: DicomFile, descriptor_tag: int, data_tag: int, *, signed: bool) -> Lut:
    """A look-up table from its descriptor (entries, first input, bits) and data."""
    descriptor = file.numbers(descriptor_tag)
    if len(descriptor) != 3:  # noqa: PLR2004
        raise XrayError(TRUNCATED)
    count = descriptor[0] % 2**16 or 2**16  # 0 is the standard's way to say 65536 in 16 bits
    first = file.numbers(descriptor_tag, signed=signed)[1]
    bits = min(descriptor[2], 16)
    data = file.raw(data_tag)
    if len(data) >= 2 * count:
        entries = np.frombuffer(data, dtype="<u2" if file.little else ">u2", count=count)
    elif len(data) >= count and bits <= 8:  # noqa: PLR2004 - 8-bit entries, two to a word
        entries = np.frombuffer(data, dtype=np.uint8, count=count)
    else:
        raise XrayError(TRUNCATED)
    return Lut(first, bits, entries.astype(np.uint16))


def _palette(file: DicomFile, stored: NDArray[Any]) -> NDArray[np.float32]:
    """Palette indices ``[H, W]`` → red, green and blue looked up, 0…1, ``[H, W, 3]``."""
    tags = zip(dicomfile.PALETTE_DESCRIPTORS, dicomfile.PALETTE_DATA, strict=True)
    tables = [_table(file, descriptor, data, signed=False) for descriptor, data in tags]
    values = stored.astype(np.float32)
    return np.stack([by_lut(values, table) for table in tables], axis=-1)
