"""Images that are no chest films, of ten kinds: made by code, or shipped by packages. The same ones in every run."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

Rng = np.random.Generator
Picture = Image.Image

_SHIPPED: Final = {
    "photographs": (
        ("skimage", "data/astronaut.png"), ("skimage", "data/chelsea.png"), ("skimage", "data/coffee.png"),
        ("skimage", "data/rocket.jpg"), ("skimage", "data/camera.png"), ("skimage", "data/motorcycle_left.png"),
        ("skimage", "data/coins.png"), ("sklearn", "datasets/images/china.jpg"),
        ("sklearn", "datasets/images/flower.jpg"), ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg"),
    ),
    "scientific images": (
        ("skimage", "data/cell.png"), ("skimage", "data/ihc.png"), ("skimage", "data/retina.jpg"),
        ("skimage", "data/hubble_deep_field.jpg"), ("skimage", "data/moon.png"),
        ("skimage", "data/microaneurysms.png"),
    ),
    "textures": (("skimage", "data/brick.png"), ("skimage", "data/grass.png"), ("skimage", "data/gravel.png")),
}  # fmt: skip
_SLICES: Final = (
    "CT_small.dcm",
    "MR_small.dcm",
    "JPEG2000.dcm",
    "693_J2KI.dcm",
    "US1_J2KI.dcm",
    "examples_ybr_color.dcm",
)


@dataclass(frozen=True, slots=True, eq=False)
class Negative:
    """One image.

    Attributes:
        kind: one of ten.
        measured: whether it is kept for measuring; the other half is for choosing. No shipped image is in both.
        data: PNG.
    """

    kind: str
    measured: bool
    data: bytes


def negatives(each: int = 110) -> Iterator[Negative]:
    """So many of each kind; the kinds whose package is not installed (requirements-dev.txt has all) are left out."""
    for place, (kind, make) in enumerate(KINDS.items()):
        for number in range(each):
            picture = make(np.random.default_rng((0, place, number)), number)
            if picture is None:
                break
            if number % 4 >= 2 and picture.mode != "L":  # noqa: PLR2004 - colour alone must not give half of them away
                picture = picture.convert("L")
            out = io.BytesIO()
            picture.save(out, "PNG")
            yield Negative(kind, bool(number % 2), out.getvalue())


def _shipped(kind: str) -> Callable[[Rng, int], Picture | None]:
    def make(rng: Rng, number: int) -> Picture | None:
        files = [path for package, name in _SHIPPED[kind] if (path := _file(package, name)) is not None]
        half = files[number % 2 :: 2]
        if not half:
            return None
        with Image.open(half[number // 2 % len(half)]) as image:
            picture = image.convert("RGB") if image.mode not in ("L", "RGB") else image.copy()
        return _part(picture, rng, whole=number // 2 < len(half))

    return make


def _file(package: str, name: str) -> Path | None:
    spec = find_spec(package)
    path = Path(spec.origin).parent / name if spec and spec.origin else None
    return path if path and path.is_file() else None


def _part(picture: Picture, rng: Rng, *, whole: bool) -> Picture:
    """A part of at least two fifths of each side, sometimes mirrored."""
    if not whole:
        width, height = (int(side * rng.uniform(0.4, 1)) for side in picture.size)
        left, top = rng.integers(picture.width - width + 1), rng.integers(picture.height - height + 1)
        picture = picture.crop((int(left), int(top), int(left) + width, int(top) + height))
    if rng.random() < 0.5:  # noqa: PLR2004
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    scale = max(1.0, 128 / min(picture.size))
    return picture.resize((round(picture.width * scale), round(picture.height * scale)))


def _slices(rng: Rng, number: int) -> Picture | None:
    """CT, MR and ultrasound from pydicom, and slices made of ellipses."""
    if number % 3 == 0 and (
        found := [path for name in _SLICES if (path := _file("pydicom", f"data/test_files/{name}"))]
    ):
        import pydicom

        half = found[number % 2 :: 2]
        pixels = np.asarray(pydicom.dcmread(half[number // 6 % len(half)]).pixel_array).astype(np.float32)
        while pixels.ndim > 2:  # noqa: PLR2004 - the first frame, or the first colour where colours come last
            pixels = pixels[..., 0] if pixels.shape[-1] == 3 else pixels[0]  # noqa: PLR2004
        low, high = np.percentile(pixels, (1, 99))
        return _part(_grey((pixels - low) / max(float(high - low), 1.0)), rng, whole=number < 12)  # noqa: PLR2004
    y, x = np.mgrid[-1:1:256j, -1:1:256j]
    slice_ = np.zeros((256, 256))
    for size in (0.85, 0.78, *rng.uniform(0.05, 0.4, 8)):
        at = rng.uniform(-0.4, 0.4, 2) * (size < 0.5)  # noqa: PLR2004
        inside = ((x - at[0]) / size) ** 2 + ((y - at[1]) / (size * rng.uniform(0.6, 0.9))) ** 2 < 1
        slice_[inside] = rng.uniform(0.15, 0.9)
    speckle = rng.gamma(4, 0.25, slice_.shape) if number % 2 else 1 + rng.normal(0, 0.06, slice_.shape)
    return _grey(slice_ * speckle).filter(ImageFilter.GaussianBlur(1))


def _limb(rng: Rng, _: int) -> Picture:
    """Limb-like: one to five long bright bones with cortex inside soft tissue on black, from above to below."""
    y, x = np.mgrid[0:1:320j, 0:1:240j]
    image = np.zeros_like(x)
    count = int(rng.integers(1, 6))
    tilt = rng.uniform(-0.3, 0.3)
    for bone in range(count):
        middle = (bone + 1) / (count + 1) + tilt * (y - 0.5)
        wide = 0.3 / (count + 1) * (1 + 0.4 * np.cos(2 * np.pi * (y * rng.integers(1, 4) + rng.random())))
        away = np.abs(x - middle) / np.maximum(wide, 0.01)
        image = np.maximum(image, 0.3 * np.exp(-((away / 2.2) ** 4)))
        image = np.maximum(image, np.where(away < 1, 0.6 + 0.35 * away**3, 0))
    return _grey(image + rng.normal(0, 0.015, image.shape)).filter(ImageFilter.GaussianBlur(1.2))


def _text(rng: Rng, _: int) -> Picture:
    dark = rng.random() < 0.3  # noqa: PLR2004
    page = Image.new("L", (360, int(rng.integers(320, 520))), 20 if dark else 250)
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(float(rng.integers(9, 22)))
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz    ,."))
    line = int(font.getbbox("Ag")[3] * 1.4)
    for top in range(15, page.height - 15, line):
        draw.text((15, top), "".join(rng.choice(letters, int(rng.integers(20, 60)))), 230 if dark else 15, font)
    return page


def _chart(rng: Rng, number: int) -> Picture:
    page = Image.new("RGB", (400, 320), "white")
    draw = ImageDraw.Draw(page)
    draw.line([(40, 15), (40, 290), (385, 290)], "black", 2)
    for colour in ("steelblue", "darkorange", "seagreen")[: int(rng.integers(1, 4))]:
        heights = 150 + np.cumsum(rng.normal(0, 12, 30))
        points = [(45 + 11 * i, float(np.clip(h, 20, 285))) for i, h in enumerate(heights)]
        if number % 3 == 0:
            for left, top in points[::2]:
                draw.rectangle((left, top, left + 14, 289), fill=colour, outline="black")
        elif number % 3 == 1:
            draw.line(points, colour, 2)
        else:
            for left, top in points:
                draw.ellipse((left - 4, top - 4, left + 4, top + 4), fill=colour)
    return page


def _drawing(rng: Rng, _: int) -> Picture:
    page = Image.new("RGB", (300, 300), tuple(int(c) for c in rng.integers(0, 256, 3)))
    draw = ImageDraw.Draw(page)
    for _shape in range(int(rng.integers(3, 14))):
        left, top = rng.integers(-40, 260, 2)
        box = (int(left), int(top), int(left + rng.integers(20, 180)), int(top + rng.integers(20, 180)))
        fill = tuple(int(c) for c in rng.integers(0, 256, 3))
        (draw.ellipse if rng.random() < 0.5 else draw.rectangle)(box, fill=fill, width=3, outline="black")  # noqa: PLR2004
    return page


def _noise(rng: Rng, number: int) -> Picture:
    values = rng.normal(0.5, rng.uniform(0.05, 0.3), (256, 256))
    return _grey(values).filter(ImageFilter.GaussianBlur((0, 0.7, 2, 5)[number // 2 % 4]))


def _clouds(rng: Rng, _: int) -> Picture:
    """Noise of 1/f^a and smooth gradients: as soft as a film, without anatomy."""
    rows, columns = np.fft.fftfreq(256)[:, None], np.fft.fftfreq(256)[None]
    strength = np.hypot(rows, columns)
    strength[0, 0] = 1
    wave = np.fft.fft2(rng.normal(size=(256, 256))) / strength ** rng.uniform(0.8, 2.2)
    cloud = np.fft.ifft2(wave).real
    return _grey(0.5 + cloud / cloud.std() * rng.uniform(0.08, 0.25))


def _waves(rng: Rng, _: int) -> Picture:
    """Gratings, chequers and rings."""
    y, x = np.mgrid[-1:1:256j, -1:1:256j]
    turn, many = rng.uniform(0, np.pi), rng.uniform(3, 40)
    along = x * np.cos(turn) + y * np.sin(turn)
    kind = rng.integers(3)
    across = (
        along
        if kind == 0
        else np.hypot(x, y)
        if kind == 1
        else along * 0 + np.sign(np.sin(many * x)) * np.sin(many * y)
    )
    return _grey(0.5 + rng.uniform(0.2, 0.5) * np.sin(many * across))


def _grey(values: NDArray[Any]) -> Picture:
    return Image.fromarray((np.clip(values, 0, 1) * 255).astype(np.uint8))


_textures = _shipped("textures")
KINDS: Final[dict[str, Callable[[Rng, int], Picture | None]]] = {
    "photographs": _shipped("photographs"),
    "scientific images": _shipped("scientific images"),
    "textures": lambda rng, number: _textures(rng, number) if number % 3 else _waves(rng, number),
    "text pages": _text,
    "charts": _chart,
    "drawings": _drawing,
    "noise": _noise,
    "clouds": _clouds,
    "CT, MR and ultrasound": _slices,
    "limbs, drawn": _limb,
}
