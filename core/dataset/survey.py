"""A folder of X-rays → its index: every film is read once, and measured. What cannot be read keeps its row."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Final

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from core.dataset import twins
from core.dataset.census import Census, of_columns
from core.dataset.folder import Film
from core.errors import XrayError
from core.files import read_at_most
from core.xray import LIMITS, read_xray

_AHEAD: Final = 64  # films being read at once: a few are in memory, not all


@dataclass(frozen=True, slots=True, eq=False)
class Measures:
    """What is measured of one film.

    Attributes:
        sha256: of the file's bytes; "" when not even those could be had.
        width, height: pixels; NaN when it cannot be read.
        phash: perceptual hash, 64 bits.
        greys: brightness, contrast, dark, bright, as in :data:`core.dataset.census.COLUMNS`.
        picture: uint8 ``[SIDE, SIDE]``, to compare it with others; forgotten when that is done.
        problem: why it cannot be read; "" when it can.
    """

    sha256: str
    width: float = np.nan
    height: float = np.nan
    phash: int = 0
    greys: tuple[float, float, float, float] = (np.nan,) * 4
    picture: NDArray[np.uint8] | None = None
    problem: str = ""


def survey(films: Sequence[Film], name: str) -> Census:
    """Read every film once, several at a time, with a bar of progress on standard error.

    Args:
        films: from :func:`core.dataset.index`. Only their names below the data folder enter the result.
        name: what to call the index.

    Returns:
        The index, rows in the order given. A film that cannot be read has no figures but the reason in ``problem``.
    """
    measured = list(tqdm(_measured(films), total=len(films), unit="film", leave=False))
    readable = np.array([not one.problem for one in measured], dtype=bool)
    group = np.zeros(len(measured), np.int64)
    if readable.any():
        group[readable] = twins.groups(
            np.array([one.phash for one in measured if not one.problem], np.uint64),
            np.stack([one.picture for one in measured if one.picture is not None]),
        )
    brightness, contrast, dark, bright = zip(*(one.greys for one in measured), strict=True)
    return of_columns(
        {
            "file": [film.file for film in films],
            "label": [film.label for film in films],
            "split": [film.split for film in films],
            "patient": [film.person for film in films],
            "width": [one.width for one in measured],
            "height": [one.height for one in measured],
            "sha256": [one.sha256 for one in measured],
            "phash": ["" if one.problem else f"{one.phash:016x}" for one in measured],
            "brightness": brightness,
            "contrast": contrast,
            "dark": dark,
            "bright": bright,
            "twins": np.where(group > 0, group, np.nan),
            "problem": [one.problem for one in measured],
        },
        name,
    )


def measure(film: Film) -> Measures:
    """Read and measure one film."""
    sha256 = ""
    try:
        data = read_at_most(film.path, LIMITS.max_bytes)
        if len(data) <= LIMITS.max_bytes:
            sha256 = hashlib.sha256(data).hexdigest()
        pixels = read_xray(data).pixels
    except XrayError as error:
        return Measures(sha256, problem=str(error))
    except OSError as error:
        return Measures(sha256, problem=f"The file cannot be opened ({error.strerror}).")
    dark, bright = np.percentile(pixels, (5, 95))
    grey = Image.fromarray(np.rint(pixels * 255).astype(np.uint8))
    return Measures(
        sha256,
        width=pixels.shape[1],
        height=pixels.shape[0],
        phash=int(str(imagehash.phash(grey)), 16),
        greys=(float(pixels.mean(dtype=np.float64)), float(pixels.std(dtype=np.float64)), float(dark), float(bright)),
        picture=np.asarray(grey.resize((twins.SIDE, twins.SIDE), Image.Resampling.BOX)),
    )


def _measured(films: Sequence[Film]) -> Iterator[Measures]:
    """Measures in the order of the films. Decoding and arithmetic let other threads run meanwhile."""
    rest = iter(films)
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        waiting: deque[Future[Measures]] = deque(pool.submit(measure, film) for film in islice(rest, _AHEAD))
        while waiting:
            one = waiting.popleft().result()
            waiting.extend(pool.submit(measure, film) for film in islice(rest, 1))
            yield one
