"""DICOM: every transfer syntax, look-up table and polarity, against values worked out by hand or by pydicom."""

from __future__ import annotations

import io
import logging
import subprocess
import sys
import warnings
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom import uid
from pydicom.pixels import apply_modality_lut, apply_voi_lut

from core.errors import DecoderMissingError, XrayError
from core.xray import read_xray
from tests import synthetic
from tests.synthetic import as_dicom, lut_item

FILM = synthetic.film(120, 96)
FULL = (2048.0, 4096.0)  # a LINEAR window that shows 12 bits as they are: 0 → 0, 4095 → 1
TWELVE_BITS = 0.5 / 4095 + 1e-6


def close(pixels: np.ndarray, wanted: np.ndarray, tolerance: float = TWELVE_BITS) -> bool:
    return pixels.shape == wanted.shape and bool(np.abs(pixels - wanted).max() <= tolerance)


def stretched(values: np.ndarray) -> np.ndarray:
    return (values - values.min()) / (values.max() - values.min())


@pytest.mark.parametrize(
    "syntax",
    [
        uid.ImplicitVRLittleEndian,
        uid.ExplicitVRLittleEndian,
        uid.ExplicitVRBigEndian,
        uid.DeflatedExplicitVRLittleEndian,
        uid.RLELossless,
    ],
    ids=lambda syntax: syntax.name,
)
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("bits", [8, 12, 16])
def test_plain_and_rle(syntax: uid.UID, photometric: str, bits: int) -> None:
    window = (2 ** (bits - 1), 2**bits)
    xray = read_xray(as_dicom(FILM, bits=bits, transfer_syntax=syntax, photometric=photometric, window=window))
    assert close(xray.pixels, FILM, 0.51 / (2**bits - 1) + 1e-6)
    assert xray.facts.bits == bits
    assert (xray.facts.format, xray.facts.modality, xray.facts.view) == ("DICOM", "DX", "PA")
    assert xray.facts.body_part == "CHEST"
    assert ("inverted: MONOCHROME1" in xray.facts.notes) == (photometric == "MONOCHROME1")
    assert not xray.pixels.flags.writeable


@pytest.mark.parametrize(
    ("kind", "bits", "tolerance"),
    [
        ("baseline", 8, 0.04),
        ("extended", 12, 0.002),
        ("lossless", 8, 0.002),
        ("lossless", 12, TWELVE_BITS),
        ("lossless-sv1", 12, TWELVE_BITS),
        ("lossless-sv1", 16, 1e-5),
        ("jpeg-ls", 8, 0.002),
        ("jpeg-ls", 12, TWELVE_BITS),
        ("jpeg-ls", 16, 1e-5),
        ("jpeg-ls-near", 12, 7e-4),
        ("jpeg-2000", 8, 0.002),
        ("jpeg-2000", 12, TWELVE_BITS),
        ("jpeg-2000", 16, 1e-5),
        ("jpeg-2000-lossy", 12, 0.01),
    ],
)
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_compressed(kind: str, bits: int, tolerance: float, photometric: str) -> None:
    if kind != "baseline":
        pytest.importorskip("imagecodecs")
    inside = 1 - FILM if photometric == "MONOCHROME1" else FILM
    data = as_dicom(
        FILM,
        bits=bits,
        transfer_syntax=synthetic.TRANSFER_SYNTAXES[kind],
        photometric=photometric,
        window=(2 ** (bits - 1), 2**bits),
        encapsulated=synthetic.encapsulate(inside, kind, bits),
    )
    assert close(read_xray(data).pixels, FILM, tolerance)


@pytest.mark.parametrize("kind", ["lossless-sv1", "jpeg-ls", "jpeg-2000"])
def test_compressed_signed_values(kind: str) -> None:
    pytest.importorskip("imagecodecs")
    # Two's complement in 12 bits: the stream carries the bit pattern, the header says that it is signed.
    pattern = (synthetic.stored(FILM, 12).astype(np.int32) - 2048) & 0xFFF
    stream = synthetic.encapsulate((pattern / 4095).astype(np.float32), kind)
    syntax = synthetic.TRANSFER_SYNTAXES[kind]
    data = as_dicom(FILM, transfer_syntax=syntax, encapsulated=stream, window=(0, 4096), PixelRepresentation=1)
    assert close(read_xray(data).pixels, FILM)


