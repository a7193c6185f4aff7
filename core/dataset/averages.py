"""What the films of a class look like on average, how much they differ, and what sets a class apart.

Means over many films show no patient. They are made once, by ``python -m core averages``, and shipped as pictures.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin
from tqdm import tqdm

from core.dataset.folder import Film
from core.errors import DataError, XrayError
from core.files import ASSETS
from core.tasks import TASKS, Task
from core.xray import Preprocessing, read_file

SIDE: Final = 224
LEAST: Final = 100
"""Fewer films are not averaged: the mean of a handful still shows each of them."""

MOST: Final = 0.5
"""Largest standard deviation that numbers between 0 and 1 can have; stored as white."""

FILMS: Final = "Films"  # PNG text keys
NOTE: Final = "Description"

Square = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """The films of a class, taken together.

    Attributes:
        label: the class.
        films: how many.
        mean: float64 ``[SIDE, SIDE]`` in 0…1.
        deviation: standard deviation of each pixel over the films, the same shape, in 0…MOST.
    """

    label: str
    films: int
    mean: Square
    deviation: Square


def portraits(task_name: str, folder: Path = ASSETS) -> tuple[Portrait, ...]:
    """The shipped portraits of a task's classes, in their order; empty when those of any class are missing.

    Raises:
        UnknownNameError: there is no such task.
        DataError: a file is damaged.
    """
    task = TASKS[task_name]
    paths = [(label, average_path(folder, task, label), deviation_path(folder, task, label)) for label in task.classes]
    if not all(path.is_file() for _, *both in paths for path in both):
        return ()
    found = []
    for label, average, deviation in paths:
        (mean, films), (spread, _) = stored(average), stored(deviation)
        found.append(Portrait(label, films, mean, spread * MOST))
    return tuple(found)


def differences(found: Sequence[Portrait]) -> tuple[Square, ...]:
    """Each class' mean minus the mean over all films, every film counting once; float64 ``[SIDE, SIDE]`` in -1…1."""
    overall = np.average([portrait.mean for portrait in found], axis=0, weights=[portrait.films for portrait in found])
    return tuple(portrait.mean - overall for portrait in found)


def signed(values: Square, limit: float, colours: str) -> NDArray[np.uint8]:
    """Numbers of both signs as colours, 0 in the middle.

    Args:
        values: float64 ``[H, W]``.
        limit: what is drawn in the last colour at either end, above 0.
        colours: name of a diverging colour map of matplotlib.

    Returns:
        uint8 ``[H, W, 3]``.
    """
    from matplotlib import colormaps

    place = np.clip(values / (2 * limit) + 0.5, 0, 1)
    coloured: NDArray[np.uint8] = np.rint(colormaps[colours](place)[:, :, :3] * 255).astype(np.uint8)
    return coloured


def average_path(folder: Path, task: Task, label: str) -> Path:
    """Where the average of one class lies: ``<task>-<class>-average.png``, in lower case."""
    return folder / f"{task.name}-{label.lower()}-average.png"


def deviation_path(folder: Path, task: Task, label: str) -> Path:
    """Where the standard deviation of one class lies: ``<task>-<class>-deviation.png``, in lower case."""
    return folder / f"{task.name}-{label.lower()}-deviation.png"


def make_averages(rows: Sequence[Film], task: Task, out: Path = ASSETS, least: int = LEAST) -> list[Path]:
    """Mean and standard deviation of the films of every class, one PNG each: 8-bit grey, 224 x 224.

    Every film is read and squeezed as for a network. Unreadable ones are left out, and not counted.

    Args:
        rows: the films, of the training split.
        task: whose classes they show.
        out: folder, created if need be.
        least: the fewest films a class may have.

    Returns:
        The files, in the order of the classes, the average before the deviation.

    Raises:
        DataError: a class has too few readable films for a mean that shows no single one of them.
    """
    made = [_portrait([film for film in rows if film.label == label], label) for label in task.classes]
    for one in made:
        if one.films < least:
            raise DataError(f"Class {one.label} has {one.films} readable films; an average needs {least}. Add films.")
    out.mkdir(parents=True, exist_ok=True)
    paths = []
    for one in made:
        words, whose = task.words[one.label], f"all {one.films} readable training films of class {one.label}"
        paths += [average_path(out, task, one.label), deviation_path(out, task, one.label)]
        _store(paths[-2], one.mean, f"{words}: class average", f"Mean of {whose}.", one.films)
        says = f"Standard deviation of {whose}; white is {MOST}."
        _store(paths[-1], one.deviation / MOST, f"{words}: standard deviation", says, one.films)
    return paths


def stored(path: Path) -> tuple[Square, int]:
    """What is in a file of :func:`make_averages`: float64 ``[SIDE, SIDE]`` in 0…1, and of how many films it is.

    Raises:
        DataError: it is damaged, or no such file.
    """
    try:
        with Image.open(path) as image:
            films = int(image.info[FILMS])
            return np.asarray(image.convert("L"), dtype=np.float64) / 255, films
    except (OSError, SyntaxError, KeyError, ValueError) as error:
        raise DataError("An average radiograph is damaged. Make it again: python -m core averages.") from error


def _store(path: Path, values: Square, title: str, note: str, films: int) -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Title", f"{title}, not a patient")
    text.add_text(NOTE, f"{note} Class average, not a patient.")
    text.add_text(FILMS, str(films))
    pixels = np.rint(values * 255).astype(np.uint8)  # [SIDE, SIDE]
    Image.fromarray(pixels).save(path, format="PNG", optimize=True, pnginfo=text)


def _portrait(rows: Iterable[Film], label: str) -> Portrait:
    """Mean and deviation of one class, and how many of its films were read."""
    preprocessing = Preprocessing(canvas=SIDE, size=SIDE)
    mean, squares, count = np.zeros((SIDE, SIDE)), np.zeros((SIDE, SIDE)), 0
    for film in tqdm(list(rows), desc=label, unit="film", leave=False):
        try:
            pixels = preprocessing.square(read_file(film.path)).astype(np.float64)
        except (XrayError, OSError):
            continue  # training skips it as well, and lists it
        count += 1
        # Welford 1962: no difference of two large numbers, so an even picture has a deviation of exactly 0.
        before = pixels - mean
        mean += before / count
        squares += before * (pixels - mean)
    return Portrait(label, count, mean, np.sqrt(squares / max(count, 1)))
