"""METRICS: the frozen table of figures by which a network is judged.

Every figure is a function of the films' weights, so that a bootstrap is the same function on other weights:
``weights [D, N]`` → ``[D]``, for D draws at once. Weight 1 for every film gives the plain figure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.table import Table

Array = NDArray[np.float64]
Binary = tuple[Array, Array, Array, Array]
"""Weighted true positives, false positives, false negatives, true negatives, each ``[D]``."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure about one class against the rest.

    Attributes:
        name: key in the table and in cards.
        title: how it is written on screen.
        says: what it answers, in words.
        compute: from weighted counts, ``[D]`` each.
    """

    name: str
    title: str
    says: str
    compute: Callable[[Binary], Array]


def _ratio(part: Array, whole: Array) -> Array:
    """0 where nothing was there to count, as scikit-learn's ``zero_division=0``."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


METRICS: Table[Metric] = Table(
    "metric",
    Metric(
        "recall",
        "Recall (sensitivity)",
        "Of the films of this class, how many it finds",
        lambda c: _ratio(c[0], c[0] + c[2]),
    ),
    Metric(
        "specificity",
        "Specificity",
        "Of the films of other classes, how many it leaves alone",
        lambda c: _ratio(c[3], c[3] + c[1]),
    ),
    Metric(
        "precision",
        "Precision (PPV)",
        "When it says this class, how often it is right",
        lambda c: _ratio(c[0], c[0] + c[1]),
    ),
    Metric(
        "f1",
        "F1",
        "Harmonic mean of recall and precision",
        lambda c: _ratio(2 * c[0], 2 * c[0] + c[1] + c[2]),
    ),
)


def binary_counts(weights: Array, truth: NDArray[np.bool_], decided: NDArray[np.bool_]) -> Binary:
    """Weighted counts of one class against the rest: TP, FP, FN, TN."""
    return (
        weights @ (truth & decided).astype(float),
        weights @ (~truth & decided).astype(float),
        weights @ (truth & ~decided).astype(float),
        weights @ (~truth & ~decided).astype(float),
    )


def accuracy(weights: Array, right: NDArray[np.bool_]) -> Array:
    """Share of films decided right."""
    return _ratio(weights @ right.astype(float), weights.sum(axis=1))


def auroc(weights: Array, truth: NDArray[np.bool_], score: Array) -> Array:
    """Area under the ROC curve: chance that a film of the class scores above one of another, ties counting half.

    Hanley & McNeil 1982, doi 10.1148/radiology.143.1.7063747.
    """
    order = np.argsort(score, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(score[order]) > 0])  # where each distinct score begins
    positive = np.add.reduceat(weights[:, order] * truth[order], starts, axis=1)  # [D, distinct scores]
    negative = np.add.reduceat(weights[:, order] * ~truth[order], starts, axis=1)
    below = np.cumsum(negative, axis=1) - negative
    won = (positive * (below + negative / 2)).sum(axis=1)
    return _ratio(won, positive.sum(axis=1) * negative.sum(axis=1))