def test_a_frame_in_several_fragments_is_glued() -> None:
    pytest.importorskip("imagecodecs")
    stream = synthetic.encapsulate(FILM, "lossless-sv1")
    data = as_dicom(FILM, transfer_syntax=uid.JPEGLosslessSV1, encapsulated=stream, window=FULL)
    parts = pydicom.dcmread(io.BytesIO(data))
    parts.PixelData = pydicom.encaps.encapsulate([stream], fragments_per_frame=3)
    buffer = io.BytesIO()
    parts.save_as(buffer)
    assert buffer.getvalue() != data
    assert close(read_xray(buffer.getvalue()).pixels, FILM)


def test_without_imagecodecs_the_message_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("imagecodecs")
    stream = synthetic.encapsulate(FILM, "jpeg-ls")
    data = as_dicom(FILM, transfer_syntax=uid.JPEGLSLossless, encapsulated=stream)
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    with pytest.raises(DecoderMissingError, match="pip install imagecodecs"):
        read_xray(data)
    baseline = synthetic.encapsulate(FILM, "baseline")
    assert read_xray(as_dicom(FILM, bits=8, transfer_syntax=uid.JPEGBaseline8Bit, encapsulated=baseline)).width == 96


# --- tones -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "tags",
    [
        {"WindowCenter": 2048, "WindowWidth": 2000},
        {"WindowCenter": 1500.5, "WindowWidth": 777.7, "VOILUTFunction": "LINEAR"},
        {"WindowCenter": 2048, "WindowWidth": 2000, "VOILUTFunction": "LINEAR_EXACT"},
        {"WindowCenter": 2048, "WindowWidth": 2000, "VOILUTFunction": "SIGMOID"},
        {"WindowCenter": [1000, 3000], "WindowWidth": [900, 200], "WindowCenterWidthExplanation": ["LUNG", "BONE"]},
        {"WindowCenter": 50, "WindowWidth": 1000, "RescaleSlope": "0.25", "RescaleIntercept": "-400"},
    ],
    ids=["linear", "fractions", "linear-exact", "sigmoid", "first of two", "rescaled"],
)
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_windows_agree_with_pydicom(tags: dict[str, Any], photometric: str) -> None:
    data = as_dicom(FILM, photometric=photometric, **tags)
    ds = pydicom.dcmread(io.BytesIO(data))
    shown = apply_voi_lut(apply_modality_lut(ds.pixel_array, ds), ds).astype(np.float64)
    low, high = (-400, 4095 * 0.25 - 400) if "RescaleSlope" in tags else (0, 4095)
    shown = (shown - low) / (high - low)  # pydicom's result fills the range of the values
    if photometric == "MONOCHROME1":
        shown = 1 - shown
    assert close(read_xray(data).pixels, shown, 1e-4)


def test_monochrome1_is_inverted_after_the_window() -> None:
    values = np.full((80, 80), 1000, np.uint16)
    values[:40] = 100
    values[0, 0] = 4095
    data = as_dicom(FILM, values=values, photometric="MONOCHROME1", window=(550, 901))  # shows 100…1000
    pixels = read_xray(data).pixels
    assert pixels[10, 10] == pytest.approx(1, abs=2e-3)  # lowest value: white
    assert pixels[60, 60] == pytest.approx(0, abs=2e-3)
    assert pixels[0, 0] == 0
    # Inverting first (4095 - value) would have put everything above the window and made it one white.


@pytest.mark.parametrize("width", [1, 1.0])
def test_a_window_of_width_one_is_a_step(width: float) -> None:
    pixels = read_xray(as_dicom(FILM, window=(2048, width))).pixels
    assert np.array_equal(pixels, (synthetic.stored(FILM, 12) > 2047.5).astype(np.float32))


@pytest.mark.parametrize(
    "window", [(9000.0, 10.0), (-500.0, 1.0), (2048.0, 0.0), (2048.0, -5.0), (1e300, 2.0), (0, 1e-300)]
)
def test_a_window_that_shows_nothing_is_left_out(window: tuple[float, float]) -> None:
    xray = read_xray(as_dicom(FILM, window=window))
    assert close(xray.pixels, stretched(FILM), 3e-4)
    assert any("scaled by its own" in note for note in xray.facts.notes)


