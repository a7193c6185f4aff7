"""Films on the server, by the names that tables use, and never one outside their folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from core.dataset.folder import SPLITS, SUFFIXES, is_film
from core.errors import DataError
from core.xray import LIMITS


@dataclass(frozen=True, slots=True)
class Archive:
    """A folder of films that may be shown.

    Attributes:
        root: the data set's folder; the ``file`` column of an index or of predictions is relative to it.
    """

    root: Path

    def path(self, file: str) -> Path:
        """Where a film lies.

        Args:
            file: below the root, with forward slashes, as in an index: ``test/NORMAL/IM-0001-0001.jpeg``.

        Raises:
            DataError: it is not there, is no film, or leads out of the folder (absolute, ``..``, a link elsewhere).
        """
        name = PurePosixPath(file)
        if name.is_absolute() or PureWindowsPath(file).drive or not set(file).isdisjoint("\\\0") or ".." in name.parts:
            raise DataError("This is no name of a film: names are relative, with forward slashes, and never go up.")
        try:
            root = self.root.resolve(strict=True)
            found = (root / name).resolve(strict=True)
        except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle
            raise DataError("This film is not in the folder of films. Is the folder that of this data set?") from error
        if not found.is_relative_to(root) or not found.is_file():
            raise DataError("This name leads out of the folder of films, or to no file.")
        if not is_film(root / name):
            raise DataError(f"This is no film: no DICOM, and its name ends in none of {', '.join(sorted(SUFFIXES))}.")
        return found

    def data(self, file: str) -> bytes:
        """A film's bytes, for :func:`core.xray.read_xray`.

        Raises:
            DataError: as :meth:`path`; or it is larger than any film, or cannot be read.
        """
        path = self.path(file)
        try:
            if path.stat().st_size > LIMITS.max_bytes:
                raise DataError(f"This file is larger than {LIMITS.max_bytes // 2**20} MiB, the most a film may have.")
            return path.read_bytes()
        except OSError as error:
            raise DataError(f"This film cannot be read ({error.strerror}).") from error


def open_archive(folder: Path) -> Archive | None:
    """The films in ``folder``, or in the first folder below it that has splits; ``None`` when there is no such folder.

    Both ``data/chest_xray`` and ``data`` may be given: the first has ``train`` and ``test`` in it, the second has not.
    """
    try:
        below = sorted(child for child in folder.iterdir() if child.is_dir())
    except OSError:  # not there, no folder, or not ours to read
        return None
    return Archive(next((place for place in (folder, *below) if _has_splits(place)), folder))


def _has_splits(folder: Path) -> bool:
    return any((folder / split).is_dir() for split in SPLITS)
