"""Operating points: from which probability on a film counts as positive, and what that costs and brings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field, ValidationError, model_validator

from core.checkpoint import Interval
from core.errors import DataError, UnknownNameError
from core.evaluate.alike import counter
from core.evaluate.bootstrap import DRAWS, Kinds, tallies
from core.evaluate.figures import of_share
from core.evaluate.merging import members, one_against_rest, two_sides
from core.evaluate.metrics import METRICS, Binary, binary_counts
from core.evaluate.predictions import Predictions
from core.schema import Sha256, Share, Strict, problem
from core.table import Table
from core.tasks import TASKS
from core.words import DISCLAIMER, percent

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measured:
    """Films by truth and decision at one threshold.

    Attributes:
        tp, fp, fn, tn: films, true and false positives, false and true negatives.
    """

    tp: int
    fp: int
    fn: int
    tn: int

    @property
    def n(self) -> int:
        """All films."""
        return self.tp + self.fp + self.fn + self.tn

    @property
    def matrix(self) -> NDArray[np.int64]:
        """Films, int64 ``[2, 2]``: rows are true, columns decided, the negative first."""
        return np.array([[self.tn, self.fp], [self.fn, self.tp]], dtype=np.int64)

    @property
    def accuracy(self) -> float:
        """Share of films decided right."""
        return (self.tp + self.tn) / self.n if self.n else 0.0

    @property
    def sensitivity(self) -> float:
        """Of the positive films, how many it finds; NaN without any."""
        return self._figure("recall")

    @property
    def specificity(self) -> float:
        """Of the negative films, how many it leaves alone; NaN without any."""
        return self._figure("specificity")

    def _figure(self, metric: str) -> float:
        counts = tuple(np.array([float(count)]) for count in (self.tp, self.fp, self.fn, self.tn))
        return float(METRICS[metric].compute((counts[0], counts[1], counts[2], counts[3]))[0])


def measure(predictions: Predictions, positive: str, threshold: float) -> Measured:
    """Decide every film at a threshold.

    Args:
        predictions: N films.
        positive: a class, or a coarser class of the task (its members' probabilities are added up).
        threshold: a film is positive when its probability is this or more.

    Raises:
        UnknownNameError: there is no such class.
    """
    truth, score = one_against_rest(predictions, positive)
    said = score >= threshold
    return Measured(
        int((truth & said).sum()), int((~truth & said).sum()), int((truth & ~said).sum()), int((~truth & ~said).sum())
    )


def predictive_values(sensitivity: float, specificity: float, prevalence: float) -> tuple[float, float]:
    """How often a positive and a negative answer are right where the disease is as frequent as said (Bayes).

    Args:
        sensitivity: 0…1.
        specificity: 0…1.
        prevalence: share of positives among those who will be asked, 0…1.

    Returns:
        Positive and negative predictive value, 0…1; NaN for an answer that is never given.

    Raises:
        DataError: one of the three is not within 0…1.
    """
    for name, value in (("sensitivity", sensitivity), ("specificity", specificity), ("prevalence", prevalence)):
        if not 0 <= value <= 1:
            raise DataError(f"The {name} must lie between 0 and 1, not at {value}.")
    hits, alarms = sensitivity * prevalence, (1 - specificity) * (1 - prevalence)
    misses, passes = (1 - sensitivity) * prevalence, specificity * (1 - prevalence)
    return (
        hits / (hits + alarms) if hits + alarms > 0 else float("nan"),
        passes / (passes + misses) if passes + misses > 0 else float("nan"),
    )


class OperatingPoint(Strict):
    """A threshold for one network, with what it gave on a split: what is downloaded and given to ``read --threshold``.

    Attributes:
        model: name of the checkpoint.
        weights_sha256: of its weights; the point is of no other's.
        task: key in TASKS.
        positive: a class of the task, or a coarser one.
        threshold: a film is positive when its probability is this or more, 0…1.
        split: where it was measured.
        n: films there.
        sensitivity, specificity: with 95 % bootstrap intervals by patient.
        notice: what it is not for.
    """

    model_config = ConfigDict(strict=True)

    model: str
    weights_sha256: Sha256
    task: str
    positive: str
    threshold: Share
    split: str
    n: Annotated[int, Field(ge=1)]
    sensitivity: Interval
    specificity: Interval
    notice: str = DISCLAIMER

    @model_validator(mode="after")
    def _known(self) -> Self:
        try:
            members(TASKS[self.task].classes, self.positive)
        except UnknownNameError as error:
            raise ValueError(str(error)) from error
        return self

    def to_json(self) -> str:
        """As a file holds it."""
        return self.model_dump_json(indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What :meth:`to_json` wrote.

        Raises:
            DataError: it is no JSON, or not an operating point; the message names the field.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise DataError(
                f"This is no operating point: {problem(error)}. Download one from the Performance page."
            ) from error

    def score(self, probabilities: Mapping[str, float]) -> float:
        """Probability of the positive class, given that of every class of the task by name."""
        classes = TASKS[self.task].classes
        return min(1.0, sum(probabilities[classes[place]] for place in members(classes, self.positive)))

    def decide(self, probabilities: Mapping[str, float]) -> str:
        """The positive class' name, or "not " and its name."""
        return self.positive if self.score(probabilities) >= self.threshold else f"not {self.positive}"


def operating_point(  # noqa: PLR0913 - a record's fields
    predictions: Predictions,
    positive: str,
    threshold: float,
    *,
    model: str,
    weights_sha256: str,
    task: str,
    split: str,
    draws: int = DRAWS,
) -> OperatingPoint:
    """Measure a threshold with intervals and make a record of it.

    Raises:
        DataError: there is no film of the class, or none of another.
        UnknownNameError: there is no such class.
    """
    truth, score = two_sides(predictions, positive, "A threshold")
    cells = Kinds(truth * 2 + (score >= threshold), 4)
    drawn = _counts(tallies(predictions.patients, {positive: cells}, draws)[positive])
    plain = _counts(cells.once())
    found = {}
    for name, metric in (("sensitivity", METRICS["recall"]), ("specificity", METRICS["specificity"])):
        patients = counter(predictions.patients)(metric.counted(truth, score >= threshold))
        found[name] = of_share(float(metric.compute(plain)[0]), metric.compute(drawn), patients)
    return OperatingPoint(
        model=model,
        weights_sha256=weights_sha256,
        task=task,
        positive=positive,
        threshold=threshold,
        split=split,
        n=len(predictions),
        sensitivity=found["sensitivity"],
        specificity=found["specificity"],
    )


@dataclass(frozen=True, slots=True)
class Preset:
    """A way to choose a threshold.

    Attributes:
        name: key in :data:`PRESETS`.
        title: how it is written on screen.
        says: what it chooses, in words.
        pick: from sensitivity and specificity at each candidate threshold, ascending, ``[M]`` each, the position of
            the best.
    """

    name: str
    title: str
    says: str
    pick: Callable[[Array, Array], int]

    def choose(self, predictions: Predictions, positive: str) -> float:
        """The threshold for a class, or a coarser class of the task, 0…1.

        It lies half-way between two scores that occur, so that a rounding moves no film across it.

        Raises:
            DataError: there is no film of the class, or none of another, or no threshold that will do.
            UnknownNameError: there is no such class.
        """
        truth, score = two_sides(predictions, positive, "A threshold")
        values, place = np.unique(score, return_inverse=True)
        # Candidates, ascending: all films positive, a cut below every score but the lowest, and none positive.
        middle = (values[1:] + values[:-1]) / 2
        between = np.where(middle > values[:-1], middle, values[1:])  # no number lies between neighbouring floats
        cuts = np.concatenate(([0.0], between, [1.0] if values[-1] < 1 else []))
        below = [np.concatenate(([0.0], np.cumsum(np.bincount(place, kind))))[: len(cuts)] for kind in (truth, ~truth)]
        return float(cuts[self.pick(1 - below[0] / truth.sum(), below[1] / (~truth).sum())])


def _youden(sensitivity: Array, specificity: Array) -> int:
    return int(np.argmax(np.round(sensitivity + specificity, 12)))  # rounded: of equals the first, not the luckiest


def _specific(sensitivity: Array, specificity: Array, least: float = 0.9) -> int:  # noqa: ARG001 - one signature
    found = np.flatnonzero(specificity >= least - 1e-12)
    if not len(found):
        raise DataError(
            f"No threshold reaches a specificity of {percent(least)}: too many films of other classes have a "
            "probability of 1. Choose another preset."
        )
    return int(found[0])


def _sensitive(sensitivity: Array, specificity: Array, least: float = 0.95) -> int:  # noqa: ARG001 - one signature
    return int(np.flatnonzero(sensitivity >= least - 1e-12)[-1])


PRESETS: Table[Preset] = Table(
    "preset",
    Preset(
        "youden",
        "Youden",
        "Where sensitivity and specificity add up to most (Youden 1950, doi 10.1002/1097-0142(1950)3:1<32)",
        _youden,
    ),
    Preset("specificity_90", "90 % specificity", "As sensitive as can be with a specificity of 90 %", _specific),
    Preset("sensitivity_95", "95 % sensitivity", "As specific as can be with a sensitivity of 95 %", _sensitive),
)


def _counts(tally: Array) -> Binary:
    """Tallies by ``2 · true + decided``, ``[D, 4]`` → TP, FP, FN, TN."""
    return binary_counts(tally.reshape(-1, 2, 2), 1)
