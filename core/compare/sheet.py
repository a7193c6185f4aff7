"""A whole comparison on one page, A4 across: as PNG, or as PDF. Pillow writes both.

Everything on the page is given in words and pixels; nothing here knows of networks, and no file name is asked for.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from core.render import Rgb, png, typeface, wrapped

WIDTH: Final = 2480
HEIGHT: Final = 1754
"""A4 across at 212 dots an inch, pixels."""

_DPI: Final = WIDTH / 11.69
_MARGIN: Final = 70
_GAP: Final = 36
_ACROSS: Final = 4  # pictures in a row
_SMALL, _TEXT, _BIG, _TITLE = 24, 28, 34, 48
_LINE: Final = 1.3  # line height / letter height
_BARS: Final = 6  # classes of a reading, of those that have many
_NAMES_MOST: Final = 0.6  # of the width of a reading: longer names of classes go on below
_BESIDE: Final = 270  # width of lines beside a picture
_APART: Final = 16  # between a picture and what stands at it
_FOOT_MOST: Final = 0.3  # of the page: a longer foot is set smaller
_TILES_LEAST: Final = 0.32  # of the page: the same where less were left for the pictures
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
        scale: colours of the maps from low to high, uint8 ``[h, w, 3]``; ``None`` where no map is drawn.
    """

    title: str
    says: str
    bars: Sequence[Bars]
    tiles: Sequence[Tile]
    figures: Sequence[str]
    foot: Sequence[str]
    scale: Rgb | None = None

    def image(self) -> Image.Image:
        """The page, RGB."""
        page = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
        draw = ImageDraw.Draw(page)
        inner = WIDTH - 2 * _MARGIN
        below = _paragraph(draw, (_MARGIN, _MARGIN, inner), self.title, _TITLE)
        below = _paragraph(draw, (_MARGIN, below, inner), self.says, _TEXT) + _GAP // 2
        below = _bars(draw, self.bars, below) + _GAP // 2
        if self.scale is not None:
            below = _scale(page, self.scale, below) + _GAP // 2
        top = _foot(draw, [*self.figures, "", *self.foot] if self.figures else self.foot, below)
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


def _foot(draw: ImageDraw.ImageDraw, texts: Sequence[str], above: float) -> float:
    """Texts in two columns at the bottom, one after the other, below what ends at ``above``; where they begin."""
    column = (WIDTH - 2 * _MARGIN - _GAP) / 2
    most = min(HEIGHT * _FOOT_MOST, HEIGHT * (1 - _TILES_LEAST) - _MARGIN - _GAP - above)
    for size in range(_SMALL, _LEAST - 1, -1):
        lines = [line for text in texts for line in wrapped(text, typeface(size), column)]
        rows, step = -(-len(lines) // 2), size * _LINE
        if rows * step <= most:
            break
    top = round(HEIGHT - _MARGIN - rows * step)
    draw.line([(_MARGIN, top - 12), (WIDTH - _MARGIN, top - 12)], fill=_RULE, width=2)
    for place, line in enumerate(lines):
        at = _MARGIN + place // rows * (column + _GAP), top + place % rows * step
        draw.text(at, line, font=typeface(size), fill=_INK)
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
        shares, others = _most(one.shares)
        names = {words: wrapped(words, typeface(_SMALL), width * _NAMES_MOST) for words in shares}
        name_width = max(typeface(_SMALL).getlength(line) for lines in names.values() for line in lines) + _GAP / 2
        room = width - name_width - 110  # the percentage stands behind the bar
        most = max(shares.values())
        for words, share in shares.items():
            end = left + name_width + max(2.0, room * share)
            colour = _ACCENT if share == most else _FAINT
            draw.rectangle([left + name_width, at + 4, end, at + _SMALL], fill=colour)
            draw.text((end + 10, at), f"{100 * share:.1f} %", font=typeface(_SMALL), fill=_INK)
            for line in names[words]:
                draw.text((left, at), line, font=typeface(_SMALL), fill=_INK)
                at += _SMALL * _LINE
        below = max(below, _paragraph(draw, (left, at, width), others, _SMALL, _FAINT) if others else at)
    return below


def _most(shares: Mapping[str, float]) -> tuple[Mapping[str, float], str]:
    """The classes drawn, and the others in a line: of many only the most probable, which would else fill the page."""
    if len(shares) <= _BARS + 1:  # in place of one bar there would be one line
        return shares, ""
    drawn = sorted(shares, key=shares.__getitem__, reverse=True)[:_BARS]
    rest = [share for words, share in shares.items() if words not in drawn]
    return {words: shares[words] for words in drawn}, f"and {len(rest)} more: {100 * sum(rest):.1f} %"


def _scale(page: Image.Image, scale: Rgb, top: float) -> float:
    """The colour scale of all maps in a line; where it ends."""
    draw, letters = ImageDraw.Draw(page), typeface(_SMALL)
    low, high = "Colours of the maps: low", "high"
    left = round(_MARGIN + letters.getlength(low)) + _APART
    draw.text((_MARGIN, top), low, font=letters, fill=_FAINT)
    page.paste(Image.fromarray(scale), (left, round(top) + 4))
    draw.text((left + scale.shape[1] + _APART, top), high, font=letters, fill=_FAINT)
    return top + _SMALL * _LINE


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
    letters = _SMALL
    if tile.picture is not None:
        picture = Image.fromarray(tile.picture)
        letters, scale, beside = _fitted(tile.lines, picture.size, width, height)
        size = [max(1, int(side * scale)) for side in picture.size]
        page.paste(picture.resize((size[0], size[1]), Image.Resampling.LANCZOS), (round(left), round(at)))
        if beside:
            left, width = left + size[0] + _APART, width - size[0] - _APART
        else:
            at += size[1] + _APART / 2
    for text in tile.lines:
        at = _paragraph(draw, (left, at, width), text, letters, _FAINT)


def _fitted(texts: Sequence[str], picture: tuple[int, int], width: float, height: float) -> tuple[int, float, bool]:
    """How a picture and its lines share a box: letter size, the picture's scale, whether the lines stand beside it.

    Lines have their room first. They are set smaller, down to what can be read, where they would cost the picture more
    than a quarter of the size that it has without them.
    """
    across, down = picture
    alone = min(width / across, height / down)
    largest = min((width - _BESIDE) / across, height / down)
    for size in range(_SMALL, _LEAST - 1, -1):
        below = min(width / across, (height - _tall(texts, size, width) - _APART / 2) / down)
        beside = next(
            (
                scale
                for scale in (largest, largest / 1.5, largest / 2)
                if _tall(texts, size, width - scale * across - _APART) <= height
            ),
            0.0,
        )
        if max(below, beside) >= 0.75 * alone:
            break
    return size, max(below, beside), beside > below


def _tall(texts: Sequence[str], size: int, width: float) -> float:
    """Height of texts in a column."""
    return sum(len(wrapped(text, typeface(size), width)) for text in texts) * size * _LINE


def _paragraph(
    draw: ImageDraw.ImageDraw,
    box: tuple[float, float, float],
    text: str,
    size: int,
    colour: tuple[int, int, int] = _INK,
) -> float:
    """Text in a box of left, top and width; where it ends."""
    left, top, width = box
    for line in wrapped(text, typeface(size), width):
        draw.text((left, top), line, font=typeface(size), fill=colour)
        top += size * _LINE
    return top
