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
from core.wilson import wilson_ends

Array = NDArray[np.float64]
Binary = tuple[Array, Array, Array, Array]
"""True positives, false positives, false negatives, true negatives, each ``[D]``."""
Flags = NDArray[np.bool_]
"""One per film, ``[N]``."""
Ends = tuple[float, float]
"""Low and high end of an interval."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure about one class against the rest, at a decision.

    Attributes:
        name: key in the table and in cards.
        title: how it is written on screen.
        says: what it answers, in words.
        compute: from counts, ``[D]`` each; NaN where there is nothing to count, as scikit-learn's
            ``zero_division=nan``. Precision and F1 of a class of which there is no film are NaN too: 0 whatever the
            network does, they say nothing of it.
        counted: which films it counts, from which are of the class and which were decided so, bool ``[N]`` each.
        alike: from a value and the patients on the films counted, the interval where bootstrap draws do not vary.
    """

    name: str
    title: str
    says: str
    compute: Callable[[Binary], Array]
    counted: Callable[[Flags, Flags], Flags]
    alike: Callable[[float, int], Ends] = wilson_ends


@dataclass(frozen=True, slots=True)
class Area:
    """A figure about one class against the rest, over all decisions: the area under a curve.

    Attributes:
        name: key in the table and in cards.
        title: how it is written on screen.
        says: what it answers, in words.
        compute: from films of the class and others by score, ascending, each ``[D, scores]``; NaN where there is
            none of either.
        alike: from a value and the patients on films of the class or of others, whichever are fewer, the interval
            where bootstrap draws do not vary; ``None`` where none can be told.
    """

    name: str
    title: str
    says: str
    compute: Callable[[Array, Array], Array]
    alike: Callable[[float, int], Ends | None]


def ratio(part: Array, whole: Array, otherwise: float = 0.0) -> Array:
    """``part / whole``, and ``otherwise`` where nothing was there to count."""
    return np.divide(part, whole, out=np.full_like(part, otherwise), where=whole > 0)


def _of_some(counts: Binary, values: Array) -> Array:
    """The values, ``[D]``; NaN where there is no film of the class."""
    return np.where(counts[0] + counts[2] > 0, values, np.nan)


def _f1_ends(value: float, patients: int) -> Ends:
    """F1 is 2J / (1 + J), where J is the share that is right of the films of the class or decided so."""
    low, high = wilson_ends(value / (2 - value), patients)
    return 2 * low / (1 + low), 2 * high / (1 + high)


METRICS: Table[Metric] = Table(
    "metric",
    Metric(
        "recall",
        "Recall (sensitivity)",
        "Of the films of this class, how many it finds",
        lambda c: ratio(c[0], c[0] + c[2], np.nan),
        lambda truth, _said: truth,
    ),
    Metric(
        "specificity",
        "Specificity",
        "Of the films of other classes, how many it leaves alone",
        lambda c: ratio(c[3], c[3] + c[1], np.nan),
        lambda truth, _said: ~truth,
    ),
    Metric(
        "precision",
        "Precision (PPV)",
        "When it says this class, how often it is right",
        lambda c: _of_some(c, ratio(c[0], c[0] + c[1], np.nan)),
        lambda _truth, said: said,
    ),
    Metric(
        "f1",
        "F1",
        "Harmonic mean of recall and precision",
        lambda c: _of_some(c, ratio(2 * c[0], 2 * c[0] + c[1] + c[2], np.nan)),
        lambda truth, said: truth | said,
        _f1_ends,
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


def _untold(_value: float, _patients: int) -> None:
    """Precision at every recall at once is no share of anything that could be counted."""


AREAS: Table[Area] = Table(
    "area",
    Area("auroc", "AUROC", "How often a film of this class scores above one of another", auroc, wilson_ends),
    Area("auprc", "AUPRC (average precision)", "Precision averaged over all recalls", average_precision, _untold),
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
