"""Confusion matrices: films by true class (row) and decided class (column)."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.evaluate.metrics import ratio
from core.evaluate.predictions import Predictions

Of = Literal["count", "true", "read"]
"""What a cell's share is of: nothing (films), its row (films of the true class), its column (films so decided)."""

_SUMMED = {"true": 1, "read": 0}


def confusion(labels: NDArray[np.int64], decisions: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """Count films by true and decided class.

    Args:
        labels: true class by position, int64 ``[N]``.
        decisions: decided class by position, int64 ``[N]``.
        classes: how many classes there are, K.

    Returns:
        Films, int64 ``[K, K]``: rows are true, columns decided.
    """
    return np.bincount(labels * classes + decisions, minlength=classes**2).reshape(classes, classes).astype(np.int64)


def confusion_matrix(predictions: Predictions) -> NDArray[np.int64]:
    """Films by true class (row) and decided class (column), int64 ``[K, K]``."""
    return confusion(predictions.labels, predictions.decisions, len(predictions.classes))


def shares(matrix: NDArray[np.int64], of: Of) -> NDArray[np.float64]:
    """A matrix as it is shown.

    Args:
        matrix: films, int64 ``[K, K]``.
        of: "count" leaves films as they are; "true" gives each cell as share of its row (the diagonal is recall);
            "read" as share of its column (the diagonal is precision).

    Returns:
        float64 ``[K, K]``; NaN in a row or column without films.
    """
    films = matrix.astype(np.float64)
    if of == "count":
        return films
    whole = films.sum(axis=_SUMMED[of], keepdims=True)
    return ratio(films, np.broadcast_to(whole, films.shape), np.nan)
