"""Xray + Heatmap → pixels. NumPy, Pillow, contourpy, matplotlib's colours and letters; neither torch nor streamlit.

The untouched film, the heatmap laid over it, a closed contour, a legend: drawn once, encoded once.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from core.explain import Heatmap, shows
from core.table import Table
from core.words import percent
from core.xray import Xray
from core.xray.resize import resized

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

Grey = NDArray[np.uint8]
Rgb = NDArray[np.uint8]

SIDE: Final = 1024
"""Longer side of a film on screen, pixels: as wide as columns get, and Streamlit passes such a picture on untouched."""

FULL: Final = 3000
"""Longer side of a film that is looked into, pixels: what digital detectors give."""

_ENLARGE: Final = 4  # a 224-pixel copy becomes 896, smooth; more would only pretend to show more
_STOPS: Final = 11  # colours of a legend
_TRACE: Final = 256  # contours are traced on a grid this fine; the map under them has 7 to 14 cells a side
_PLATE: Final = 640  # narrower, and what must be said under a picture would be cut off
_GREY: Final = 0x8A  # under a legend: neither bone nor air
_SMOOTH: Final = 2  # lines are drawn this much larger and reduced: Pillow draws without antialiasing


@dataclass(frozen=True, slots=True)
class ColourMap:
    """A colour map.

    Attributes:
        name: key in COLOUR_MAPS and matplotlib's name for it.
        title: how it is written on screen.
        contour: red, green, blue of a line that can be told from every colour of the map and from grey.
    """

    name: str
    title: str
    contour: tuple[int, int, int]


FIRST: Final = (255, 176, 64)
SECOND: Final = (90, 170, 255)
"""Colours of two maps in a picture of their difference: orange and blue."""

_CYAN, _WHITE, _ORANGE = (64, 240, 255), (255, 255, 255), (255, 150, 40)

COLOUR_MAPS: Final[Table[ColourMap]] = Table(
    "colour map",
    # All perceptually uniform: equal steps of evidence look equally large, in grey and to colour-blind eyes too.
    ColourMap("inferno", "Inferno", _CYAN),
    ColourMap("magma", "Magma", _CYAN),
    ColourMap("viridis", "Viridis", _WHITE),
    ColourMap("cividis", "Cividis (colour-blind safe)", _WHITE),
    ColourMap("gray", "Grey", _ORANGE),
)


@dataclass(frozen=True, slots=True)
class Look:
    """How an overlay is drawn.

    Attributes:
        colours: key in COLOUR_MAPS.
        opacity: 0…1; 0 leaves the film as it is, wherever no contour runs.
        contour: whether the line is drawn.
        level: heat at which it runs, 0…1.
    """

    colours: str = "inferno"
    opacity: float = 0.6
    contour: bool = True
    level: float = 0.5


def on_screen(xray: Xray, side: int = SIDE) -> Grey:
    """The film as it is shown: 8-bit grey, aspect kept, nothing flipped, nothing stretched in contrast.

    Args:
        xray: the film.
        side: longer side of the result, pixels; a small film is enlarged, at most fourfold.

    Returns:
        uint8 ``[h, w]``.
    """
    scale = min(side / max(xray.height, xray.width), _ENLARGE)
    size = max(1, round(xray.width * scale)), max(1, round(xray.height * scale))
    image = Image.fromarray(np.ascontiguousarray(xray.pixels))  # float32 makes mode F
    if size != image.size:
        # Antialiased when reduced; smooth when enlarged, where blocks of pixels would look like structure.
        image = image.resize(size, Image.Resampling.BILINEAR if scale < 1 else Image.Resampling.BICUBIC)
    grey: Grey = np.rint(np.clip(np.asarray(image), 0, 1) * 255).astype(np.uint8)
    return grey


def in_depth(xray: Xray) -> Grey | NDArray[np.uint16]:
    """The film for a viewer that windows it itself: every grey value that it has, and every pixel up to :data:`FULL`.

    Returns:
        ``[h, w]``, uint8 where 8 bits hold every value exactly, else uint16; 0 to the type's largest stands for 0…1.
    """
    pixels = xray.pixels
    scale = FULL / max(xray.height, xray.width)
    if scale < 1:
        pixels = resized(pixels, max(1, round(xray.height * scale)), max(1, round(xray.width * scale)))
    pixels = np.clip(pixels, 0, 1)
    eight: Grey = np.rint(pixels * 255).astype(np.uint8)
    if np.array_equal(eight.astype(np.float32) / np.float32(255), pixels):
        return eight
    deep: NDArray[np.uint16] = np.rint(pixels * 65535).astype(np.uint16)
    return deep


def spread(values: NDArray[np.float32], width: int, height: int) -> NDArray[np.float32]:
    """A heatmap at a film's size, bilinear, cell centres aligned as in OpenCV and Pillow.

    Args:
        values: float32 ``[h, w]`` in 0…1.
        width: of the film, pixels.
        height: of the film, pixels.

    Returns:
        float32 ``[height, width]`` in 0…1.
    """
    heat: NDArray[np.float32] = np.clip(resized(values, height, width), 0, 1)
    return heat


def overlay(grey: Grey, values: NDArray[np.float32], look: Look) -> Rgb:
    """A heatmap over its film.

    Where there is no evidence the film stays as it is: each pixel is covered by heat times opacity.

    Args:
        grey: uint8 ``[H, W]``.
        values: float32 ``[h, w]`` in 0…1, covering the whole film.
        look: how.

    Returns:
        uint8 ``[H, W, 3]``; with opacity 0 and no contour exactly the film.
    """
    height, width = grey.shape
    film = Image.fromarray(grey).convert("RGB")
    if look.opacity > 0:
        heat = spread(values, width, height)
        colours = _eight_bits(heat)
        colours.putpalette(table(look.colours).tobytes())
        film = Image.composite(colours.convert("RGB"), film, _eight_bits(heat * np.float32(min(look.opacity, 1.0))))
    if look.contour:
        _draw_lines(film, contours(values, width, height, look.level), COLOUR_MAPS[look.colours].contour)
    return np.asarray(film)


def difference(grey: Grey, first: NDArray[np.float32], second: NDArray[np.float32], look: Look, level: float) -> Rgb:
    """The difference of two heatmaps over their film: where the first is hotter in one colour, the second in another.

    Two hues that the colour-blind tell apart, each with a line around its own map's hottest part.

    Args:
        grey: uint8 ``[H, W]``.
        first: float32 ``[h, w]`` in 0…1, covering the whole film.
        second: the same, on the same grid.
        look: its opacity, and whether lines are drawn; colours are :data:`FIRST` and :data:`SECOND`.
        level: share of the film that each line encloses, 0…1.

    Returns:
        uint8 ``[H, W, 3]``.
    """
    height, width = grey.shape
    drawn = Image.fromarray(grey).convert("RGB")
    gap = np.clip(resized(first - second, height, width), -1, 1) * np.float32(min(look.opacity, 1.0))
    for side, colour in ((gap, FIRST), (-gap, SECOND)):
        drawn.paste(colour, mask=_eight_bits(np.maximum(side, 0)))
    if look.contour:
        for values, colour in ((first, FIRST), (second, SECOND)):
            # Where fewer places than that have any evidence: around those.
            at = float(np.quantile(values, 1 - level)) or float(values[values > 0].min(initial=1))
            _draw_lines(drawn, contours(values, width, height, at), colour)
    return np.asarray(drawn)


def contours(values: NDArray[np.float32], width: int, height: int, level: float) -> list[NDArray[np.float64]]:
    """Closed lines around the places hotter than ``level``.

    Args:
        values: float32 ``[h, w]`` in 0…1.
        width: of the film, pixels.
        height: of the film, pixels.
        level: 0…1.

    Returns:
        Each line float64 ``[n, 2]``, x and y in film pixels (0 = left or top edge); the first point is also the last.
    """
    from contourpy import contour_generator

    scale = min(1.0, _TRACE / max(width, height))
    columns, rows = max(2, round(width * scale)), max(2, round(height * scale))
    heat = spread(values, columns, rows)
    # A rim far below every level: a line that meets the film's edge runs along it and closes.
    padded = np.pad(heat.astype(np.float64), 1, constant_values=-1e6)
    lines = contour_generator(z=padded).lines(level)
    # Grid point 1 is the centre of the first cell, half a cell from the edge.
    shape = np.array([width / columns, height / rows])
    return [np.clip((np.asarray(line) - 0.5) * shape, 0, [width, height]) for line in lines if len(line) > 2]  # noqa: PLR2004


def png(pixels: Grey | Rgb | NDArray[np.uint16], texts: Mapping[str, str] | None = None) -> bytes:
    """Encode, fast rather than small.

    Args:
        pixels: uint8 ``[H, W]`` or ``[H, W, 3]``, or uint16 ``[H, W]``.
        texts: stored beside the pixels, keyword → text.
    """
    info = PngInfo()
    for key, text in (texts or {}).items():
        info.add_itxt(key, text)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1, pnginfo=info)
    return buffer.getvalue()


def stops(name: str) -> tuple[str, ...]:
    """Colours of a map from low to high, as ``#rrggbb``: for a legend."""
    picked = table(name)[np.linspace(0, 255, _STOPS).astype(int)]
    return tuple("#{:02x}{:02x}{:02x}".format(*(int(part) for part in colour)) for colour in picked)


