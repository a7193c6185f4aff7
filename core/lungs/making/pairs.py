"""Films and masks that are of the same picture, by their names."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from core.dataset import SUFFIXES, films_below
from core.errors import DataError
from core.xray import Preprocessing, read_file

SIZE = 128
"""Side of the network's square, pixels."""

SQUARE = Preprocessing(size=SIZE)
"""How a film becomes that square; its mean and deviation are not used."""

SAME_SHAPE = 0.02
"""Two pictures of one film have the same aspect ratio within this; otherwise one of them was cropped."""

BESIDE = frozenset({"41591_2020_819_Fig1_HTML.webp-day10", "80446565-E090-4187-A031-9D3CEAA586C8"})
"""Masks of the right shape that plainly lie beside the lungs, as was seen by eye: of another crop of the film."""

# All films of one publication or case are of one patient, as far as names tell.
_CASE = re.compile(
    r"^(1-s2\.0-S\d+|1\.CXRCT[^.]*|41591_\d+_\d+|all\d+|auntminnie|ciaa\d+|covid-19-(?:pneumonia-)?(?:\d+|evolution|"
    r"rapidly-progressive)|jkms-\d+-e\d+|kjr-\d+-e\d+|lancet-case\d+|nejmo?[ac]\d+|(?:nCoV-)?(?:radiol|ryct)\.\d+)"
)


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """A film with its mask.

    Attributes:
        name: of both, without ending.
        patient: who is on it, as far as its name tells.
        film: float32 ``[S, S]`` in 0…1, as the network gets it.
        mask: float32 ``[S, S]`` in 0…1: how much of each pixel is lung.
        aligned: whether mask and film are of one crop.
    """

    name: str
    patient: str
    film: NDArray[np.float32]
    mask: NDArray[np.float32]
    aligned: bool


def pairs(masks: Path, films: Path) -> list[Pair]:
    """Every film for which there is a mask, sorted by name.

    Args:
        masks: a ZIP of grey pictures, lung white, named as the films are.
        films: a folder, searched with all its folders.

    Raises:
        DataError: the ZIP cannot be read, or no name fits.
    """
    files = {path.stem: path for path in films_below(films)}
    found = []
    try:
        with zipfile.ZipFile(masks) as opened:
            for member in opened.namelist():
                path = files.get(PurePosixPath(member).stem)
                if path is not None and PurePosixPath(member).suffix.lower() in SUFFIXES:
                    found.append(_pair(path, opened.read(member)))
    except (OSError, zipfile.BadZipFile, UnidentifiedImageError) as error:
        raise DataError(f"The masks in {masks} cannot be read ({error}). Give a ZIP of PNG or JPEG files.") from error
    if not found:
        raise DataError(f"No film in {films} is named as a mask in {masks}. Films and masks must have the same names.")
    return sorted(found, key=lambda pair: pair.name)


def _pair(path: Path, data: bytes) -> Pair:
    xray = read_file(path)
    drawn = np.asarray(Image.open(io.BytesIO(data)).convert("L"), dtype=np.float32) / np.float32(255)
    shapes = (xray.width / xray.height) / (drawn.shape[1] / drawn.shape[0])
    case = _CASE.match(path.stem)
    return Pair(
        path.stem,
        case[0].lower() if case else path.stem,
        SQUARE.square(xray),
        SQUARE.squash(drawn),
        abs(shapes - 1) <= SAME_SHAPE and path.stem not in BESIDE,
    )


def divide(found: Sequence[Pair], val: int, test: int, seed: int) -> dict[str, list[Pair]]:
    """Split by patient: about so many aligned films to choose on and to test on, the rest to learn from.

    Only aligned films are chosen and tested on; films of those patients that are not aligned are left out.
    """
    people = sorted({pair.patient for pair in found if pair.aligned})
    order = np.random.default_rng(seed).permutation(len(people))
    place: dict[str, str] = {}
    for name, wanted in (("test", test), ("val", val)):
        for person in (people[at] for at in order):
            taken = sum(place.get(pair.patient) == name for pair in found if pair.aligned)
            if taken < wanted and person not in place:
                place[person] = name
    split: dict[str, list[Pair]] = {"train": [], "val": [], "test": []}
    for pair in found:
        part = place.get(pair.patient, "train")
        if part == "train" or pair.aligned:
            split[part].append(pair)
    return split


def mended(pair: Pair, mask: NDArray[np.float32]) -> Pair:
    """The pair with its mask laid where the lungs are."""
    return replace(pair, mask=mask, aligned=True)
