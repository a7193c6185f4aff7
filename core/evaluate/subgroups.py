"""Figures of parts of the test films: is a network as good on dark films as on bright ones?

Groups are formed by what is known of a film beside its class. Within a group classes may be mixed otherwise than in all
films, so accuracy is given together with the mean recall of the classes in it, in which every class weighs alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.checkpoint import Interval
from core.evaluate.alike import counter
from core.evaluate.bootstrap import DRAWS, Kinds, tallies
from core.evaluate.figures import of_share
from core.evaluate.metrics import Array, ratio
from core.evaluate.predictions import Predictions

SMALL: Final = 30
"""Patients below which a group tells little."""

TERTILES: Final = ("lowest third", "middle third", "highest third")


@dataclass(frozen=True, slots=True)
class Subgroup:
    """A part of the films.

    Attributes:
        kind: by what it is formed, e.g. ``"brightness"`` or ``"class"``.
        name: which part, e.g. ``"lowest third"`` or a class.
        ends: of the trait in it, lowest and highest; ``None`` for a class.
        films: in it.
        patients: in it.
        accuracy: share of its films read right.
        recall: mean over the classes in it of the share read right; the same as accuracy for a class.
    """

    kind: str
    name: str
    ends: tuple[float, float] | None
    films: int
    patients: int
    accuracy: Interval
    recall: Interval

    @property
    def small(self) -> bool:
        """Whether it has too few patients to tell much."""
        return self.patients < SMALL


def subgroups(predictions: Predictions, traits: Mapping[str, Array], draws: int = DRAWS) -> tuple[Subgroup, ...]:
    """Figures of every class' films, and of the thirds of the films by every trait.

    Args:
        predictions: N films.
        traits: name → a number per film, float64 ``[N]``; NaN where it is not known, such films are in no group.
        draws: bootstrap samples of patients behind an interval.

    Returns:
        By class, in the order of the classes, then by every trait from low to high. Empty groups are left out.
    """
    found = []
    for place, name in enumerate(predictions.classes):
        rows = np.flatnonzero(predictions.labels == place)
        if len(rows):
            found.append(_group("class", name, None, predictions, rows, draws))
    for trait, values in traits.items():
        known = values[~np.isnan(values)]
        if len(np.unique(known)) < len(TERTILES):
            continue
        edges = np.quantile(known, (1 / 3, 2 / 3))
        third = np.where(np.isnan(values), -1, np.searchsorted(edges, values, side="left"))
        for place, name in enumerate(TERTILES):
            rows = np.flatnonzero(third == place)
            if len(rows):
                ends = float(values[rows].min()), float(values[rows].max())
                found.append(_group(trait, name, ends, predictions, rows, draws))
    return tuple(found)


def _group(  # noqa: PLR0913, PLR0917 - a figure, of whom, and how it is resampled
    kind: str,
    name: str,
    ends: tuple[float, float] | None,
    predictions: Predictions,
    rows: NDArray[np.int64],
    draws: int,
) -> Subgroup:
    people = tuple(predictions.patients[row] for row in rows)
    patients = counter(people)
    labels = predictions.labels[rows]
    right = (predictions.decisions[rows] == labels).astype(np.int64)
    kinds = Kinds(labels * 2 + right, 2 * len(predictions.classes))
    accuracy, recall = _figures(kinds.once())
    accuracies, recalls = _figures(tallies(people, {"right": kinds}, draws)["right"])
    return Subgroup(
        kind,
        name,
        ends,
        len(rows),
        patients(labels >= 0),
        of_share(float(accuracy[0]), accuracies, patients(labels >= 0)),
        of_share(float(recall[0]), recalls, min(patients(labels == place) for place in np.unique(labels))),
    )


def _figures(tally: Array) -> tuple[Array, Array]:
    """Accuracy and mean recall, ``[D]`` each, from films by class and rightness, ``[D, 2 · K]``."""
    wrong, right = tally[:, ::2], tally[:, 1::2]  # [D, K]
    films = wrong + right
    there = films > 0
    recall = ratio((ratio(right, films)).sum(axis=1), there.sum(axis=1).astype(np.float64), np.nan)
    return ratio(right.sum(axis=1), films.sum(axis=1), np.nan), recall
