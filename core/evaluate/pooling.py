"""Predictions put together, and predictions of some classes only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.errors import DataError
from core.evaluate.predictions import Predictions


def pooled(tables: Sequence[Predictions]) -> Predictions:
    """All films of several tables, as of the parts of a cross-validation, whose test films are the whole set.

    Raises:
        DataError: they are of different classes, or a film is in two of them.
    """
    first = tables[0]
    if any(table.classes != first.classes for table in tables):
        raise DataError("These tables are of different classes. Give tables of one task.")
    files = [file for table in tables for file in table.files]
    if len(set(files)) < len(files):
        twice = next(file for file in files if files.count(file) > 1)
        raise DataError(f"{twice} is in two of the tables: every film may count once. Give tables of different films.")
    return Predictions(
        first.classes,
        tuple(files),
        tuple(patient for table in tables for patient in table.patients),
        np.concatenate([table.labels for table in tables]),
        np.concatenate([table.probabilities for table in tables]),
    )


def among(predictions: Predictions, classes: Sequence[str]) -> Predictions:
    """Films of some classes, and what the network says when the answer must be one of these.

    Args:
        predictions: of all classes.
        classes: two or more of them, in the order wanted.

    Raises:
        DataError: there is no such class, or no film of them.
    """
    if unknown := [name for name in classes if name not in predictions.classes]:
        raise DataError(f"There is no class {unknown[0]}. There are {', '.join(predictions.classes)}.")
    if len(set(classes)) < max(2, len(classes)):
        raise DataError("Give two classes or more, each once.")
    places = [predictions.classes.index(name) for name in classes]
    held = np.flatnonzero(np.isin(predictions.labels, places))
    if not len(held):
        raise DataError(f"No film is of {' or '.join(classes)}.")
    shares = predictions.probabilities[held][:, places]
    shares = np.where(shares.sum(axis=1, keepdims=True) > 0, shares, 1.0)  # of these it then holds none likelier
    return Predictions(
        tuple(classes),
        tuple(predictions.files[n] for n in held),
        tuple(predictions.patients[n] for n in held),
        np.array([places.index(label) for label in predictions.labels[held]], dtype=np.int64),
        shares / shares.sum(axis=1, keepdims=True),
    )
