"""Prediction sets by split conformal prediction: classes among which the true one is, in so many films of a hundred.

A film's score for a class is 1 less its probability (LAC; Sadinle, Lei & Wasserman 2019, arXiv:1609.00451). A class is
in the set when its score is no larger than nearly all scores that films of that class had in validation. Films drawn
like those are covered at least so often, class by class and whatever the network is (Vovk, Gammerman & Shafer 2005,
"Mondrian"; Angelopoulos & Bates 2021, arXiv:2107.07511). By class, because users' films are of other classes in other
shares than validation films, and because one cut for all leaves the hardest class short of the level.

A network's temperature, and mostly its biases, were settled on the same films, a few numbers from hundreds: the theorem
wants films that nothing was settled on, so what it promises is checked on test films.

A set can be empty: then the film is less like each class than so many of its films were.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.evaluate.predictions import Predictions

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

_ROUNDING = 1e-9


def quantile(scores: Array, weights: Array, level: float) -> float:
    """The score at or below which ``level`` of the films lie, one more that nobody has seen among them.

    With equal weights it is the ``ceil((n + 1) level)``-th smallest of n scores.

    Args:
        scores: float64 ``[N]``.
        weights: how much each counts, ``[N]``; a few may be negative.
        level: 0…1.

    Returns:
        A score; infinite where there are too few films for such a level.
    """
    order = np.argsort(scores, kind="stable")
    counted = np.cumsum(weights[order])
    reached = np.minimum.accumulate(counted[::-1])[::-1]  # negative weights take back what was reached before them
    place = int(np.searchsorted(reached, level * (weights.sum() + 1) - _ROUNDING))
    return float(scores[order[place]]) if place < len(scores) else float("inf")


@dataclass(frozen=True, slots=True, eq=False)
class Sets:
    """What makes sets of probabilities.

    Attributes:
        classes: in the order of the columns below.
        scores: 1 less the probability, of N validation films, float64 ``[N, K]``.
        shares: for how much of each class a film counts, ``[N, K]``: see :func:`core.certainty.noise.shares`.
    """

    classes: tuple[str, ...]
    scores: Array
    shares: Array
    _least: dict[float, Array] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def fit(cls, validation: Predictions, shares: Array) -> Sets:
        """From validation films."""
        return cls(validation.classes, 1 - validation.probabilities, shares)

    def least(self, level: float) -> Array:
        """The probability from which each class is in the set, ``[K]``; minus infinity where it always is."""
        if level not in self._least:  # sorting is what takes time: once for each level that somebody asks for
            cuts = [quantile(self.scores[:, k], self.shares[:, k], level) for k in range(len(self.classes))]
            self._least[level] = 1 - np.array(cuts)
        return self._least[level]

    def hold(self, probabilities: Array, level: float) -> Flags:
        """Which classes are in the sets of N films.

        Args:
            probabilities: calibrated, ``[N, K]``.
            level: share of films whose true class shall be in its set, 0…1.

        Returns:
            bool ``[N, K]``. A set at a higher level holds all of one at a lower.
        """
        found: Flags = probabilities >= self.least(level) - _ROUNDING
        return found

    def of(self, by_class: Mapping[str, float], level: float) -> tuple[str, ...]:
        """The set of one film, the most probable class first; may be empty."""
        held = self.hold(np.array([[by_class[name] for name in self.classes]]), level)[0]
        inside = [name for name, there in zip(self.classes, held, strict=True) if there]
        return tuple(sorted(inside, key=by_class.__getitem__, reverse=True))
