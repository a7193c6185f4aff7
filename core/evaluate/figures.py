"""Predictions → figures with 95 % intervals, for a card, the command line and the pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from core.checkpoint import Interval
from core.errors import DataError
from core.evaluate.alike import MEANS, between, widened
from core.evaluate.bootstrap import DRAWS, Kinds, by_score, tallies
from core.evaluate.merging import merged
from core.evaluate.metrics import AREAS, METRICS, Array, accuracy, binary_counts, ratio
from core.evaluate.predictions import Predictions
from core.tasks import POSITIVE, Task

_ROUNDING = 1e-9  # means of the same numbers differ by this much when added up in another order
_CELLS, _MERGED = "(cells)", "(merged)"  # beside the names of classes


def figures(predictions: Predictions, task: Task, draws: int = DRAWS) -> dict[str, Interval]:
    """Every figure of a set of predictions.

    Values are exact. Intervals are 2.5 and 97.5 percentiles of ``draws`` bootstrap samples of patients (films of one
    patient stay together, see :mod:`core.evaluate.bootstrap`). Only for the intervals of areas are scores binned, and
    only where there are very many; such an interval is moved by what binning does to the value.

    Returns:
        ``accuracy``, ``merged_accuracy``, ``merged_sensitivity``, ``merged_specificity``, ``merged_auroc``, and for
        every class ``<metric>.<CLASS>`` for each of METRICS and AREAS, with their mean over classes,
        ``<metric>.macro``, and the same weighted by films of each class, ``<metric>.weighted``. What is not defined is
        left out (see :func:`undefined`): most figures of a class of which there is no film. Means are over the rest.
        Where all draws agree, as for a network without errors, see :mod:`core.evaluate.alike`.

    Raises:
        DataError: there are no films, or their classes are not the task's.
    """
    predictions.require(task)
    if not len(predictions):
        raise DataError("There are no predictions to judge. Give one film at least.")
    size, coarse = len(task.classes), merged(predictions, task)
    sides = {  # what each area is about: truth and score
        name: (predictions.labels == place, predictions.probabilities[:, place])
        for place, name in enumerate(task.classes)
    } | {_MERGED: (coarse.labels == POSITIVE, coarse.probabilities[:, POSITIVE])}
    cells = Kinds(predictions.labels * size + predictions.decisions, size**2)
    scores = {name: by_score(score, truth) for name, (truth, score) in sides.items()}
    drawn = tallies(predictions.patients, {_CELLS: cells, **scores}, draws)
    plain = {_CELLS: cells.once(), **{name: kinds.once() for name, kinds in scores.items()}}
    exact = {_CELLS: cells.once()}
    exact |= {name: by_score(score, truth, exact=True).once() for name, (truth, score) in sides.items()}
    values, binned, spreads = _all(exact, task), _all(plain, task), _all(drawn, task)
    found = {
        name: interval(float(value[0]), spreads[name] + (value[0] - binned[name][0]))
        for name, value in values.items()
        if not np.isnan(value[0])
    }
    return widened(found, predictions, task)


def undefined(name: str, predictions: Predictions, task: Task) -> str:
    """Why a figure that :func:`figures` left out is not defined: "no films", "no films of others", "never decided".

    Args:
        name: of the figure.
        predictions: what was judged.
        task: whose classes they have.
    """
    metric, _, of = name.partition(".")
    if of in MEANS:
        return "for no class"
    if of:
        mine = predictions.labels == task.classes.index(of)
    else:  # a figure of two classes
        metric = name.removeprefix("merged_").replace("sensitivity", "recall")
        mine = merged(predictions, task).labels == POSITIVE
    if not mine.any():
        return "no films"
    return "never decided" if metric == "precision" else "no films of others"


def classes_behind(found: Mapping[str, Interval], metric: str, classes: Sequence[str]) -> int:
    """Over how many classes the macro and weighted figures of a metric or area are means."""
    return sum(f"{metric}.{name}" in found for name in classes)


def interval(value: float, spread: Array) -> Interval:
    """A figure with the middle 95 % of its bootstrap values; draws in which it is not defined do not count.

    Without width, as :attr:`Interval.told` says, where these do not vary.
    """
    value = min(max(value, 0.0), 1.0)  # a mean of ones may end a rounding above 1
    low, high = np.nanpercentile(spread, (2.5, 97.5)) if not np.isnan(spread).all() else (value, value)
    return between(value, (float(low), float(high)) if high - low >= _ROUNDING else None)


def of_share(value: float, spread: Array, patients: int) -> Interval:
    """A share's: Wilson's, with as many observations as there are patients, where its draws do not vary."""
    found = interval(value, spread)
    return found if found.told else Interval.of_share(found.value, patients)


def _all(tally: Mapping[str, Array], task: Task) -> dict[str, Array]:
    """Every figure, ``[D]`` each, from tallies by cell ``[D, K²]`` and by every class' score ``[D, 2 · scores]``."""
    size = len(task.classes)
    cells = tally[_CELLS].reshape(-1, size, size)
    coarse = np.eye(len(task.merged_classes))[list(task.merged_places)]  # [K, M]
    two = coarse.T @ cells @ coarse  # [D, M, M]
    counts = binary_counts(two, POSITIVE)
    found = {
        "accuracy": accuracy(cells),
        "merged_accuracy": accuracy(two),
        "merged_sensitivity": METRICS["recall"].compute(counts),
        "merged_specificity": METRICS["specificity"].compute(counts),
        "merged_auroc": AREAS["auroc"].compute(*_sides(tally[_MERGED])),
    }
    for place, name in enumerate(task.classes):
        counts = binary_counts(cells, place)
        found |= {f"{metric.name}.{name}": metric.compute(counts) for metric in METRICS.values()}
        sides = _sides(tally[name])
        found |= {f"{area.name}.{name}": area.compute(*sides) for area in AREAS.values()}
    support = cells.sum(axis=2)  # [D, K]
    for metric in (*METRICS, *AREAS):
        each = np.stack([found[f"{metric}.{name}"] for name in task.classes], axis=1)  # [D, K]
        found[f"{metric}.macro"] = _mean(each, np.ones_like(each))
        found[f"{metric}.weighted"] = _mean(each, support)
    return found


def _sides(tally: Array) -> tuple[Array, Array]:
    """Tallies by ``2 · place + truth`` → films of the class and others by place."""
    return tally[:, 1::2], tally[:, ::2]


def _mean(values: Array, weights: Array) -> Array:
    """Weighted mean over classes, ``[D, K]`` → ``[D]``, of those that are defined; NaN where none is."""
    held = ~np.isnan(values)
    return ratio(np.where(held, values * weights, 0).sum(axis=1), (weights * held).sum(axis=1), np.nan)
