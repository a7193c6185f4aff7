"""Something to try without a film: average radiographs, shipped, and 16 public films, fetched on request.

An average is the mean of all training films of a class. It shows no patient, and a network reads it as it reads a
film, which makes it good for a first look and worthless as evidence: its caption says so, and so does the file.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin
from tqdm import tqdm

from core.dataset import Film
from core.download import LICENCE, REPO, Progress, complete, fetch, films, shards
from core.errors import DataError, DownloadError, XrayError
from core.tasks import TASKS, Task
from core.xray import Preprocessing, read_xray

ASSETS: Final = Path(__file__).parent / "assets"
SIDE: Final = 224
LEAST: Final = 100
"""Fewer films are not averaged: the mean of a handful still shows each of them."""

_FILMS: Final = "Films"  # PNG text keys
_NOTE: Final = "Description"


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture to try.

    Attributes:
        title: short, unique among its kind; holds no file name.
        caption: what it is and where it is from.
        data: bytes of a PNG or JPEG file, for :func:`core.xray.read_xray`.
        kind: "average" of many films, or one real "film".
    """

    title: str
    caption: str
    data: bytes
    kind: Literal["average", "film"]


def average_films(task_name: str, folder: Path = ASSETS) -> tuple[Sample, ...]:
    """The average radiographs of a task's classes that are there, in the order of the classes.

    Raises:
        UnknownNameError: there is no such task.
        DataError: a file is damaged.
    """
    chosen = TASKS[task_name]
    found = [(label, average_path(folder, chosen, label)) for label in chosen.classes]
    return tuple(_average(path, chosen.words[label]) for label, path in found if path.is_file())


def average_path(folder: Path, of: Task, label: str) -> Path:
    """Where the average of one class lies: ``<task>-<class>-average.png``, in lower case."""
    return folder / f"{of.name}-{label.lower()}-average.png"


def make_averages(rows: Sequence[Film], of: Task, out: Path = ASSETS, least: int = LEAST) -> list[Path]:
    """Average the films of every class and write one PNG each: 8-bit grey, 224 x 224.

    Every film is read and squeezed as for a network. Unreadable ones are left out, and not counted.

    Args:
        rows: the films to average, of the training split.
        of: the task whose classes they show.
        out: folder, created if need be.
        least: the fewest films a class may have.

    Returns:
        The files, in the order of the classes.

    Raises:
        DataError: a class has too few readable films for a mean that shows no single one of them.
    """
    means = {label: _mean([film for film in rows if film.label == label], label) for label in of.classes}
    for label, (_, count) in means.items():
        if count < least:
            raise DataError(f"Class {label} has {count} readable films; an average needs {least}. Add films.")
    out.mkdir(parents=True, exist_ok=True)
    paths = []
    for label, (mean, count) in means.items():
        text = PngImagePlugin.PngInfo()
        text.add_text("Title", f"{of.words[label]}: class average, not a patient")
        text.add_text(
            _NOTE, f"Mean of all {count} readable training films of class {label}. Class average, not a patient."
        )
        text.add_text(_FILMS, str(count))
        path = average_path(out, of, label)
        pixels = np.rint(mean * 255).astype(np.uint8)  # [S, S]
        Image.fromarray(pixels).save(path, format="PNG", optimize=True, pnginfo=text)
        paths.append(path)
    return paths


def public_films(progress: Progress | None = None, folder: Path | None = None) -> list[Sample]:
    """16 real films: the validation part (3 MB) of the public pneumonia set, kept in the user's cache folder.

    Once fetched they need no network.

    Args:
        progress: called with bytes done and bytes in all.
        folder: where to keep them; :func:`cache_folder` by default.

    Raises:
        DownloadError: no network, not on the hub, damaged on the way, or the folder cannot be written.
        DataError: the names do not tell the classes.
    """
    home = cache_folder() if folder is None else folder
    kept = sorted((home / "data").glob("validation-*.parquet"))
    if not complete(kept):
        kept = [fetch(shard, home, progress) for shard in shards("validation")]
    rows = [film for path in kept for film in films(path)]
    return [
        Sample(
            title=f"Public film {number}: {TASKS['pneumonia'].words[film.label].lower()}",
            caption=(
                f"Labelled {film.label} in the validation part of {REPO} (Kermany et al. 2018, {LICENCE}). "
                "A child of 1 to 5 years, frontal view."
            ),
            data=film.data,
            kind="film",
        )
        for number, film in enumerate(rows, start=1)
    ]


def cache_folder() -> Path:
    """Where fetched films are kept: ``PNEUMOLENS_CACHE``, or ``pneumolens`` in the platform's cache folder.

    Raises:
        DownloadError: the user has no home folder and nothing else is set.
    """
    if chosen := os.environ.get("PNEUMOLENS_CACHE"):
        return Path(chosen)
    if base := os.environ.get("XDG_CACHE_HOME"):
        return Path(base) / "pneumolens"
    try:
        home = Path.home()
    except RuntimeError as error:
        raise DownloadError("There is no home folder to keep films in. Set PNEUMOLENS_CACHE to a folder.") from error
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "pneumolens" / "Cache"
    return home / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "pneumolens"


def _average(path: Path, words: str) -> Sample:
    try:
        data = path.read_bytes()
        with Image.open(io.BytesIO(data)) as image:
            count = int(image.info[_FILMS])
            image.load()
    except (OSError, SyntaxError, KeyError, ValueError) as error:
        raise DataError(
            f"The average radiograph '{words}' is damaged. Make it again: python -m core averages."
        ) from error
    return Sample(
        title=f"Average: {words}",
        caption=f"Mean of {count:,} training films. A class average, not a patient.",
        data=data,
        kind="average",
    )


def _mean(rows: Iterable[Film], label: str) -> tuple[NDArray[np.float64], int]:
    """Mean film of one class, float64 ``[S, S]`` in 0…1, and how many were read."""
    squash = Preprocessing(canvas=SIDE, size=SIDE).squash
    total = np.zeros((SIDE, SIDE))
    count = 0
    for film in tqdm(list(rows), desc=label, unit="film", leave=False):
        try:
            total += squash(read_xray(film.path.read_bytes()).pixels)
        except (XrayError, OSError):
            continue  # training skips it as well, and lists it
        count += 1
    return total / max(count, 1), count
