"""Films on disk → predictions of one classifier."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from core.batch import of_file, read_many
from core.checkpoint import Checkpoint
from core.classifier import Classifier
from core.dataset import Film, Fold, draw, fold_of, has_splits, index, of_split, with_validation
from core.errors import DataError
from core.evaluate.predictions import Predictions


def films_of(checkpoint: Checkpoint, root: Path, split: str) -> tuple[list[Film], Fold | None]:
    """The films of a folder in one split, as the network was trained; and the fold, where it had to be drawn.

    Where the folder has no splits and the card says that its network's test films were drawn, they are drawn alike. Its
    validation films are those that training had.

    Args:
        checkpoint: whose task, and whose draw.
        root: the folder.
        split: which; "" for all films of a folder without splits.

    Raises:
        DataError: there is no such film.
    """
    films = index(root, checkpoint.task)
    recipe = checkpoint.card.training.recipe
    fold = fold_of(recipe) if split and not has_splits(films) else None
    if fold:
        films = draw(films, fold)
    if {"val_share", "seed"} <= set(recipe) and has_splits(films):
        films = with_validation(films, recipe["val_share"], recipe["seed"])
    return of_split(films, split), fold


def drawn(checkpoint: Checkpoint, root: Path, split: str, count: int, seed: int) -> list[Film]:
    """Some films of a split, drawn by chance, in order: the same for every network trained on that data.

    Args:
        checkpoint: whose task, and whose draw of splits.
        root: the folder.
        split: which.
        count: how many; all of them where there are fewer.
        seed: of the draw.

    Raises:
        DataError: there is no such film.
    """
    films, _ = films_of(checkpoint, root, split)
    return [films[place] for place in sorted(np.random.default_rng(seed).permutation(len(films))[:count])]


def read_films(
    classifier: Classifier, films: Sequence[Film], before: int = 0
) -> Iterator[tuple[Film, NDArray[np.float64] | None, str]]:
    """Read every film from its file, as a user's upload is read, with a bar of progress on standard error.

    Args:
        classifier: what reads them.
        films: which.
        before: how many were read by an earlier run, for the bar.

    Yields:
        The film, in order; its probabilities, float64 ``[K]``, adding up to 1, or ``None``; and why not.
    """
    outcomes = read_many((of_file(film.path) for film in films), classifier)
    bar = tqdm(outcomes, total=before + len(films), initial=before, desc="reading", unit="film", leave=False)
    for film, outcome in zip(films, bar, strict=True):
        if outcome.reading is None:
            yield film, None, str(outcome.error)
        else:
            row = outcome.reading.probabilities.astype(np.float64)
            yield film, row / row.sum(), ""


def predict(classifier: Classifier, films: Sequence[Film]) -> tuple[Predictions, dict[str, str]]:
    """Read every film from its file, as a user's upload is read.

    Returns:
        The predictions, in the order of ``films``, and what could not be read: file → reason.

    Raises:
        DataError: none of them could be read.
    """
    kept: list[Film] = []
    rows, failed = [], {}
    for film, row, reason in read_films(classifier, films):
        if row is None:
            failed[film.file] = reason
        else:
            kept.append(film)
            rows.append(row)
    if not kept:
        raise none_could_be_read()
    return Predictions.of(classifier.checkpoint.card.classes, kept, np.stack(rows)), failed


def none_could_be_read() -> DataError:
    """The error for a folder of which no film could be read."""
    return DataError("None of the films could be read. Check that the folder holds X-ray images.")
