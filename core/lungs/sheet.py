"""Many films with the outlines of their lungs on one picture: an outline is judged by looking at it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

from core.lungs.fields import LungFields
from core.xray import Xray

SIDE: Final = 224
"""Of a film on the sheet, pixels."""

_ACROSS: Final = 6  # films in a row
_LINE: Final = (255, 70, 70)


def sheet(films: Sequence[tuple[Xray, LungFields]], first: int = 0) -> Image.Image:
    """A picture of films squeezed to squares, each with its number, and the word of doubt where there is one.

    Args:
        films: films and their lung fields.
        first: number of the first film.
    """
    rows = -(-len(films) // _ACROSS)
    page = Image.new("RGB", (_ACROSS * SIDE, rows * SIDE))
    for place, (xray, fields) in enumerate(films):
        tile = Image.fromarray(_outlined(xray, fields))
        pen = ImageDraw.Draw(tile)
        pen.text((3, 2), str(first + place), fill=(255, 255, 0))
        if not fields.plausible:
            pen.text((3, SIDE - 14), "in doubt", fill=(255, 255, 0))
        page.paste(tile, (place % _ACROSS * SIDE, place // _ACROSS * SIDE))
    return page


def _outlined(xray: Xray, fields: LungFields) -> NDArray[np.uint8]:
    film = Image.fromarray(xray.pixels).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    grey = np.rint(np.asarray(film).clip(0, 1) * 255).astype(np.uint8)
    picture = np.stack([grey] * 3, axis=-1)
    mask = fields.mask(SIDE, SIDE)
    picture[mask ^ ndimage.binary_erosion(mask)] = _LINE
    return picture
