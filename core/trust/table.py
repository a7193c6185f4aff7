"""Many maps' figures as rows, and what they come to: the mean per network and method, with intervals by patient."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.evaluate.bootstrap import of_mean
from core.explain import FAST, METHODS
from core.files import ASSETS
from core.records import grouped
from core.trust.scores import NOTABLE, SCORES

SHIPPED: Final = ASSETS / "faithfulness.csv"
"""Means of every method on every network: what `python -m core faithfulness` made."""

_NAMED: Final = 3  # methods in a sentence


@dataclass(frozen=True, slots=True)
class Scored:
    """One score of one map.

    Attributes:
        model: name of the checkpoint.
        weights_sha256: of its weights.
        method: key in METHODS.
        file: of the film, below the data folder.
        patient: who is on it.
        target: class explained.
        before: its probability on the film as it is, 0…1.
        score: key in SCORES.
        value: of the map.
        random: of a random map on the same film.
        blob: of a blob at its centre.
    """

    model: str
    weights_sha256: str
    method: str
    file: str
    patient: str
    target: str
    before: float
    score: str
    value: float
    random: float
    blob: float


@dataclass(frozen=True, slots=True)
class Mean:
    """One score of one method on one network, over films.

    Attributes:
        model: name of the checkpoint.
        weights_sha256: of its weights.
        method: key in METHODS.
        score: key in SCORES.
        films: over how many.
        value: mean.
        low, high: its 95 % interval, from a bootstrap of patients.
        random: mean of a random map on the same films.
        blob: mean of a blob at the centre.
        better: share of films on which the map beats both, 0…1.
        ahead_of_random: how far ahead of the random map on the same films at least: the low end of the 95 % interval
            of the mean difference, above 0 where the map is better; NaN where there is no interval.
        ahead_of_blob: the same of the blob.
    """

    model: str
    weights_sha256: str
    method: str
    score: str
    films: int
    value: float
    low: float
    high: float
    random: float
    blob: float
    better: float
    ahead_of_random: float
    ahead_of_blob: float


def means(rows: Iterable[Scored]) -> list[Mean]:
    """Per network, method and score: the mean over films, in the order in which they first occur."""
    who = attrgetter("model", "weights_sha256", "method", "score")
    return [_mean(*one, found) for one, found in grouped(rows, who).items()]


def best(found: Sequence[Mean]) -> str | None:
    """The fast method that, over all networks and scores, is farthest ahead of the better of its two rivals on average.

    Scores are on the scale of a probability and are taken as they are; ROAD, half a difference, weighs half. Of those
    that are not notably worse than the farthest, the first in METHODS: the simplest. ``None`` where nothing was
    measured.
    """
    by = by_method(found)
    leads = {method: float(np.mean(list(map(lead, by[method])))) for method in FAST if method in by}
    if not leads:
        return None
    return next(method for method, by in leads.items() if by >= max(leads.values()) - NOTABLE)


def lead(mean: Mean) -> float:
    """How far a mean is ahead of the better of its rivals, -1…1; below 0 where a rival is as good or better."""
    if SCORES[mean.score].higher:
        return mean.value - max(mean.random, mean.blob)
    return min(mean.random, mean.blob) - mean.value


def ahead_of(method: str, found: Sequence[Mean]) -> list[tuple[Mean, float]]:
    """Every mean of the other fast methods, with how far it is ahead of ``method`` on the same network by that score.

    Slow ones are measured on some networks only, and are never chosen at first.
    """
    own = {(mean.weights_sha256, mean.score): lead(mean) for mean in found if mean.method == method}
    return [
        (mean, lead(mean) - own[where])
        for mean in found
        if mean.method in FAST and mean.method != method and (where := (mean.weights_sha256, mean.score)) in own
    ]


def clear(mean: Mean) -> bool:
    """Whether a method is better than both its rivals on the same films, with 95 % confidence of each."""
    return min(mean.ahead_of_random, mean.ahead_of_blob) > 0


def by_method(found: Iterable[Mean]) -> dict[str, list[Mean]]:
    """Method → its means, in the order in which they first occur."""
    return grouped(found, attrgetter("method"))


def standing(method: str, found: Sequence[Mean]) -> str:
    """What is known beforehand of a method's maps, in a sentence, and which methods are better; empty where nothing is.

    Args:
        method: key in METHODS.
        found: of one network.
    """
    by = by_method(found)
    if method not in by:
        return ""
    better, of = sum(map(clear, by[method])), len(by[method])
    films = max(mean.films for mean in by[method])
    rivals = "a random map and than the film's centre"
    says = f"Measured on {films} test films: by {better} of {of} figures better than {rivals}."
    whole = [METHODS[name].title for name in METHODS if name in by and all(map(clear, by[name]))]
    if better == of or not whole:
        return says
    more = f" and {len(whole) - _NAMED} more" if len(whole) > _NAMED else ""
    return f"{says} By all of them: {', '.join(whole[:_NAMED])}{more}."


def summary(found: Sequence[Mean]) -> list[str]:
    """A line per network and score: the method in front, its rivals, and how many methods are clearly better."""
    lines = []
    for (model, score), means in grouped(found, attrgetter("model", "score")).items():
        first = max(means, key=lead)
        better = sum(map(clear, means))
        lines.append(
            f"{model:24}  {score:9}  {first.method:20}  {first.value:z6.3f} ({first.low:.3f} to {first.high:.3f})  "
            f"random {first.random:z6.3f}  centre {first.blob:z6.3f}  better than both: "
            f"{better} of {len(means)} methods"
        )
    return lines


def _mean(model: str, sha256: str, method: str, score: str, rows: list[Scored]) -> Mean:
    own, *rivals = np.array([(row.value, row.random, row.blob) for row in rows]).T
    sign = 1 if SCORES[score].higher else -1
    patients = [row.patient for row in rows]
    ahead = [sign * (own - rival) for rival in rivals]
    better = float(np.all([by > 0 for by in ahead], axis=0).mean())
    over_random, over_blob = (_surely(by, patients) for by in ahead)
    random, blob = (float(rival.mean()) for rival in rivals)
    value, low, high = of_mean(own, patients)
    return Mean(model, sha256, method, score, len(rows), value, low, high, random, blob, better, over_random, over_blob)


def _surely(differences: NDArray[np.float64], patients: Sequence[str]) -> float:
    """The low end of the interval of a mean; NaN where it has no width, which says nothing."""
    _, low, high = of_mean(differences, patients)
    return low if low < high else float("nan")
