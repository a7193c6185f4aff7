"""Two networks on the same films: is one better, or was it luck?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError
from core.evaluate.bootstrap import DRAWS, Kinds, tallies
from core.evaluate.matrix import confusion
from core.evaluate.merging import merged_decisions
from core.evaluate.metrics import Array, ratio
from core.evaluate.predictions import Predictions
from core.tasks import Task
from core.wilson import wilson_ends

ALPHA: Final = 0.05
"""Below this p there is evidence of a difference."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A figure that may be negative, -1…1, with its 95 % bootstrap interval (percentile, resampled by patient).

    Attributes:
        value: the figure; NaN where it is not defined.
        low, high: ends of the interval; both the value where none can be told.
    """

    value: float
    low: float
    high: float

    @property
    def told(self) -> bool:
        """Whether there is an interval."""
        return self.low < self.high


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """What two networks, the first and the second, make of the same films.

    Attributes:
        classes: of the matrix.
        files: the films both have read, N of them, in the first's order.
        difference: first's confusion matrix less second's, int64 ``[K, K]``.
        only_a: films that only the first gets right.
        only_b: films that only the second gets right.
        both_right: films that both get right.
        both_wrong: films that neither gets right.
        differing: films that they decide differently, right or wrong, by file name.
        accuracy: first's less second's, paired. Where no draw differs from another, the interval is Wilson's, of as
            many observations as there are patients: without a film that only one gets right, ± the most of these
            that there may be.
        kappa: agreement of their decisions beyond chance, Cohen 1960, doi 10.1177/001316446002000104; NaN where
            both give every film the same one class.
        p: of the exact McNemar test, two-sided, on ``only_a`` against ``only_b`` (McNemar 1947, doi
            10.1007/BF02295996). It takes films for independent; the interval of ``accuracy`` does not.
    """

    classes: tuple[str, ...]
    files: tuple[str, ...]
    difference: NDArray[np.int64]
    only_a: int
    only_b: int
    both_right: int
    both_wrong: int
    differing: tuple[str, ...]
    accuracy: Signed
    kappa: Signed
    p: float

    def __len__(self) -> int:
        return len(self.files)

    def sentence(self, a: str, b: str) -> str:
        """What it means, in words.

        Args:
            a: what the first is called.
            b: what the second is called.
        """
        better, worse, more, fewer = (a, b, self.only_a, self.only_b)
        if self.only_b > self.only_a:
            better, worse, more, fewer = (b, a, self.only_b, self.only_a)
        if not more:
            return f"{a} and {b} are right on the same {self.both_right} of {len(self)} films: no difference."
        verdict = f"{better} is better on these films" if self.p < ALPHA else "no evidence of a difference"
        films = "film" if more == 1 else "films"
        counts = f"{better} is right on {more} {films} where {worse} is wrong, the reverse on {fewer}"
        return f"{counts}: {verdict}, {_p(self.p)}."


def compare(a: Predictions, b: Predictions, task: Task, draws: int = DRAWS, *, coarse: bool = False) -> Comparison:
    """Hold two networks' predictions against each other, film by film.

    Args:
        a: of the first.
        b: of the second. Films are matched by file name; those that only one has read are left out.
        task: whose classes both know.
        draws: bootstrap samples of patients behind the intervals.
        coarse: compare by merged classes (normal / pneumonia).

    Raises:
        DataError: the classes differ, there is no film in common, or one film has two labels.
    """
    a.require(task)
    b.require(task)
    of_b = {file: place for place, file in enumerate(b.files)}
    mine = np.array([place for place, file in enumerate(a.files) if file in of_b], dtype=np.int64)
    files = tuple(a.files[place] for place in mine)
    theirs = np.array([of_b[file] for file in files], dtype=np.int64)
    if not files:
        raise DataError("The two have no film in common. Compare predictions of the same films, named alike.")
    labels, other = a.labels[mine], b.labels[theirs]
    if (wrong := np.flatnonzero(labels != other)).size:
        file, first, second = files[wrong[0]], task.classes[labels[wrong[0]]], task.classes[other[wrong[0]]]
        raise DataError(f"The film {file} is {first} in one table and {second} in the other. Correct one of them.")
    said_a, said_b, size = a.decisions[mine], b.decisions[theirs], len(task.classes)
    if coarse:
        group = np.array(task.merged_places)
        labels, size = group[labels], len(task.merged_classes)
        said_a, said_b = merged_decisions(a, task)[mine], merged_decisions(b, task)[theirs]
    right_a, right_b = said_a == labels, said_b == labels
    kinds = Kinds((labels * size + said_a) * size + said_b, size**3)
    patients = tuple(a.patients[place] for place in mine)
    drawn = tallies(patients, {"kinds": kinds}, draws)["kinds"].reshape(-1, size, size, size)
    plain = kinds.once().reshape(1, size, size, size)
    only_a, only_b = int((right_a & ~right_b).sum()), int((right_b & ~right_a).sum())
    return Comparison(
        classes=task.merged_classes if coarse else task.classes,
        files=files,
        difference=confusion(labels, said_a, size) - confusion(labels, said_b, size),
        only_a=only_a,
        only_b=only_b,
        both_right=int((right_a & right_b).sum()),
        both_wrong=int((~right_a & ~right_b).sum()),
        differing=tuple(files[place] for place in np.flatnonzero(said_a != said_b)),
        accuracy=_lead_signed(_signed(_lead(plain), _lead(drawn)), len(set(patients))),
        kappa=_signed(kappa(plain.sum(axis=1)), kappa(drawn.sum(axis=1))),
        p=mcnemar(only_a, only_b),
    )


def mcnemar(only_a: int, only_b: int) -> float:
    """Exact McNemar test, two-sided: how likely so uneven a split of the disagreements is if neither is better.

    Args:
        only_a: films that only the first gets right.
        only_b: films that only the second gets right.

    Returns:
        p, 0…1; 1 without disagreements.
    """
    trials, fewer = only_a + only_b, min(only_a, only_b)
    # log C(n, k) = Σ log((n - i + 1) / i): a sum of logarithms, because 2 ** n leaves the numbers of a computer.
    steps = np.arange(1, fewer + 1)
    logs = np.concatenate(([0.0], np.cumsum(np.log((trials - steps + 1) / steps)))) - trials * np.log(2)
    return float(min(1.0, 2 * np.exp(logs).sum()))


def kappa(pairs: Array) -> Array:
    """Cohen's kappa, ``[D]``, of films by two decisions, ``[D, K, K]``; NaN where chance alone explains everything."""
    total = pairs.sum(axis=(1, 2))
    agreed = ratio(np.trace(pairs, axis1=1, axis2=2), total)
    chance = ratio((pairs.sum(axis=1) * pairs.sum(axis=2)).sum(axis=1), total**2)
    return ratio(agreed - chance, 1 - chance, np.nan)