def test_an_absurd_slope_is_refused_without_a_warning() -> None:
    with pytest.raises(XrayError, match="not numbers"):
        read_xray(as_dicom(FILM, RescaleSlope="1e300", RescaleIntercept="0"))


@pytest.mark.parametrize("syntax", [uid.ExplicitVRLittleEndian, uid.ImplicitVRLittleEndian])
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_a_voi_lut_comes_before_the_window(syntax: str, photometric: str) -> None:
    curve = np.rint(1023 * (np.arange(3000) / 2999) ** 2).astype(np.uint16)
    data = as_dicom(
        FILM, photometric=photometric, transfer_syntax=syntax, window=(1, 2), VOILUTSequence=[lut_item(curve, 500, 10)]
    )
    inside = synthetic.stored(1 - FILM if photometric == "MONOCHROME1" else FILM, 12).astype(int)
    wanted = curve[np.clip(inside - 500, 0, 2999)] / 1023
    assert close(read_xray(data).pixels, 1 - wanted if photometric == "MONOCHROME1" else wanted, 1e-6)


def test_a_voi_lut_with_65536_entries_and_8_bits() -> None:
    curve = (np.arange(2**16) >> 8).astype(np.uint16)
    data = as_dicom(FILM, bits=16, VOILUTSequence=[lut_item(curve, 0, 8)])
    assert close(read_xray(data).pixels, (synthetic.stored(FILM, 16) >> 8) / 255, 1e-6)


def test_a_modality_lut_comes_before_the_window() -> None:
    curve = np.arange(4096, dtype=np.uint16)[::-1].copy()
    item = lut_item(curve, 0, 12)
    item.ModalityLUTType = "US"
    data = as_dicom(FILM, window=(2048, 4096), ModalityLUTSequence=[item])
    assert close(read_xray(data).pixels, 1 - FILM)


def test_without_a_window_the_films_own_range_is_shown() -> None:
    xray = read_xray(as_dicom(FILM))
    assert close(xray.pixels, stretched(FILM), 3e-4)
    assert xray.facts.notes == ("no window in the file: scaled by its own darkest and brightest value",)


def test_an_8_bit_picture_without_a_window_is_scaled_like_any_8_bit_picture() -> None:
    xray = read_xray(as_dicom(FILM * 0.5, bits=8))
    assert close(xray.pixels, FILM * 0.5, 0.002)
    assert xray.facts.notes == ()


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_padding_neither_sets_the_range_nor_shines(photometric: str) -> None:
    values = 1000 + (synthetic.stored(FILM, 8).astype(np.uint16) * 4)
    values[:, :20] = 4000  # padding far above the film
    xray = read_xray(as_dicom(FILM, values=values, photometric=photometric, PixelPaddingValue=4000))
    film = stretched(values[:, 20:].astype(float))
    assert close(xray.pixels[:, 20:], 1 - film if photometric == "MONOCHROME1" else film, 1e-5)
    assert xray.pixels[:, :20].max() == 0


def test_a_range_of_padding() -> None:
    values = 1000 + (synthetic.stored(FILM, 8).astype(np.uint16) * 4)
    values[:, :20] = np.arange(20)
    data = as_dicom(FILM, values=values, PixelPaddingValue=0, PixelPaddingRangeLimit=19)
    assert close(read_xray(data).pixels[:, 20:], stretched(values[:, 20:].astype(float)), 1e-5)


def test_padding_has_the_sign_of_the_pixels_whatever_its_type_says() -> None:
    values = synthetic.stored(FILM, 12).astype(np.int16)
    values[:, :20] = -32000
    data = as_dicom(FILM, values=values, bits=16, PixelPaddingValue=-32000)
    data = data.replace(b"\x28\0\x20\x01SS", b"\x28\0\x20\x01US")  # as some devices write it
    assert close(read_xray(data).pixels[:, 20:], stretched(values[:, 20:].astype(float)), 1e-5)


@pytest.mark.parametrize("kind", ["lossless-sv1", "jpeg-ls", "jpeg-2000"])
@pytest.mark.parametrize("high", [11, 15])
def test_bits_beside_the_stored_ones_are_dropped_of_exact_streams(kind: str, high: int) -> None:
    pytest.importorskip("imagecodecs")
    values = synthetic.stored(FILM, 12) << (high - 11)
    values[::3] |= 0xF000 if high == 11 else 0x000F
    stream = synthetic.encapsulate(values / 65535, kind, 16)
    data = as_dicom(
        FILM, values=values, transfer_syntax=synthetic.TRANSFER_SYNTAXES[kind], encapsulated=stream, window=FULL,
        BitsStored=12, HighBit=high,
    )  # fmt: skip
    assert close(read_xray(data).pixels, FILM)


