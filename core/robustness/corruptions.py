"""CORRUPTIONS: the frozen table of ways to make a film worse. Loading it loads no torch.

They act on the square that a network is fed, float32 ``[S, S]`` in 0…1, so that a strength means the same for films of
every size. Strengths follow the idea of Hendrycks & Dietterich 2019, "Benchmarking Neural Network Robustness to Common
Corruptions and Perturbations", arXiv:1903.12261: from what one might not notice to what nobody would accept.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from core.table import Table

Square = NDArray[np.float32]
Apply = Callable[[Square, float, np.random.Generator], Square]

STRENGTHS = 5


@dataclass(frozen=True, slots=True)
class Corruption:
    """A way to make a film worse.

    Attributes:
        name: key in the table.
        title: how it is written on screen.
        says: what the amounts are, in words.
        amounts: one per strength, weakest first.
        apply: film, amount, source of chance → film. Works on a map as well where ``moves``.
        moves: whether places move: a map then has to be moved alike before it is compared.
    """

    name: str
    title: str
    says: str
    amounts: tuple[float, float, float, float, float]
    apply: Apply
    moves: bool = False

    def film(self, square: Square, strength: int, seed: int) -> Square:
        """The film at a strength, 1…STRENGTHS, in 0…1."""
        made = self.apply(square, self.amounts[strength - 1], np.random.default_rng(seed))
        return np.clip(made, 0, 1).astype(np.float32)

    def map(self, values: Square, strength: int) -> Square:
        """A map of the whole film, moved as the film is."""
        if not self.moves:
            return values
        return self.apply(values, self.amounts[strength - 1], np.random.default_rng(0)).astype(np.float32)


def _noise(square: Square, deviation: float, rng: np.random.Generator) -> Square:
    grain: Square = rng.normal(0, deviation, square.shape).astype(np.float32)
    return square + grain


def _blur(square: Square, share: float, _: np.random.Generator) -> Square:
    made: Square = ndimage.gaussian_filter(square, share * square.shape[0], mode="nearest")
    return made


def _jpeg(square: Square, quality: float, _: np.random.Generator) -> Square:
    out = io.BytesIO()
    Image.fromarray(np.rint(255 * square).astype(np.uint8)).save(out, "JPEG", quality=round(quality))
    return np.asarray(Image.open(out), dtype=np.float32) / np.float32(255)


def _fewer(square: Square, factor: float, _: np.random.Generator) -> Square:
    side = square.shape[0]
    image = Image.fromarray(square)
    small = image.resize((round(side / factor),) * 2, Image.Resampling.BOX)
    return np.asarray(small.resize((side, side), Image.Resampling.BILINEAR), dtype=np.float32)


def _contrast(square: Square, factor: float, _: np.random.Generator) -> Square:
    mean = square.mean()
    made: Square = mean + factor * (square - mean)
    return made


def _gamma(square: Square, exponent: float, _: np.random.Generator) -> Square:
    made: Square = np.power(square, exponent, dtype=np.float32)
    return made


def _turn(square: Square, degrees: float, _: np.random.Generator) -> Square:
    made: Square = ndimage.rotate(square, degrees, reshape=False, order=1, mode="nearest")
    return made


def _shift(square: Square, share: float, _: np.random.Generator) -> Square:
    by = share * square.shape[0]
    made: Square = ndimage.shift(square, (by, by), order=1, mode="nearest")
    return made


def _crop(square: Square, share: float, _: np.random.Generator) -> Square:
    side = square.shape[0]
    offset = (1 - share) * (side - 1) / 2
    made: Square = ndimage.affine_transform(square, (share, share), offset=(offset, offset), order=1, mode="nearest")
    return made


_MARKER = 0.08
"""Side of a marker, as a share of the film's: about that of a lead letter."""


def _markers(square: Square, count: float, rng: np.random.Generator) -> Square:
    made, side = square.copy(), square.shape[0]
    size = round(_MARKER * side)
    for top, left in rng.integers(0, side - size, (round(count), 2)):
        made[top : top + size, left : left + size] = 1
    return made


def _inverted(square: Square, share: float, _: np.random.Generator) -> Square:
    made: Square = (1 - share) * square + share * (1 - square)
    return made


CORRUPTIONS: Table[Corruption] = Table(
    "corruption",
    Corruption("noise", "Noise", "deviation of Gaussian noise; grey is 0 to 1", (0.02, 0.04, 0.08, 0.12, 0.18), _noise),
    Corruption("blur", "Blur", "deviation of a Gaussian, share of the side", (0.004, 0.008, 0.012, 0.02, 0.03), _blur),
    Corruption("jpeg", "JPEG", "quality", (60, 40, 25, 15, 8), _jpeg),
    Corruption("downsampling", "Down-sampling", "times fewer pixels a side", (1.5, 2, 3, 4, 6), _fewer),
    Corruption("contrast", "Less contrast", "factor about the mean", (0.8, 0.6, 0.45, 0.3, 0.2), _contrast),
    Corruption("brighter", "Gamma, brighter", "exponent", (0.85, 0.7, 0.55, 0.45, 0.35), _gamma),
    Corruption("darker", "Gamma, darker", "exponent", (1.2, 1.5, 1.9, 2.4, 3), _gamma),
    Corruption("turn", "Turn", "degrees", (2, 4, 8, 12, 16), _turn, moves=True),
    Corruption(
        "shift", "Shift", "down and right, share of the side", (0.02, 0.04, 0.08, 0.12, 0.16), _shift, moves=True
    ),
    Corruption("crop", "Crop", "share of the side that is left", (0.95, 0.9, 0.85, 0.8, 0.7), _crop, moves=True),
    Corruption("markers", "Occluding markers", "bright squares, 8 % of the side each", (1, 2, 4, 6, 8), _markers),
    Corruption("inverted", "Inverted polarity", "share of the inverted film", (0.1, 0.2, 0.35, 0.75, 1), _inverted),
)
