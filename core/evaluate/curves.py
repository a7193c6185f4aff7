"""ROC and precision-recall curves, exact, with 95 % bands by patient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.evaluate.bootstrap import DRAWS, by_score, tallies
from core.evaluate.merging import two_sides
from core.evaluate.metrics import Array, ratio
from core.evaluate.predictions import Predictions

GRID: NDArray[np.float64] = np.linspace(0, 1, 101)
"""Where bands are given."""

_Points = Callable[[Array, Array], tuple[Array, Array]]


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A curve and its band. The curve is exact: one point per different score, as scikit-learn's.

    Attributes:
        x, y: of the points, float64 ``[M]``, 0…1; from the strictest threshold to the loosest.
        threshold: a film is positive at or above it, float64 ``[M]``; descending. The first is infinite: no film is.
        grid: x of the band, float64 ``[G]``, 0…1.
        low, high: 2.5 and 97.5 percentiles of y at each of ``grid`` over bootstrap samples of patients,
            float64 ``[G]``. Pointwise: 95 % of curves at every x, not 95 % of whole curves.
    """

    x: Array
    y: Array
    threshold: Array
    grid: Array
    low: Array
    high: Array


def roc(predictions: Predictions, positive: str, draws: int = DRAWS) -> Curve:
    """ROC curve: x is 1 - specificity, y sensitivity.

    Args:
        predictions: N films.
        positive: a class, or a coarser class of the task.
        draws: bootstrap samples behind the band.

    Raises:
        DataError: there is no film of the class, or none of another.
        UnknownNameError: there is no such class.
    """
    return _curve(predictions, positive, _roc_points, _joined, draws)


def precision_recall(predictions: Predictions, positive: str, draws: int = DRAWS) -> Curve:
    """Precision-recall curve: x is recall, y precision; the first point, where no film is positive, is (0, 1).

    Between points the precision is that of the next recall reached, as in average precision, not a line.

    Args:
        predictions: N films.
        positive: a class, or a coarser class of the task.
        draws: bootstrap samples behind the band.

    Raises:
        DataError: there is no film of the class, or none of another.
        UnknownNameError: there is no such class.
    """
    return _curve(predictions, positive, _precision_recall_points, _stepped, draws)


def _curve(
    predictions: Predictions,
    positive: str,
    points: _Points,
    at: Callable[[Array, Array], Array],
    draws: int,
) -> Curve:
    truth, score = two_sides(predictions, positive, "A curve")
    whole = by_score(score, truth, exact=True).once()
    x, y = points(whole[:, 1::2], whole[:, ::2])
    drawn = tallies(predictions.patients, {positive: by_score(score, truth)}, draws)[positive]
    held = (drawn[:, 1::2].sum(axis=1) > 0) & (drawn[:, ::2].sum(axis=1) > 0)  # draws that have both kinds of films
    xs, ys = points(drawn[held][:, 1::2], drawn[held][:, ::2])
    bands = np.array([at(a, b) for a, b in zip(xs, ys, strict=True)]).reshape(-1, len(GRID))
    low, high = np.percentile(bands, (2.5, 97.5), axis=0) if len(bands) else (at(x[0], y[0]),) * 2
    here = at(x[0], y[0])  # a band that misses its own curve is of no use
    return Curve(
        x[0],
        y[0],
        np.concatenate(([np.inf], np.unique(score)[::-1])),
        GRID,
        np.minimum(low, here),
        np.maximum(high, here),
    )


def _read(positive: Array, negative: Array) -> tuple[Array, Array]:
    """Films of the class and of others at or above each score, from none on, ``[D, scores + 1]``."""
    start = np.zeros((len(positive), 1))
    return (
        np.hstack([start, np.cumsum(positive[:, ::-1], axis=1)]),
        np.hstack([start, np.cumsum(negative[:, ::-1], axis=1)]),
    )


def _roc_points(positive: Array, negative: Array) -> tuple[Array, Array]:
    hits, alarms = _read(positive, negative)
    return alarms / alarms[:, -1:], hits / hits[:, -1:]


def _precision_recall_points(positive: Array, negative: Array) -> tuple[Array, Array]:
    hits, alarms = _read(positive, negative)
    return hits / hits[:, -1:], ratio(hits, hits + alarms, 1.0)


def _joined(x: Array, y: Array) -> Array:
    """Values at GRID where points are joined by lines; of several at one x, the highest."""
    last = np.append(np.diff(x) > 0, [True])
    found: Array = np.interp(GRID, x[last], y[last])
    return found


def _stepped(x: Array, y: Array) -> Array:
    """Values at GRID where each point holds back to the one before it."""
    found: Array = y[np.searchsorted(x, GRID, side="left")]
    return found
