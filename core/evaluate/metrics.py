"""METRICS and AREAS: the frozen tables of figures by which a network is judged.

Every figure is a function of tallies, so that a bootstrap is the same function on other tallies: arrays whose first
axis is D draws → ``[D]``. A single row of plain counts gives the plain figure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.table import Table

Array = NDArray[np.float64]
Binary = tuple[Array, Array, Array, Array]
"""True positives, false positives, false negatives, true negatives, each ``[D]``."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure about one class against the rest, at a decision.

    Attributes:
        name: key in the table and in cards.
        title: how it is written on screen.
        says: what it answers, in words.
        compute: from counts, ``[D]`` each; 0 where there is nothing to count, as scikit-learn's ``zero_division=0``.
    """

    name: str
    title: str
    says: str
    compute: Callable[[Binary], Array]


@dataclass(frozen=True, slots=True)
class Area:
    """A figure about one class against the rest, over all decisions: the area under a curve.

    Attributes:
        name: key in the table and in cards.
        title: how it is written on screen.
        says: what it answers, in words.
        compute: from films of the class and others by score, ascending, each ``[D, scores]``; NaN where there is
            none of either.
    """

    name: str
    title: str
    says: str
    compute: Callable[[Array, Array], Array]


def ratio(part: Array, whole: Array, otherwise: float = 0.0) -> Array:
    """``part / whole``, and ``otherwise`` where nothing was there to count."""
    return np.divide(part, whole, out=np.full_like(part, otherwise), where=whole > 0)


METRICS: Table[Metric] = Table(
    "metric",
    Metric(
        "recall",
        "Recall (sensitivity)",
        "Of the films of this class, how many it finds",
        lambda c: ratio(c[0], c[0] + c[2]),
    ),
    Metric(
        "specificity",
        "Specificity",
        "Of the films of other classes, how many it leaves alone",
        lambda c: ratio(c[3], c[3] + c[1]),
    ),
    Metric(
        "precision",
        "Precision (PPV)",
        "When it says this class, how often it is right",
        lambda c: ratio(c[0], c[0] + c[1]),
    ),
    Metric(
        "f1",
        "F1",
        "Harmonic mean of recall and precision",
        lambda c: ratio(2 * c[0], 2 * c[0] + c[1] + c[2]),
    ),
)


def auroc(positive: Array, negative: Array) -> Array:
    """Area under the ROC curve: chance that a film of the class scores above one of another, ties counting half.

    Hanley & McNeil 1982, doi 10.1148/radiology.143.1.7063747.
    """
    below = np.cumsum(negative, axis=1) - negative
    won = (positive * (below + negative / 2)).sum(axis=1)
    return ratio(won, positive.sum(axis=1) * negative.sum(axis=1), np.nan)


def average_precision(positive: Array, negative: Array) -> Array:
    """Average precision: precision at each score, weighted by the recall gained there; no interpolation.

    Davis & Goadrich 2006, doi 10.1145/1143844.1143874, on why not to join the points by lines.
    """
    found = np.cumsum(positive[:, ::-1], axis=1)  # from the highest score down
    read = found + np.cumsum(negative[:, ::-1], axis=1)
    gained = (positive[:, ::-1] * ratio(found, read)).sum(axis=1)
    return np.where(negative.sum(axis=1) > 0, ratio(gained, positive.sum(axis=1), np.nan), np.nan)


AREAS: Table[Area] = Table(
    "area",
    Area("auroc", "AUROC", "How often a film of this class scores above one of another", auroc),
    Area("auprc", "AUPRC (average precision)", "Precision averaged over all recalls", average_precision),
)


def binary_counts(cells: Array, place: int) -> Binary:
    """One class against the rest: TP, FP, FN, TN from confusion matrices ``[D, K, K]`` (true, decided)."""
    hit = cells[:, place, place]
    wrong = cells[:, :, place].sum(axis=1) - hit
    missed = cells[:, place, :].sum(axis=1) - hit
    return hit, wrong, missed, cells.sum(axis=(1, 2)) - hit - wrong - missed


def accuracy(cells: Array) -> Array:
    """Share of films decided right, ``[D]``, from confusion matrices ``[D, K, K]``."""
    return ratio(np.trace(cells, axis1=1, axis2=2), cells.sum(axis=(1, 2)))
