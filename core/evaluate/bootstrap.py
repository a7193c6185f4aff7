"""The bootstrap of patients: draw patients with replacement, with all their films.

Patients whose films count alike are interchangeable. So patients are sorted into *types* first, and what is drawn is
how many patients of each type there are: the same distribution as drawing patients one by one, of far fewer numbers.
Every figure is then made from tallies (how many films of a kind a draw holds), never from films.

Field & Welsh 2007, doi 10.1111/j.1467-9868.2007.00593.x.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.wilson import wilson_ends

Array = NDArray[np.float64]
Places = NDArray[np.int64]

DRAWS = 2000
"""Bootstrap samples behind a shipped figure."""

SEED = 0
"""Of the generator: the same patients are drawn every time."""

_AT_ONCE = 256
"""Draws in memory at a time."""

_DEAR = 8
"""A count drawn for a type costs about as much as this many patients drawn one by one."""

EXACT = 1024
"""Up to so many different scores, every one is a bin of its own."""

_BINS = 128
"""Bins for films of the class, and as many for the others, where there are more scores than that."""


@dataclass(frozen=True, slots=True, eq=False)
class Kinds:
    """Films sorted into kinds that are to be counted.

    Attributes:
        place: the kind of each film, int64 ``[N]``, 0 … count - 1.
        count: how many kinds there are.
    """

    place: Places
    count: int

    def once(self) -> Array:
        """Films of each kind as they are, float64 ``[1, count]``."""
        return np.bincount(self.place, minlength=self.count)[None].astype(np.float64)


def tallies(
    patients: tuple[str, ...], kinds: Mapping[str, Kinds], draws: int = DRAWS, seed: int = SEED
) -> dict[str, Array]:
    """How many films of each kind bootstrap samples of patients hold.

    Args:
        patients: who is on each of N films.
        kinds: name → a way of sorting the films. All are tallied in the same draws.
        draws: how many samples, D.
        seed: of the generator; the same seed draws the same patients.

    Returns:
        Name → films, float64 ``[D, count]``.
    """
    people, films, multiplicity, of_patient = _types(patients, list(kinds.values()))
    found = {name: np.zeros((draws, kind.count)) for name, kind in kinds.items()}
    rows = {name: _rows(kind.place[films], people) for name, kind in kinds.items()}
    done = 0
    for weights in _drawn(multiplicity, of_patient, draws, np.random.default_rng(seed)):  # [types, some draws]
        here = slice(done, done := done + weights.shape[1])
        for name, each in rows.items():
            for place, of_kind in each:
                found[name][here, place] = np.add.reduce(weights.take(of_kind, axis=0), axis=0, dtype=np.float32)
    return found


def by_score(score: Array, truth: NDArray[np.bool_], *, exact: bool = False) -> Kinds:
    """Films sorted by score, ascending, and within equal scores by truth: kind ``2 · place + truth``.

    With more than :data:`EXACT` different scores, and unless ``exact``, neighbours share a bin; edges are quantiles of
    the films of the class and of the others, so that neither is crowded into a few. An area changes by about 1e-4
    (AUROC) to 1e-3 (AUPRC), which figures put right; the ends of its interval are good to a fiftieth of its width.
    """
    values, place = np.unique(score, return_inverse=True)
    count = len(values)
    if count > EXACT and not exact:
        steps = np.linspace(0, 1, _BINS + 1)[1:-1]
        edges = np.unique(np.concatenate([np.quantile(s, steps) for s in (score[truth], score[~truth]) if len(s)]))
        place = np.searchsorted(edges, score, side="right")
        count = len(edges) + 1
    return Kinds(place * 2 + truth, 2 * count)


def _types(patients: tuple[str, ...], kinds: Sequence[Kinds]) -> tuple[Places, Places, Places, Places]:
    """Patients by what their films are.

    Returns:
        For one patient of each type, as their films: the type ``[L]`` and the film ``[L]``; patients of each type
        ``[T]``; type of each patient ``[P]``.
    """
    code = np.zeros(len(patients), dtype=np.int64)
    for kind in kinds:  # films of the same kind in every respect share a code
        _, code = np.unique(code * kind.count + kind.place, return_inverse=True)
    _, person = np.unique(np.array(patients), return_inverse=True)
    order = np.argsort(person, kind="stable")
    first = np.flatnonzero(np.r_[True, np.diff(person[order]) > 0])
    # A patient's films, whatever their order, by the sum of one random number per kind. Two types of a hundred
    # thousand share a sum of 64 bits with a chance of one in a thousand million.
    label = np.random.default_rng(0).integers(2**64, size=int(code.max()) + 1, dtype=np.uint64)
    signature = np.add.reduceat(label[code[order]], first)
    _, example, of_patient, multiplicity = np.unique(
        signature, return_index=True, return_inverse=True, return_counts=True
    )
    shown = np.zeros(len(first), dtype=bool)
    shown[example] = True
    films = order[shown[person[order]]]
    return of_patient[person[films]], films, multiplicity, of_patient


def _rows(place: Places, people: Places) -> list[tuple[int, Places]]:
    """For each kind that occurs, the types of patients that have such films, one entry per film."""
    order = np.argsort(place, kind="stable")
    found, starts = np.unique(place[order], return_index=True)
    return list(zip(found.tolist(), np.split(people[order], starts[1:]), strict=True))


def _drawn(
    multiplicity: Places, of_patient: Places, draws: int, rng: np.random.Generator
) -> Iterator[NDArray[np.uint16] | NDArray[np.uint32]]:
    """Patients of each type in each draw, ``[T, d]``, some draws at a time."""
    types, patients = len(multiplicity), len(of_patient)
    # Small numbers are summed faster. No draw holds twice as many of a type as there are, of that many.
    small = np.uint16 if multiplicity.max() < 2**15 else np.uint32
    narrow = of_patient.astype(np.int32)
    for start in range(0, draws, _AT_ONCE):
        count = min(_AT_ONCE, draws - start)
        if types * _DEAR < patients:
            weights = rng.multinomial(patients, multiplicity / patients, size=count).astype(small)  # [d, T]
        else:
            weights = np.empty((count, types), dtype=small)
            for row in weights:
                row[:] = np.bincount(narrow.take(rng.integers(patients, size=patients)), minlength=types)
        yield np.ascontiguousarray(weights.T)


def of_mean(values: Array, patients: Sequence[str]) -> tuple[float, float, float]:
    """A mean over films, and its 95 % percentile interval when patients are drawn with all their films.

    Args:
        values: float64 ``[N]``.
        patients: who is on each of N films.

    Returns:
        Mean, low and high; NaN where there are no films. Of one patient, who says nothing of others, all three are the
        mean: an interval without width is none.
    """
    if not len(values):
        return (float("nan"),) * 3
    _, person = np.unique(patients, return_inverse=True)
    if not person.any():
        return (float(values.mean()),) * 3
    films, sums = np.bincount(person), np.bincount(person, weights=values)
    drawn = np.random.default_rng(SEED).multinomial(len(films), np.full(len(films), 1 / len(films)), size=DRAWS)
    low, high = np.percentile((drawn @ sums) / (drawn @ films), [2.5, 97.5])
    return float(values.mean()), float(low), float(high)


def of_share(right: NDArray[np.bool_], patients: Sequence[str]) -> tuple[float, float, float]:
    """The same of a share of films; Wilson's interval, of patients, where all of them or none are right."""
    share, low, high = of_mean(right.astype(np.float64), patients)
    return (share, *wilson_ends(share, len(set(patients)))) if share in {0, 1} else (share, low, high)
