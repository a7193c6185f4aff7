"""Calibration: does 80 % mean right in 80 of 100 films? Guo et al. 2017, arXiv:1706.04599."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError
from core.evaluate.predictions import Predictions
from core.wilson import wilson

Array = NDArray[np.float64]
Kind = Literal["equal-width", "adaptive"]
"""Bins of equal width between 0 and 1, or of as nearly equal a number of films as ties allow."""


@dataclass(frozen=True, slots=True, eq=False)
class Reliability:
    """Films in bins of the probability of the decided class. Empty bins have a count of 0 and NaN elsewhere.

    Attributes:
        confidence: mean probability of the decided class in each bin, float64 ``[B]``, 0…1.
        accuracy: share of films decided right, float64 ``[B]``, 0…1.
        low, high: 95 % interval of the accuracy (Wilson 1927), with as many observations as the bin has patients:
            films of one patient are taken to say the same, which is never too narrow. float64 ``[B]``, 0…1.
        counts: films, int64 ``[B]``.
        edges: of the bins, ascending, float64 ``[B + 1]``; a film on an edge belongs to the bin below it.
    """

    confidence: Array
    accuracy: Array
    low: Array
    high: Array
    counts: NDArray[np.int64]
    edges: Array


def reliability(predictions: Predictions, bins: int = 10, kind: Kind = "equal-width") -> Reliability:
    """Confidence and accuracy by bins of confidence, the probability of the decided class.

    Args:
        predictions: N films.
        bins: how many, 1 or more; "adaptive" makes fewer where many films share a probability.
        kind: see :data:`Kind`.

    Raises:
        DataError: there are no bins or no films.
    """
    if bins < 1 or not len(predictions):
        raise DataError("A reliability diagram needs a film and a bin at least.")
    sure = predictions.probabilities.max(axis=1)
    right = predictions.decisions == predictions.labels
    edges = _EDGES[kind](sure, bins)
    count = len(edges) - 1
    place = np.searchsorted(edges[1:-1], sure, side="left")  # [N], bins are closed on the right
    counts = np.bincount(place, minlength=count)
    _, people = np.unique(np.array(predictions.patients), return_inverse=True)
    pairs = np.unique(place * (people.max() + 1) + people) // (people.max() + 1)  # one entry per bin and patient
    with np.errstate(divide="ignore", invalid="ignore"):  # 0 / 0 in an empty bin is the NaN that is promised
        confidence = np.bincount(place, sure, minlength=count) / counts
        accuracy = np.bincount(place, right, minlength=count) / counts
        low, high = wilson(accuracy, np.bincount(pairs, minlength=count))
    return Reliability(confidence, accuracy, low, high, counts.astype(np.int64), edges)


def ece(predictions: Predictions, bins: int = 10, kind: Kind = "equal-width") -> float:
    """Expected calibration error, 0…1: distance of accuracy from confidence, averaged over films by bins.

    Equal width: Naeini et al. 2015; adaptive: Nixon et al. 2019, arXiv:1904.01685.
    """
    found = reliability(predictions, bins, kind)
    held = found.counts > 0
    gaps = np.abs(found.accuracy[held] - found.confidence[held])
    return float(gaps @ found.counts[held] / len(predictions))


def brier(predictions: Predictions) -> float:
    """Brier score, 0 (best) … 2: squared distance of the probabilities from the truth, summed over classes."""
    truth = np.eye(len(predictions.classes))[predictions.labels]
    return float(np.mean(((predictions.probabilities - truth) ** 2).sum(axis=1)))


def log_loss(predictions: Predictions) -> float:
    """Mean negative logarithm of the true class' probability, 0 (best) …; a probability of 0 counts as 2.2e-16."""
    given = predictions.probabilities[np.arange(len(predictions)), predictions.labels]
    return float(-np.log(np.clip(given, np.finfo(np.float64).eps, 1.0)).mean())


def tempered(predictions: Predictions, temperature: float) -> Predictions:
    """The same films with softmax(logits / temperature) for probabilities.

    Softmax forgets only a constant, so ``p ** (1 / T)``, made to sum to 1, is the same without the logits.

    Args:
        predictions: N films.
        temperature: above 1 makes less sure, below 1 more sure; decisions stay.

    Raises:
        DataError: the temperature is not above 0, or not finite.
    """
    if not 0 < temperature < np.inf:
        raise DataError(f"A temperature must be above 0 and finite, not {temperature}.")
    with np.errstate(divide="ignore"):  # the logarithm of 0 is -inf, whose exponential is 0 again
        logits = np.log(predictions.probabilities) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return replace(predictions, probabilities=powers / powers.sum(axis=1, keepdims=True))


def _equal_width(_sure: Array, bins: int) -> Array:
    return np.linspace(0, 1, bins + 1)


def _adaptive(sure: Array, bins: int) -> Array:
    inner = np.unique(np.quantile(sure, np.linspace(0, 1, bins + 1)[1:-1]))
    return np.concatenate(([0.0], inner[(inner > 0) & (inner < sure.max())], [1.0]))


_EDGES = {"equal-width": _equal_width, "adaptive": _adaptive}


CALIBRATION: Final[Mapping[str, Callable[[Predictions], float]]] = MappingProxyType(
    {"ece": ece, "ece_adaptive": partial(ece, kind="adaptive"), "brier": brier, "log_loss": log_loss}
)
"""What is told of a set of predictions, without an interval: name → figure."""
