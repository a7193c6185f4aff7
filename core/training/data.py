"""Films on disk → one uint8 array in memory, decoded once. Unreadable ones are listed and skipped."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from core.dataset import Film, fingerprint
from core.errors import XrayError
from core.tasks import Task
from core.xray import Preprocessing, read_file


@dataclass(frozen=True, slots=True)
class Skipped:
    """A film left out, and why."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Films:
    """Decoded films of one split.

    Attributes:
        films: the index rows, in the order of the arrays.
        images: uint8 ``[N, canvas, canvas]``.
        labels: int64 ``[N]``, position of the class in the task.
        digests: sha256 of each file.
        targets: what to learn, a distribution over the classes for each film, float32 ``[N, K]``; one-hot unless a
            teacher tempered it.
        skipped: films left out, of any split.
        counts: for how much each counts in learning, float32 ``[N]`` as :mod:`core.training.propensity` says, where it
            was asked.
        chests: where the chest is on each, float32 ``[N, 4]`` as :mod:`core.training.chests` says, where it was asked.
    """

    films: tuple[Film, ...]
    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    digests: tuple[str, ...]
    targets: NDArray[np.float32]
    skipped: tuple[Skipped, ...] = ()
    chests: NDArray[np.float32] | None = None
    counts: NDArray[np.float32] | None = None

    @property
    def fingerprint(self) -> str:
        """Changes when any film does."""
        return fingerprint((film.file, digest) for film, digest in zip(self.films, self.digests, strict=True))

    def __len__(self) -> int:
        return len(self.films)

    def where(self, split: str) -> Films:
        """The films of one split."""
        chosen = [i for i, film in enumerate(self.films) if film.split == split]
        return Films(
            tuple(self.films[i] for i in chosen),
            self.images[chosen],
            self.labels[chosen],
            tuple(self.digests[i] for i in chosen),
            self.targets[chosen],
            self.skipped,
            None if self.chests is None else self.chests[chosen],
            None if self.counts is None else self.counts[chosen],
        )


def decode(films: Sequence[Film], task: Task, canvas: int) -> Films:
    """Decode every film to ``canvas`` x ``canvas``; those that cannot be read are listed with the reason."""
    square = Preprocessing(canvas=canvas, size=canvas).square

    def one(film: Film) -> tuple[NDArray[np.uint8], str] | Skipped:
        try:
            xray = read_file(film.path)
        except (XrayError, OSError) as error:
            return Skipped(film.file, str(error))
        return np.rint(square(xray) * 255).astype(np.uint8), xray.sha256

    with ThreadPoolExecutor() as pool:
        results = list(tqdm(pool.map(one, films), total=len(films), desc="decoding", unit="film", leave=False))
    good = [(film, result) for film, result in zip(films, results, strict=True) if not isinstance(result, Skipped)]
    labels = np.array([task.classes.index(film.label) for film, _ in good], dtype=np.int64)
    return Films(
        tuple(film for film, _ in good),
        np.stack([image for _, (image, _) in good]) if good else np.zeros((0, canvas, canvas), np.uint8),
        labels,
        tuple(digest for _, (_, digest) in good),
        np.eye(len(task.classes), dtype=np.float32)[labels],
        tuple(result for result in results if isinstance(result, Skipped)),
    )
