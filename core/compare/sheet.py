"""A whole comparison on one page, A4 across: as PNG, or as PDF. Pillow writes both.

Everything on the page is given in words and pixels; nothing here knows of networks, and no file name is asked for.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image, ImageDraw

from core.render import Rgb, png, wrapped

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont, ImageFont

WIDTH: Final = 2480
HEIGHT: Final = 1754
"""A4 across at 212 dots an inch, pixels."""

_DPI: Final = WIDTH / 11.69
_MARGIN: Final = 70
_GAP: Final = 36
_ACROSS: Final = 4  # pictures in a row
_SMALL, _TEXT, _BIG, _TITLE = 24, 28, 34, 48
_LINE: Final = 1.3  # line height / letter height
_BESIDE: Final = 270  # width of lines beside a picture
_FOOT_MOST: Final = 0.3  # of the page: a longer foot is set smaller
_LEAST: Final = 18  # and no smaller than this: what does not fit then takes room from the pictures
_PAPER, _INK, _FAINT, _RULE, _ACCENT = (255, 255, 255), (20, 25, 30), (95, 105, 112), (205, 211, 215), (11, 114, 133)
_WARNING: Final = (164, 74, 0)


@dataclass(frozen=True, slots=True)
class Bars:
    """One reading.

    Attributes:
        title: whose.
        verdict: in words, with its percentage.
        shares: class in words → probability, 0…1.
        first: what must be known before the verdict, a line each: that a human must read, that the film was refused.
    """

    title: str
    verdict: str
    shares: Mapping[str, float]
    first: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """One picture.

    Attributes:
        title: what it shows.
        picture: uint8 ``[H, W, 3]``; ``None`` when there is none to show, and the lines say why.
        lines: under it.
    """

    title: str
    picture: Rgb | None
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """What is on the page, from top to bottom.

    Attributes:
        title: of the page.
        says: under it, a sentence.
        bars: readings.
        tiles: pictures, at most eight.
        figures: how far the maps agree, a line each.
        foot: provenance and notice, a line each.
    """

    title: str
    says: str
    bars: Sequence[Bars]
    tiles: Sequence[Tile]
    figures: Sequence[str]
    foot: Sequence[str]

    def image(self) -> Image.Image:
        """The page, RGB."""
        page = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
        draw = ImageDraw.Draw(page)
        inner = WIDTH - 2 * _MARGIN
        below = _paragraph(draw, (_MARGIN, _MARGIN, inner), self.title, _TITLE)
        below = _paragraph(draw, (_MARGIN, below, inner), self.says, _TEXT) + _GAP // 2
        below = _bars(draw, self.bars, below) + _GAP // 2
        top = _foot(draw, [*self.figures, "", *self.foot] if self.figures else self.foot)
        _tiles(page, self.tiles, below, top - _GAP)
        return page

    def png(self, texts: Mapping[str, str]) -> bytes:
        """The page as PNG.

        Args:
            texts: stored beside the pixels, keyword → text.
        """
        return png(np.asarray(self.image()), texts)

    def pdf(self, texts: Mapping[str, str]) -> bytes:
        """The page as PDF.

        Args:
            texts: the same facts, kept as the document's keywords.
        """
        buffer = io.BytesIO()
        keywords = "; ".join(f"{key}: {text}" for key, text in texts.items())
        self.image().save(
            buffer, "PDF", resolution=_DPI, quality=95, title=self.title, subject=self.says, keywords=keywords
        )
        return buffer.getvalue()


def _foot(draw: ImageDraw.ImageDraw, texts: Sequence[str]) -> float:
    """Texts in two columns at the bottom, one after the other; where they begin."""
    column = (WIDTH - 2 * _MARGIN - _GAP) / 2
    for size in range(_SMALL, _LEAST - 1, -1):
        lines = [line for text in texts for line in wrapped(text, _font(size), column)]
        rows, step = -(-len(lines) // 2), size * _LINE
        if rows * step <= HEIGHT * _FOOT_MOST:
            break
    top = round(HEIGHT - _MARGIN - rows * step)
    draw.line([(_MARGIN, top - 12), (WIDTH - _MARGIN, top - 12)], fill=_RULE, width=2)
    for place, line in enumerate(lines):
        at = _MARGIN + place // rows * (column + _GAP), top + place % rows * step
        draw.text(at, line, font=_font(size), fill=_INK)
    return top


def _bars(draw: ImageDraw.ImageDraw, bars: Sequence[Bars], top: float) -> float:
    """Readings in a row; where they end."""
    width = (WIDTH - 2 * _MARGIN - _GAP * (len(bars) - 1)) / max(1, len(bars))
    below = top
    for place, one in enumerate(bars):
        left = _MARGIN + place * (width + _GAP)
        at = _paragraph(draw, (left, top, width), one.title, _TEXT, _FAINT)
        for text in one.first:
            at = _paragraph(draw, (left, at, width), text, _TEXT, _WARNING)
        at = _paragraph(draw, (left, at, width), one.verdict, _BIG)
        name_width = max(_font(_SMALL).getlength(words) for words in one.shares) + _GAP / 2
        room = width - name_width - 110  # the percentage stands behind the bar
        most = max(one.shares.values())
        for words, share in one.shares.items():
            draw.text((left, at), words, font=_font(_SMALL), fill=_INK)
            end = left + name_width + max(2.0, room * share)
            colour = _ACCENT if share == most else _FAINT
            draw.rectangle([left + name_width, at + 4, end, at + _SMALL], fill=colour)
            draw.text((end + 10, at), f"{100 * share:.1f} %", font=_font(_SMALL), fill=_INK)
            at += _SMALL * _LINE
        below = max(below, at)
    return below


def _tiles(page: Image.Image, tiles: Sequence[Tile], top: float, bottom: float) -> None:
    """Pictures in one row or two, as large as they fit."""
    rows = -(-len(tiles) // _ACROSS)
    across = -(-len(tiles) // max(1, rows))
    width = (WIDTH - 2 * _MARGIN - _GAP * (across - 1)) / max(1, across)
    height = (bottom - top - _GAP / 2 * (rows - 1)) / max(1, rows)
    for place, tile in enumerate(tiles):
        left = _MARGIN + (place % across) * (width + _GAP)
        upper = top + (place // across) * (height + _GAP / 2)
        _tile(page, tile, (left, upper, width, height))


def _tile(page: Image.Image, tile: Tile, box: tuple[float, float, float, float]) -> None:
    """A picture in a box of left, top, width and height; its lines below or beside it, where it is larger so."""
    left, top, width, height = box
    draw = ImageDraw.Draw(page)
    at = _paragraph(draw, (left, top, width), tile.title, _TEXT) + 4
    height -= at - top
    if tile.picture is not None:
        picture = Image.fromarray(tile.picture)
        below = [line for text in tile.lines for line in wrapped(text, _font(_SMALL), width)]
        scales = (
            min(width / picture.width, (height - len(below) * _SMALL * _LINE - 8) / picture.height),
            min((width - _BESIDE) / picture.width, height / picture.height),
        )
        size = [max(1, round(side * max(scales))) for side in picture.size]
        page.paste(picture.resize((size[0], size[1]), Image.Resampling.LANCZOS), (round(left), round(at)))
        if scales[1] > scales[0]:
            left, width = left + size[0] + 16, width - size[0] - 16
        else:
            at += size[1] + 8
    for text in tile.lines:
        at = _paragraph(draw, (left, at, width), text, _SMALL, _FAINT)


def _paragraph(
    draw: ImageDraw.ImageDraw,
    box: tuple[float, float, float],
    text: str,
    size: int,
    colour: tuple[int, int, int] = _INK,
) -> float:
    """Text in a box of left, top and width; where it ends."""
    left, top, width = box
    for line in wrapped(text, _font(size), width):
        draw.text((left, top), line, font=_font(size), fill=colour)
        top += size * _LINE
    return top


@cache
def _font(size: int) -> FreeTypeFont | ImageFont:
    from PIL import ImageFont

    return ImageFont.load_default(size)
