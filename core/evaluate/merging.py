"""Coarser classes (normal / pneumonia), and one class or coarser class against the rest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError, UnknownNameError
from core.evaluate.predictions import Predictions
from core.tasks import TASKS, Task


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


def members(classes: tuple[str, ...], positive: str) -> tuple[int, ...]:
    """Positions of the classes that a name means.

    Args:
        classes: of the predictions.
        positive: one of them, or a coarser class ("PNEUMONIA") of the task that has these classes.

    Raises:
        UnknownNameError: it is neither; the message lists the legal names.
    """
    if positive in classes:
        return (classes.index(positive),)
    tasks = [task for task in TASKS.values() if task.classes == classes]
    for task in tasks:
        if positive in task.merged_classes:
            return tuple(place for place, name in enumerate(classes) if task.merged[name] == positive)
    raise UnknownNameError("class", positive, dict.fromkeys([*classes, *(n for t in tasks for n in t.merged_classes)]))


def one_against_rest(predictions: Predictions, positive: str) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which films are of a class, and how probable it was said to be.

    Args:
        predictions: N films.
        positive: a class, or a coarser class of the task: its members' probabilities are added up.

    Returns:
        Truth, bool ``[N]``, and score in 0…1, float64 ``[N]``.

    Raises:
        UnknownNameError: there is no such class.
    """
    places = members(predictions.classes, positive)
    score: NDArray[np.float64] = predictions.probabilities[:, list(places)].sum(axis=1)
    return np.isin(predictions.labels, places), np.minimum(score, 1.0)  # a sum may end a rounding above 1


def two_sides(predictions: Predictions, positive: str, what: str) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """The same, for what takes films of the class and films of others: ``what``, such as "A curve".

    Raises:
        DataError: there is no film of the class, or none of another.
        UnknownNameError: there is no such class.
    """
    truth, score = one_against_rest(predictions, positive)
    if truth.all() or not truth.any():
        raise DataError(f"{what} for {positive} needs films of it and films of others. Choose another class or split.")
    return truth, score
