"""Predictions → figures with 95 % intervals, for a card, the command line and the pages. Needs NumPy only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.checkpoint import Interval
from core.evaluate.metrics import METRICS, Array, accuracy, auroc, binary_counts
from core.evaluate.predictions import Predictions
from core.tasks import Task

DRAWS = 2000


def confusion_matrix(predictions: Predictions) -> NDArray[np.int64]:
    """Films by true class (row) and decided class (column), int64 ``[K, K]``."""
    matrix = np.zeros((len(predictions.classes),) * 2, dtype=np.int64)
    np.add.at(matrix, (predictions.labels, predictions.decisions), 1)
    return matrix


def merged(predictions: Predictions, task: Task) -> Predictions:
    """The same films with coarser classes (normal / pneumonia).

    The decision is the three-class decision made coarser, not a cut through summed probabilities: so the two-class
    matrix is the three-class one with rows and columns added up. ``probabilities`` are summed, for curves; for
    decisions use :func:`merged_decisions`.
    """
    coarse = task.merged_classes
    group = np.array(task.merged_places)
    return Predictions(
        coarse,
        predictions.files,
        predictions.patients,
        group[predictions.labels],
        predictions.probabilities @ np.eye(len(coarse))[group],
    )


def merged_decisions(predictions: Predictions, task: Task) -> NDArray[np.int64]:
    """Position of each decision's coarser class, int64 ``[N]``."""
    group = np.array(task.merged_places)
    return group[predictions.decisions].astype(np.int64)


def figures(predictions: Predictions, task: Task, draws: int = DRAWS, seed: int = 0) -> dict[str, Interval]:
    """Every figure of a set of predictions.

    Intervals are 2.5 and 97.5 percentiles of ``draws`` bootstrap samples of patients (films of one patient stay
    together; Field & Welsh 2007, doi 10.1111/j.1467-9868.2007.00593.x).

    Returns:
        ``accuracy``, ``merged_accuracy``, ``merged_sensitivity``, ``merged_specificity``, ``merged_auroc``, and for
        every class ``<metric>.<CLASS>`` for each of METRICS and ``auroc.<CLASS>``.
    """
    weights = np.vstack([np.ones((1, len(predictions))), bootstrap_weights(predictions.patients, draws, seed)])
    results: dict[str, Array] = {"accuracy": accuracy(weights, predictions.decisions == predictions.labels)}
    coarse, coarse_decisions = merged(predictions, task), merged_decisions(predictions, task)
    positive = 1 - task.merged_classes.index(task.negative)
    counts = binary_counts(weights, coarse.labels == positive, coarse_decisions == positive)
    results["merged_accuracy"] = accuracy(weights, coarse_decisions == coarse.labels)
    results["merged_sensitivity"] = METRICS["recall"].compute(counts)
    results["merged_specificity"] = METRICS["specificity"].compute(counts)
    results["merged_auroc"] = auroc(weights, coarse.labels == positive, coarse.probabilities[:, positive])
    for place, name in enumerate(predictions.classes):
        truth = predictions.labels == place
        counts = binary_counts(weights, truth, predictions.decisions == place)
        results |= {f"{metric.name}.{name}": metric.compute(counts) for metric in METRICS.values()}
        results[f"auroc.{name}"] = auroc(weights, truth, predictions.probabilities[:, place])
    return {name: _interval(values) for name, values in results.items()}


def bootstrap_weights(patients: tuple[str, ...], draws: int, seed: int) -> Array:
    """How often each film is drawn when patients are drawn with replacement, ``[draws, N]``."""
    _, of_film = np.unique(np.array(patients), return_inverse=True)
    count = int(of_film.max()) + 1
    rng = np.random.default_rng(seed)
    return rng.multinomial(count, np.full(count, 1 / count), size=draws)[:, of_film].astype(np.float64)


def _interval(values: Array) -> Interval:
    """The first value with the spread of the others."""
    value = float(values[0])
    low, high = (float(q) for q in np.percentile(values[1:], (2.5, 97.5)))
    # A percentile interval of a figure near 0 or 1 can miss the figure itself; an interval that does is of no use.
    return Interval(value=value, low=min(low, value), high=max(high, value))
