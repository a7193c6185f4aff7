"""Films on disk → predictions of one classifier."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from tqdm import tqdm

from core.batch import read_many
from core.classifier import Classifier
from core.dataset import Film
from core.errors import DataError
from core.evaluate.predictions import Predictions


def predict(classifier: Classifier, films: Sequence[Film]) -> tuple[Predictions, dict[str, str]]:
    """Read every film from its file, as a user's upload is read.

    Returns:
        The predictions, in the order of ``films``, and what could not be read: file → reason.

    Raises:
        DataError: none of them could be read.
    """
    kept: list[Film] = []
    rows, failed = [], {}
    outcomes = read_many((film.path.read_bytes for film in films), classifier)
    for film, outcome in zip(
        films, tqdm(outcomes, total=len(films), desc="reading", unit="film", leave=False), strict=True
    ):
        if outcome.reading is None:
            failed[film.file] = str(outcome.error)
        else:
            kept.append(film)
            rows.append(outcome.reading.probabilities.astype(np.float64))
    if not kept:
        raise DataError("None of the films could be read. Check that the folder holds X-ray images.")
    classes = classifier.checkpoint.card.classes
    table = np.stack(rows)
    return (
        Predictions(
            classes,
            tuple(film.file for film in kept),
            tuple(film.patient for film in kept),
            np.array([classes.index(film.label) for film in kept], dtype=np.int64),
            table / table.sum(axis=1, keepdims=True),
        ),
        failed,
    )