def test_signed_values_with_an_overlay_in_the_upper_bits() -> None:
    signed = synthetic.stored(FILM, 12).astype(np.int32) - 2048
    values = (signed & 0xFFF).astype(np.uint16)
    values[::3] |= 0xF000  # what old devices put there
    data = as_dicom(FILM, values=values, window=(0, 4096), PixelRepresentation=1)
    assert close(read_xray(data).pixels, FILM)


def test_values_in_the_upper_bits() -> None:
    values = synthetic.stored(FILM, 12) << 4
    assert close(read_xray(as_dicom(FILM, values=values, window=FULL, HighBit=15)).pixels, FILM)


@pytest.mark.parametrize("planar", [0, 1])
def test_colour_becomes_luma(planar: int) -> None:
    colours = np.zeros((90, 90, 3), np.uint8)
    colours[:30, :, 0] = colours[30:60, :, 1] = colours[60:, :, 2] = 255
    data = as_dicom(FILM, bits=8, values=colours, photometric="RGB", modality="OT", PlanarConfiguration=planar)
    if planar:
        flat = np.moveaxis(colours, -1, 0).tobytes()
        data = data.replace(colours.tobytes(), flat)
    xray = read_xray(data)
    assert xray.pixels[[10, 40, 80], 0] == pytest.approx([0.299, 0.587, 0.114], abs=1e-3)
    assert xray.facts.colour == pytest.approx(1, abs=0.03)


def test_palette_colour_is_looked_up() -> None:
    values = synthetic.stored(FILM, 8)
    tags: dict[str, Any] = {}
    for name in ("Red", "Green", "Blue"):
        tags[f"{name}PaletteColorLookupTableDescriptor"] = [256, 0, 16]
        tags[f"{name}PaletteColorLookupTableData"] = (65535 - 257 * np.arange(256)).astype("<u2").tobytes()
    data = as_dicom(FILM, bits=8, values=values, photometric="PALETTE COLOR", modality="OT", **tags)
    xray = read_xray(data)
    assert close(xray.pixels, 1 - values / 255, 1e-5)
    assert xray.facts.colour == 0


def test_a_photograph_in_a_dicom_file_is_as_colourful_as_in_any_other() -> None:
    colours = np.stack([synthetic.stored(shade, 8) for shade in (FILM, FILM * 0.5, 1 - FILM)], axis=-1)
    buffer = io.BytesIO()
    Image.fromarray(colours).save(buffer, "PNG")
    told = read_xray(buffer.getvalue()).facts.colour
    assert told > 0.2
    ybr = np.asarray(Image.fromarray(colours).convert("YCbCr"))
    for values, photometric in ((colours, "RGB"), (ybr, "YBR_FULL")):
        data = as_dicom(FILM, bits=8, values=values, photometric=photometric, modality="OT")
        assert read_xray(data).facts.colour == pytest.approx(told, abs=0.02)


def test_colours_that_a_codec_leaves_as_they_are_stored_are_turned_here() -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    colours = np.stack([synthetic.stored(shade, 8) for shade in (FILM, FILM * 0.5, 1 - FILM)], axis=-1)
    ybr = np.ascontiguousarray(Image.fromarray(colours).convert("YCbCr"))
    luma = ybr[..., 0] / 255
    streams = {
        uid.JPEGLSLossless: imagecodecs.jpegls_encode(ybr),
        uid.JPEG2000Lossless: imagecodecs.jpeg2k_encode(ybr, codecformat="j2k", reversible=True, mct=False),
    }
    for syntax, stream in streams.items():
        data = as_dicom(FILM, bits=8, values=ybr, photometric="YBR_FULL", transfer_syntax=syntax, encapsulated=stream)
        assert close(read_xray(data).pixels, luma, 1e-6)
    turned = imagecodecs.jpeg2k_encode(colours, codecformat="j2k", reversible=True, mct=True)
    kind = {"photometric": "YBR_RCT", "transfer_syntax": uid.JPEG2000Lossless, "encapsulated": turned}
    data = as_dicom(FILM, bits=8, values=colours, **kind)
    assert close(read_xray(data).pixels, luma, 0.01)


