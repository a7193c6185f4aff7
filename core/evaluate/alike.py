"""Intervals where bootstrap draws do not vary: ten films of ten right say 100 %, but not for certain.

Resampled, a network without an error has none again, so percentiles give an interval without width. Instead:

- shares (accuracy, recall, specificity, precision): Wilson's interval, with as many observations as there are patients
  on the films counted;
- F1: the same of the overlap that it is made of, carried over;
- AUROC: as many pairs of a patient of the class and one of the others as can be formed without anybody in two of them
  are independent tries, all of which came out the same; Wilson's interval of these;
- macro and weighted figures: the mean of the intervals of the classes;
- average precision: none, and it is said so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from core.checkpoint import Interval
from core.evaluate.merging import merged_decisions
from core.evaluate.metrics import AREAS, METRICS, Ends, Flags
from core.evaluate.predictions import Predictions
from core.tasks import POSITIVE, Task
from core.wilson import wilson_ends

MEANS: Final = ("macro", "weighted")

_TWO: Final = "(two)"  # beside the names of classes
_ROWS: Final = {
    "merged_sensitivity": f"recall.{_TWO}",
    "merged_specificity": f"specificity.{_TWO}",
    "merged_auroc": f"auroc.{_TWO}",
}
_ALL: Final = {"accuracy", "merged_accuracy"}


def counter(patients: tuple[str, ...]) -> Callable[[Flags], int]:
    """A function that says how many patients are on some of the films, bool ``[N]``."""
    _, person = np.unique(np.array(patients), return_inverse=True)
    return lambda films: len(np.unique(person[films]))


def widened(found: Mapping[str, Interval], predictions: Predictions, task: Task) -> dict[str, Interval]:
    """The same figures, those whose draws did not vary with the intervals above."""
    result = dict(found)
    if all(figure.told for figure in found.values()):
        return result
    people = counter(predictions.patients)
    labels, decisions = predictions.labels, predictions.decisions
    two = np.array(task.merged_places)[labels] == POSITIVE, merged_decisions(predictions, task) == POSITIVE
    sides = {name: (labels == place, decisions == place) for place, name in enumerate(task.classes)} | {_TWO: two}
    for name, figure in found.items():
        row, _, of = _ROWS.get(name, name).partition(".")
        if figure.told or of in MEANS:
            continue
        if name in _ALL:
            result[name] = between(figure.value, wilson_ends(figure.value, people(np.ones(len(labels), bool))))
        elif row in METRICS:
            count = people(METRICS[row].counted(*sides[of]))
            result[name] = between(figure.value, METRICS[row].alike(figure.value, count))
        else:
            truth, _ = sides[of]
            result[name] = between(figure.value, AREAS[row].alike(figure.value, min(people(truth), people(~truth))))
    support = dict(zip(task.classes, np.bincount(labels, minlength=len(task.classes)).tolist(), strict=True))
    for row in (*METRICS, *AREAS):
        each = {name: result[f"{row}.{name}"] for name in task.classes if f"{row}.{name}" in result}
        for mean, weights in zip(MEANS, ([1] * len(each), [support[name] for name in each]), strict=True):
            if (name := f"{row}.{mean}") in result and not result[name].told:
                result[name] = between(result[name].value, _mean(list(each.values()), weights))
    return result


def between(value: float, ends: Ends | None) -> Interval:
    """A figure with these ends; with none where they cannot be told."""
    low, high = ends or (value, value)
    # A percentile interval of a figure near 0 or 1 can miss the figure itself; an interval that does is of no use.
    return Interval(value=value, low=max(0.0, min(low, value)), high=min(1.0, max(high, value)))


def _mean(each: list[Interval], weights: list[int]) -> Ends | None:
    if not all(one.told for one, weight in zip(each, weights, strict=True) if weight):
        return None
    low, high = (float(np.average([getattr(one, end) for one in each], weights=weights)) for end in ("low", "high"))
    return low, high
