"""One training at a time in a run's folder: two would overwrite each other's state, epoch by epoch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from core.errors import TrainingError

_LOCK = ".lock"


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """The folder is this process's inside the ``with`` block, and nobody's as soon as it is over or killed.

    Args:
        folder: of the run; made if need be.

    Raises:
        TrainingError: another process trains there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / _LOCK, blocking=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise TrainingError(
            f"Another training is running in {folder}. Wait until it is over, or give another folder with --run."
        ) from error
    try:
        yield
    finally:
        lock.release()