def scale_bar(look: Look, width: int, height: int) -> Rgb:
    """The colours of an overlay, from no heat at the left to the most at the right.

    Over mid grey and covered as a film is, like the legend on screen: the colours are those in the picture.

    Args:
        look: how the overlay was drawn.
        width: pixels.
        height: pixels.

    Returns:
        uint8 ``[height, width, 3]``.
    """
    heat = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    return overlay(np.full((height, width), _GREY, np.uint8), heat, replace(look, contour=False))


def plate(picture: Rgb, heatmap: Heatmap, look: Look, lines: tuple[str, ...]) -> Rgb:
    """A picture that can stand alone: below it a legend and lines of text on black.

    Args:
        picture: uint8 ``[H, W, 3]``, an overlay.
        heatmap: what it shows.
        look: how it was drawn.
        lines: what must be said of it; those too long for its width go on below.

    Returns:
        uint8 ``[H + strip, W, 3]``; a narrow picture gets black at its right, so that the lines fit.
    """
    picture = np.pad(picture, ((0, 0), (0, max(0, _PLATE - picture.shape[1])), (0, 0)))
    width = picture.shape[1]
    size = max(11, width // 64)
    font = typeface(size)
    left = size
    contour = f"; line at {percent(look.level)}" if look.contour else ""
    says = f"Colours: {shows(heatmap)}, scaled within this image{contour}"
    rows = [row for line in (says, *lines) for row in wrapped(line, font, width - 2 * left)]
    strip = Image.new("RGB", (width, round(size * (1.5 * len(rows) + 3.2))), (0, 0, 0))
    draw = ImageDraw.Draw(strip)
    draw.text((left, size * 0.6), "low", font=font, fill=(190, 190, 190))
    strip.paste(Image.fromarray(scale_bar(look, width // 4, size)), (left + 3 * size, round(size * 0.7)))
    draw.text((left + 3.6 * size + width // 4, size * 0.6), "high", font=font, fill=(190, 190, 190))
    for place, text in enumerate(rows):
        draw.text((left, size * (2.4 + 1.5 * place)), text, font=font, fill=(230, 230, 230))
    return np.vstack([picture, np.asarray(strip)])


@cache
def typeface(size: int) -> FreeTypeFont:
    """The letters in pictures, so many pixels high.

    matplotlib's: those of Pillow have no accents and no other alphabet, and classes may be called anything.
    """
    from PIL import ImageFont

    return ImageFont.truetype(_letters_file(), size)


def written(text: str) -> str:
    r"""Text as pictures can show it: a letter that the typeface lacks as its number, ``\u80ba``.

    Else it would be a box like any other, and two names could look alike.
    """
    drawn = _letters()
    return "".join(one if one.isspace() or ord(one) in drawn else one.encode("unicode_escape").decode() for one in text)


def wrapped(text: str, font: FreeTypeFont, width: float) -> list[str]:
    """Text as :func:`written`, in lines no wider than ``width``, pixels; a longer word, such as a digest, is broken."""
    lines = [""]
    for word in written(text).split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        for letter in word:
            if lines[-1] and font.getlength(lines[-1] + letter) > width:
                lines.append("")
            lines[-1] += letter
    return lines


@cache
def table(name: str) -> Rgb:
    """Every colour of a map from low to high, uint8 ``[256, 3]``."""
    from matplotlib import colormaps

    table = colormaps[COLOUR_MAPS[name].name](np.linspace(0, 1, 256))
    colours: NDArray[np.uint8] = np.rint(np.asarray(table)[:, :3] * 255).astype(np.uint8)
    return colours


def _letters_file() -> str:
    from matplotlib import get_data_path

    return str(Path(get_data_path(), "fonts", "ttf", "DejaVuSans.ttf"))


@cache
def _letters() -> frozenset[int]:
    """Code points that the typeface can draw."""
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(_letters_file()).get_charmap())


def _eight_bits(shares: NDArray[np.float32]) -> Image.Image:
    """Shares, 0…1, as a grey picture: what Pillow covers one picture with another by."""
    return Image.fromarray(np.rint(shares * 255).astype(np.uint8))


def _draw_lines(film: Image.Image, lines: list[NDArray[np.float64]], colour: tuple[int, int, int]) -> None:
    """Lines with a dark halo, so that they can be seen on bone, on air and on the map; ``film`` is drawn on."""
    thick = max(2.0, max(film.size) / 400)
    for grow, paint in ((2.2, (0, 0, 0)), (1.0, colour)):
        mask = Image.new("L", (film.width * _SMOOTH, film.height * _SMOOTH), 0)
        draw = ImageDraw.Draw(mask)
        for line in lines:
            draw.line((line * _SMOOTH).ravel().tolist(), fill=255, width=round(thick * grow * _SMOOTH))
        film.paste(paint, mask=mask.reduce(_SMOOTH))
