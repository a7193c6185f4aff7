"""What sets, deferral and words are worth on test films, with 95 % intervals by patient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.certainty.fitted import LEVELS, Certainty
from core.certainty.wording import WORDINGS
from core.checkpoint import Interval
from core.evaluate.alike import counter
from core.evaluate.bootstrap import DRAWS, Kinds, by_score, tallies
from core.evaluate.figures import interval, of_share
from core.evaluate.predictions import Predictions

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

GRID: Final[Array] = np.linspace(0.01, 1, 100)
"""Shares of the films kept, at which risk is given."""


@dataclass(frozen=True, slots=True, eq=False)
class Coverage:
    """How often the true class was in the set, at each of LEVELS.

    Attributes:
        overall: of all films, one interval per level.
        by_class: class → the same of its films; empty where there is none.
        size: classes in a set, on average, one per level.
        empty: share of the sets that hold none.
        several: share of the sets that hold more than one.
    """

    overall: tuple[Interval, ...]
    by_class: dict[str, tuple[Interval, ...]]
    size: tuple[float, ...]
    empty: tuple[float, ...]
    several: tuple[float, ...]


def coverage(predictions: Predictions, found: Certainty, draws: int = DRAWS) -> Coverage:
    """Measure sets on films that they were not fitted to.

    Args:
        predictions: N test films.
        found: what makes the sets.
        draws: bootstrap samples of patients behind the intervals.
    """
    held = np.stack([found.sets.hold(predictions.probabilities, level) for level in LEVELS])  # [L, N, K]
    inside = held[:, np.arange(len(predictions)), predictions.labels]  # [L, N]
    # Sets are nested: a film is covered from some level on.
    first = np.where(inside.any(axis=0), inside.argmax(axis=0), len(LEVELS))  # [N]
    width = len(LEVELS) + 1
    kinds = Kinds(predictions.labels * width + first, len(predictions.classes) * width)

    def covered(tally: Array) -> tuple[Array, Array]:
        """Films covered at each level ``[D, K, L]`` and films ``[D, K]``."""
        films = tally.reshape(len(tally), -1, width)
        return films.cumsum(axis=2)[:, :, :-1], films.sum(axis=2)

    plain, of = covered(kinds.once())
    drawn, of_drawn = covered(tallies(predictions.patients, {"": kinds}, draws)[""])

    def shares(places: list[int]) -> tuple[Interval, ...]:
        mine = np.isin(predictions.labels, places)
        if not mine.any():
            return ()
        patients = counter(predictions.patients)(mine)
        values = plain[0, places].sum(axis=0) / of[0, places].sum()
        with np.errstate(invalid="ignore"):
            spread = drawn[:, places].sum(axis=1) / of_drawn[:, places].sum(axis=1)[:, None]
        return tuple(of_share(float(v), spread[:, at], patients) for at, v in enumerate(values))

    sizes = held.sum(axis=2)
    return Coverage(
        overall=shares(list(range(len(predictions.classes)))),
        by_class={name: shares([place]) for place, name in enumerate(predictions.classes)},
        size=tuple(sizes.mean(axis=1).tolist()),
        empty=tuple((sizes == 0).mean(axis=1).tolist()),
        several=tuple((sizes > 1).mean(axis=1).tolist()),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Risk:
    """How often the films kept are wrong, as those with the lowest top probability are left to a reader.

    Attributes:
        kept: share of the films kept, float64 ``[G]``.
        risk: share of those that are wrong, ``[G]``.
        low, high: 2.5 and 97.5 percentiles of it over bootstrap samples of patients, ``[G]``.
        area: under the exact curve (AURC): risk averaged over all shares kept. 0 is best.
        accuracy_at: share kept → share of those that are right.
    """

    kept: Array
    risk: Array
    low: Array
    high: Array
    area: Interval
    accuracy_at: dict[float, Interval]


def risk(predictions: Predictions, shares: tuple[float, ...] = (0.8, 0.9), draws: int = DRAWS) -> Risk:
    """The risk-coverage curve (El-Yaniv & Wiener 2010; its area: Geifman, Uziel & El-Yaniv 2019, arXiv:1805.08206).

    Films of one top probability are kept or left together; between such groups risk is mixed in proportion.

    Args:
        predictions: N films.
        shares: of the films kept, at which accuracy is given.
        draws: bootstrap samples of patients behind the intervals.
    """
    right = predictions.decisions == predictions.labels
    top = predictions.probabilities.max(axis=1)
    plain = _points(by_score(top, right, exact=True).once())
    kinds = by_score(top, right)  # of many scores a few bins: their area is a little beside that of the curve itself
    aside = _area(plain) - _area(_points(kinds.once()))
    drawn = _points(tallies(predictions.patients, {"": kinds}, draws)[""])
    patients = len(set(predictions.patients))
    curve = _at(plain, GRID)[0]
    bands = _at(drawn, GRID)
    low, high = np.percentile(bands, (2.5, 97.5), axis=0)
    at = np.array(shares)
    values, spreads = 1 - _at(plain, at)[0], 1 - _at(drawn, at)
    return Risk(
        GRID,
        curve,
        np.minimum(low, curve),
        np.maximum(high, curve),
        interval(float(_area(plain)[0]), _area(drawn) + aside),
        {
            share: of_share(float(values[place]), spreads[:, place], max(1, round(share * patients)))
            for place, share in enumerate(shares)
        },
    )


@dataclass(frozen=True, slots=True)
class Right:
    """How often a group of films was right.

    Attributes:
        films: in the group.
        of: films in all.
        right: share of the group that is, with Wilson's interval by patient; ``None`` of an empty group.
    """

    films: int
    of: int
    right: Interval | None


def right(predictions: Predictions, among: Flags) -> Right:
    """Share of some films whose most probable class is the true one.

    Args:
        predictions: N films.
        among: which of them, bool ``[N]``.
    """
    count = int(among.sum())
    if not count:
        return Right(0, len(predictions), None)
    value = float((predictions.decisions == predictions.labels)[among].mean())
    return Right(count, len(predictions), Interval.of_share(value, counter(predictions.patients)(among)))


def said(predictions: Predictions, found: Certainty) -> dict[str, Right]:
    """Key in WORDINGS → how often it was right on these films."""
    top = predictions.probabilities.max(axis=1)
    edges = (np.inf, *found.said_from)
    return {
        name: right(predictions, (top >= edges[place + 1]) & (top < edges[place]))
        for place, name in enumerate(WORDINGS)
    }


def kept(predictions: Predictions, found: Certainty) -> dict[str, Right]:
    """Key in TARGETS → how often the films that are read were right."""
    top = predictions.probabilities.max(axis=1)
    return {name: right(predictions, top >= low) for name, low in found.cuts.items()}


def _points(tally: Array) -> tuple[Array, Array]:
    """Films kept and films wrong among them, from the surest down, ``[D, scores + 1]`` each."""
    from_top = tally[:, ::-1]
    good, bad = from_top[:, ::2], from_top[:, 1::2]  # kinds are 2 · place + right
    start = np.zeros((len(tally), 1))
    films = np.hstack([start, np.cumsum(good + bad, axis=1)])
    return films, np.hstack([start, np.cumsum(bad, axis=1)])


def _at(points: tuple[Array, Array], kept_shares: Array) -> Array:
    """Risk where so many of the films are kept, ``[D, G]``."""
    rows = []
    for films, bad in zip(*points, strict=True):
        wanted = kept_shares * films[-1]
        rows.append(np.interp(wanted, films, bad) / wanted)
    return np.array(rows)


def _area(points: tuple[Array, Array]) -> Array:
    """Mean over films of the risk among those at least as sure, ``[D]``."""
    films, bad = points
    among = np.divide(bad[:, 1:], films[:, 1:], out=np.zeros_like(bad[:, 1:]), where=films[:, 1:] > 0)
    found: Array = (among * np.diff(films, axis=1)).sum(axis=1) / films[:, -1]
    return found
