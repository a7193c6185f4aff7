"""Raster formats: every value where it belongs, in every mode, depth and orientation."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from core.errors import XrayError
from core.xray import read_xray
from tests import synthetic

FILM = synthetic.film(120, 96)
HALF = 0.5 / 255 + 1e-6  # rounding to 8 bits


def close(pixels: np.ndarray, wanted: np.ndarray, tolerance: float) -> bool:
    return pixels.shape == wanted.shape and bool(np.abs(pixels - wanted).max() <= tolerance)


@pytest.mark.parametrize(
    ("data", "image_format", "bits", "tolerance"),
    [
        pytest.param(synthetic.as_png8(FILM), "PNG", 8, HALF, id="png"),
        pytest.param(synthetic.as_png8(FILM, "P"), "PNG", 8, HALF, id="png-palette"),
        pytest.param(synthetic.as_png8(FILM, "RGB"), "PNG", 8, HALF, id="png-rgb"),
        pytest.param(synthetic.as_png8(FILM, "LA"), "PNG", 8, HALF, id="png-alpha"),
        pytest.param(synthetic.as_png16(FILM), "PNG", 16, 1e-5, id="png-16"),
        pytest.param(synthetic.as_png16(FILM, 12), "PNG", 16, 1.3e-4, id="png-12-in-16"),
        pytest.param(synthetic.as_jpeg(FILM), "JPEG", 8, 0.04, id="jpeg"),
        pytest.param(synthetic.as_jpeg(FILM, "RGB"), "JPEG", 8, 0.04, id="jpeg-rgb"),
        pytest.param(synthetic.as_jpeg(FILM, progressive=True), "JPEG", 8, 0.04, id="jpeg-progressive"),
        pytest.param(synthetic.as_jpeg(FILM, "CMYK"), "JPEG", 8, 0.04, id="jpeg-cmyk-adobe"),
        pytest.param(synthetic.as_tiff(FILM), "TIFF", 8, HALF, id="tiff"),
        pytest.param(synthetic.as_tiff(FILM, compression="tiff_lzw"), "TIFF", 8, HALF, id="tiff-lzw"),
        pytest.param(synthetic.as_tiff(FILM, 16), "TIFF", 16, 1e-5, id="tiff-16"),
        pytest.param(synthetic.as_bmp(FILM), "BMP", 8, HALF, id="bmp"),
        pytest.param(synthetic.as_bmp(FILM, "RGB"), "BMP", 8, HALF, id="bmp-rgb"),
        pytest.param(synthetic.as_webp(FILM), "WebP", 8, HALF, id="webp"),
    ],
)
def test_values_come_through(data: bytes, image_format: str, bits: int, tolerance: float) -> None:
    xray = read_xray(data)
    assert close(xray.pixels, FILM, tolerance)
    assert (xray.facts.format, xray.facts.bits) == (image_format, bits)
    assert (xray.height, xray.width) == (120, 96)


def test_the_record_keeps_its_promises() -> None:
    data = synthetic.as_png8(FILM)
    xray = read_xray(data)
    assert xray.pixels.dtype == np.float32
    assert xray.pixels.flags.c_contiguous
    assert not xray.pixels.flags.writeable
    assert len(xray.sha256) == 64
    assert xray.sha256 == read_xray(bytes(data)).sha256
    assert xray.facts.notes == ()


def test_a_dark_film_stays_dark() -> None:
    assert read_xray(synthetic.as_png8(FILM * 0.25)).pixels.max() == pytest.approx(0.25, abs=HALF)


@pytest.mark.parametrize(("bits", "peak"), [(16, 65535), (14, 16383), (12, 4095), (10, 1023), (8, 255)])
def test_16_bit_files_are_scaled_by_the_bits_they_use(bits: int, peak: int) -> None:
    values = synthetic.stored(FILM, bits).astype(np.uint16)
    wanted = values.astype(np.float64) / peak
    assert close(read_xray(synthetic.as_png16(FILM, bits)).pixels, wanted, 1e-6)


def test_a_16_bit_film_that_only_just_needs_a_bit_is_scaled_by_it() -> None:
    values = np.tile(np.arange(1000, 1100, dtype=np.uint16), (100, 1))
    values[0, 0] = 2048  # 12 bits, though far below 4095
    pixels = read_xray(synthetic.raw_tiff(values)).pixels
    assert pixels[0, 0] == pytest.approx(2048 / 4095)


@pytest.mark.parametrize(("byte_order", "big"), [("<", False), (">", False), ("<", True)])  # Pillow reads no others
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("photometric", [0, 1])
def test_tiff_polarity(byte_order: str, dtype: type, photometric: int, *, big: bool) -> None:
    peak = np.iinfo(dtype).max
    shown = FILM if photometric else 1 - FILM
    xray = read_xray(synthetic.raw_tiff(np.rint(shown * peak).astype(dtype), photometric, byte_order, big=big))
    assert close(xray.pixels, FILM, 0.51 / peak + 1e-6)
    assert bool(xray.facts.notes) == (photometric == 0)


@pytest.mark.parametrize("byte_order", ["<", ">"])
@pytest.mark.parametrize("photometric", [0, 1])
def test_floating_point_tiff_is_scaled_by_its_own_range(byte_order: str, photometric: int) -> None:
    shown = (FILM if photometric else 1 - FILM) * 3000 - 1000
    pixels = read_xray(synthetic.raw_tiff(shown.astype(np.float32), photometric, byte_order)).pixels
    wanted = (FILM - FILM.min()) / (FILM.max() - FILM.min())
    assert close(pixels, wanted, 1e-5)


@pytest.mark.parametrize("mode", [2, 4, 6], ids=["rgb", "grey-alpha", "rgba"])
def test_deep_colour_is_read_where_eight_bits_are_enough(mode: int) -> None:
    """PNG by hand: Pillow writes no such kinds. The film fills its 16 bits, then only 12 of them."""
    grey, opaque = np.rint(FILM * 65535).astype(np.uint16), np.full(FILM.shape, 65535, np.uint16)
    for peak in (65535, 4095):
        film = np.rint(FILM * peak).astype(np.uint16)
        planes = {2: (film, film, film), 4: (film, opaque), 6: (film, film, film, opaque)}[mode]
        data = synthetic.raw_png(np.stack(planes, axis=-1), mode)
        if peak == 65535:
            assert np.abs(read_xray(data).pixels - grey / 65535).max() < 0.01
        else:
            with pytest.raises(XrayError, match="grey PNG of 16 bits"):
                read_xray(data)


def test_whole_numbers_of_32_bits_are_not_wrapped() -> None:
    values = np.rint(FILM * 4e9).astype(np.uint32)
    shown = (values - values.min()) / (values.max() - values.min())
    assert np.abs(read_xray(synthetic.raw_tiff(values)).pixels - shown).max() < 1e-5


def test_transparency_is_laid_on_black() -> None:
    image = synthetic.as_pil(FILM, "LA")
    alpha = np.full(FILM.shape, 255, np.uint8)
    alpha[:, 48:] = 0
    image.putalpha(Image.fromarray(alpha))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    pixels = read_xray(buffer.getvalue()).pixels
    assert close(pixels[:, :48], FILM[:, :48], HALF)
    assert pixels[:, 48:].max() == 0


def test_colour_becomes_luma() -> None:
    colours = np.zeros((90, 90, 3), np.uint8)
    colours[:30, :, 0] = colours[30:60, :, 1] = colours[60:, :, 2] = 255
    buffer = io.BytesIO()
    Image.fromarray(colours).save(buffer, "PNG")
    pixels = read_xray(buffer.getvalue()).pixels
    assert pixels[10, 0] == pytest.approx(0.299, abs=0.003)
    assert pixels[40, 0] == pytest.approx(0.587, abs=0.003)
    assert pixels[80, 0] == pytest.approx(0.114, abs=0.003)


# How a camera held so must have stored the upright film: the inverse of what a viewer does to show it.
STORED_AS: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: lambda a: a.T,
    6: lambda a: np.rot90(a, 1),  # shown after a quarter turn clockwise
    7: lambda a: np.rot90(a, 2).T,
    8: lambda a: np.rot90(a, -1),
}


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", STORED_AS)
def test_orientation_tags_are_obeyed(orientation: int, kind: str) -> None:
    image = synthetic.as_pil(np.ascontiguousarray(STORED_AS[orientation](FILM)))
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    image.save(buffer, kind, exif=exif, **({"quality": 95} if kind in ("JPEG", "WEBP") else {}))
    xray = read_xray(buffer.getvalue())
    assert xray.pixels.shape == FILM.shape
    assert np.abs(xray.pixels - FILM).mean() < 0.01
    top, bottom, left, right = synthetic.MARK
    mark = xray.pixels[int(top * 120) + 2 : int(bottom * 120) - 2, int(left * 96) + 2 : int(right * 96) - 2]
    assert mark.min() > 0.95  # the bright mark is back at the viewer's top left
    assert bool(xray.facts.notes) == (orientation != 1)


def test_a_broken_orientation_is_no_reason_to_refuse_a_film() -> None:
    exif = Image.Exif()
    exif[0x0112] = 77
    assert close(read_xray(synthetic.as_png8(FILM, exif=exif.tobytes())).pixels, FILM, HALF)
    assert close(read_xray(synthetic.as_png8(FILM, exif=b"Exif\0\0garbage")).pixels, FILM, HALF)


def test_a_photo_with_a_second_picture_inside_is_its_first_picture() -> None:
    buffer = io.BytesIO()
    gain_map = synthetic.as_pil(FILM[::2, ::2], "RGB")
    synthetic.as_pil(FILM, "RGB").save(buffer, "MPO", save_all=True, append_images=[gain_map], quality=95)
    assert close(read_xray(buffer.getvalue()).pixels, FILM, 0.04)


@pytest.mark.parametrize(
    "image_format", [pytest.param("TIFF", id="pages"), pytest.param("PNG", id="apng"), pytest.param("WEBP", id="webp")]
)
def test_several_images_are_refused(image_format: str) -> None:
    buffer = io.BytesIO()
    first, second = synthetic.as_pil(FILM, "RGB"), synthetic.as_pil(1 - FILM, "RGB")
    first.save(buffer, image_format, save_all=True, append_images=[second])
    with pytest.raises(XrayError, match=r"more than one|animated"):
        read_xray(buffer.getvalue())


def test_two_greys_are_no_film() -> None:
    with pytest.raises(XrayError, match="black and white"):
        read_xray(synthetic.as_png8(FILM, "1"))