# --- odd but honest files --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("syntax", [uid.ImplicitVRLittleEndian, uid.ExplicitVRLittleEndian, uid.ExplicitVRBigEndian])
def test_a_bare_data_set_without_preamble_is_read(syntax: uid.UID) -> None:
    ds = pydicom.dcmread(io.BytesIO(as_dicom(FILM, transfer_syntax=syntax, window=FULL)))
    buffer = io.BytesIO()
    bare = pydicom.Dataset({element.tag: element for element in ds})
    pydicom.dcmwrite(buffer, bare, implicit_vr=syntax.is_implicit_VR, little_endian=syntax.is_little_endian)
    assert buffer.getvalue()[128:132] != b"DICM"
    assert close(read_xray(buffer.getvalue()).pixels, FILM)


@pytest.mark.parametrize("modality", ["CR", "DX", "DR", "RG", "RF"])
def test_radiographs_are_accepted(modality: str) -> None:
    xray = read_xray(as_dicom(FILM, modality=modality, window=FULL))
    assert xray.facts.modality == modality
    assert xray.facts.notes == ()


@pytest.mark.parametrize("modality", ["OT", "SC", None, ""])
def test_captures_are_accepted_with_a_note(modality: str | None) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom on writing
        data = as_dicom(FILM, modality=modality, window=FULL, SOPClassUID=uid.SecondaryCaptureImageStorage)
    assert read_xray(data).facts.notes == ("the file does not say that it is a radiograph",)


def test_free_text_does_not_pass_into_the_facts() -> None:
    facts = read_xray(as_dicom(FILM, BodyPartExamined="MRS DOE", ViewPosition="DOE")).facts
    assert (facts.body_part, facts.view) == (None, None)
    assert "the file says HAND, not chest" in read_xray(as_dicom(FILM, BodyPartExamined="HAND")).facts.notes


@pytest.mark.parametrize(
    ("text", "view"),
    [("CHEST PA", "PA"), ("XTABLE LAT", "LATERAL"), ("AP LLD", "LLD"), ("W033", None), ("", None)],
)
def test_views_are_found_in_what_devices_write(text: str, view: str | None) -> None:
    assert read_xray(as_dicom(FILM, ViewPosition=text)).facts.view == view


def test_a_mirrored_film_is_shown_as_stored_and_said_to_be() -> None:
    mirrored = read_xray(as_dicom(FILM, window=FULL, PatientOrientation=["R", "F"]))
    assert close(mirrored.pixels, FILM)
    assert mirrored.facts.right_on_right
    assert not read_xray(as_dicom(FILM, window=FULL, PatientOrientation=["L", "F"])).facts.right_on_right
    lateral = read_xray(as_dicom(FILM, ViewPosition="LATERAL", PatientOrientation=["R", "F"])).facts
    assert (lateral.view, lateral.right_on_right) == ("LATERAL", False)


def test_nothing_of_the_patient_comes_out(caplog: pytest.LogCaptureFixture) -> None:
    data = as_dicom(FILM, SpecificCharacterSet="ISO_IR 100")
    broken = data.replace(b"ISO_IR 100", b"ISO_XX 999").replace(b"SECRET", b"\xff\xfeCRET")
    with caplog.at_level(logging.DEBUG), warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        said = repr(read_xray(broken).facts)
        with pytest.raises(XrayError) as refused:
            read_xray(broken[:-999])
        said += str(refused.value)
        described = synthetic.as_tiff(FILM, tiffinfo={270: "Doe Jane, SECRET"})
        said += repr(read_xray(described).facts)
    said += caplog.text + "".join(str(warning.message) for warning in seen)
    assert "Doe" not in said.replace("Does", "")
    assert "CRET" not in said
    assert not seen


def test_pydicom_is_loaded_only_for_dicom_and_torch_never() -> None:
    code = (
        "import sys, io; from core.xray import read_xray; from PIL import Image; b = io.BytesIO();"
        "Image.linear_gradient('L').save(b, 'PNG'); read_xray(b.getvalue());"
        "print([m for m in ('pydicom', 'imagecodecs', 'torch', 'streamlit', 'pandas', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