def _lead(tally: Array) -> Array:
    """Accuracy of the first less that of the second, ``[D]``, from films by truth and both decisions."""
    right_a = np.einsum("dttb->d", tally)
    right_b = np.einsum("dtat->d", tally)
    return ratio(right_a - right_b, tally.sum(axis=(1, 2, 3)))


def _signed(value: Array, spread: Array) -> Signed:
    middle = float(value[0])
    if np.isnan(middle):
        return Signed(middle, middle, middle)
    low, high = (
        (float(end) for end in np.nanpercentile(spread, (2.5, 97.5))) if not np.isnan(spread).all() else (middle,) * 2
    )
    return Signed(middle, min(low, middle), max(high, middle))


def _lead_signed(found: Signed, patients: int) -> Signed:
    """The difference of accuracy, with an interval also where draws did not vary."""
    if found.told or np.isnan(found.value):
        return found
    if found.value == 0:
        _, most = wilson_ends(0.0, patients)
        return Signed(0.0, -most, most)
    low, high = wilson_ends((1 + found.value) / 2, patients)
    return Signed(found.value, min(2 * low - 1, found.value), max(2 * high - 1, found.value))


def _p(p: float) -> str:
    """As papers print it: "p = .40", "p = .003", "p < .001"."""
    if p < 0.001:  # noqa: PLR2004
        return "p < .001"
    if p > 0.995:  # noqa: PLR2004
        return "p = 1"
    return f"p = {p:.{3 if p < 0.1 else 2}f}".replace("0.", ".")  # noqa: PLR2004
