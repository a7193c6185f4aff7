"""Something to try without a film: average radiographs, shipped, and 16 public films, fetched on request.

An average is the mean of all training films of a class. It shows no patient, and a network reads it as it reads a
film, which makes it good for a first look and worthless as evidence: its caption says so, and so does the file.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from core import settings
from core.dataset.averages import average_path, stored
from core.download import LICENCE, REPO, Progress, complete, fetch, films, shards
from core.errors import DownloadError
from core.files import ASSETS
from core.tasks import OWN, TASKS
from core.words import within


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture to try.

    Attributes:
        title: short, unique among its kind; holds no file name.
        caption: what it is and where it is from.
        data: bytes of a PNG or JPEG file, for :func:`core.xray.read_xray`.
    """

    title: str
    caption: str
    data: bytes


def average_films(task_name: str, folder: Path = ASSETS) -> tuple[Sample, ...]:
    """The average radiographs of a task's classes that are there, in the order of the classes.

    None of an imported network's own classes: what they show nobody here knows.

    Raises:
        UnknownNameError: there is no such task.
        DataError: a file is damaged.
    """
    if task_name == OWN:
        return ()
    chosen = TASKS[task_name]
    found = [(label, average_path(folder, chosen, label)) for label in chosen.classes]
    return tuple(_average(path, chosen.words[label], task_name) for label, path in found if path.is_file())


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
            title=f"Public film {number}: {within(TASKS['pneumonia'].words[film.label])}",
            caption=(
                f"Labelled {film.label} in the validation part of {REPO} (Kermany et al. 2018, {LICENCE}). "
                "A child of 1 to 5 years, frontal view."
            ),
            data=film.data,
        )
        for number, film in enumerate(rows, start=1)
    ]


def cache_folder() -> Path:
    """Where fetched films are kept: where PNEUMOLENS_CACHE says, or ``pneumolens`` in the platform's cache folder.

    Raises:
        DownloadError: the user has no home folder and nothing else is set.
    """
    if chosen := settings.path(settings.CACHE):
        return chosen
    if base := os.environ.get("XDG_CACHE_HOME"):
        return Path(base) / "pneumolens"
    try:
        home = Path.home()
    except RuntimeError as error:
        raise DownloadError(f"There is no home folder to keep films in. Set {settings.CACHE} to a folder.") from error
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "pneumolens" / "Cache"
    return home / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "pneumolens"


def _average(path: Path, words: str, task: str) -> Sample:
    _, count = stored(path)
    return Sample(
        title=f"Average: {words}",
        caption=f"Mean of {count:,} training films ({task}). A class average, not a patient.",
        data=path.read_bytes(),
    )
