"""A hundred thousand predictions: what the Performance page computes, and its bootstrap against the plain one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from sklearn import metrics as sk

from core import evaluate
from core.evaluate import Predictions
from core.tasks import TASKS
from tests.benchmarks.timing import milliseconds

FILMS, PATIENTS = 100_000, 30_000
TASK = TASKS["pneumonia"]
TARGETS = {"matrix_ms": 300, "filter_ms": 300, "threshold_ms": 300, "figures_ms": 2000, "figures_alone_ms": 2000}
"""Milliseconds; the others have none and are printed to be watched."""


def predictions(seed: int = 0) -> Predictions:
    """Films of a network that is mostly right; about three of a patient, as in the large public sets."""
    rng = np.random.default_rng(seed)
    labels = np.arange(FILMS) % 3
    logits = rng.normal(size=(FILMS, 3)) * 1.2
    logits[np.arange(FILMS), labels] += 2.6
    powers = np.exp(logits)
    return Predictions(
        TASK.classes,
        tuple(f"films/{number:06}.png" for number in range(FILMS)),
        tuple(f"p{number:06}" for number in np.random.default_rng(9).integers(0, PATIENTS, FILMS)),
        labels,
        powers / powers.sum(axis=1, keepdims=True),
    )


def measure(rounds: int = 3) -> dict[str, float]:
    """Milliseconds of each, and how many times longer the plain bootstrap with scikit-learn's figures would take."""
    given, other = predictions(), predictions(seed=1)
    alone = replace(given, patients=given.files)  # every film a patient of its own: the most there is to draw
    text = evaluate.to_csv(given)

    def matrix() -> None:
        evaluate.shares(evaluate.confusion_matrix(given), "true")

    def cell() -> list[str]:
        rows = np.flatnonzero((given.labels == 2) & (given.decisions == 1))
        return [given.files[row] for row in rows[np.argsort(-given.probabilities[rows, 1])]]

    def threshold() -> None:
        evaluate.measure(given, "PNEUMONIA", 0.4)

    def plain_draw() -> None:
        _plain_draw(given)

    times = milliseconds(
        {
            "matrix_ms": matrix,
            "filter_ms": cell,
            "threshold_ms": threshold,
            "figures_ms": lambda: evaluate.figures(given, TASK),
            "figures_alone_ms": lambda: evaluate.figures(alone, TASK),
            "roc_ms": lambda: evaluate.roc(given, "PNEUMONIA"),
            "comparison_ms": lambda: evaluate.compare(given, other, TASK),
            "reliability_ms": lambda: evaluate.reliability(given),
            "table_ms": lambda: evaluate.parse(text, "table"),
            "plain_draw_ms": plain_draw,
        },
        rounds,
    )
    return times | {"plain_to_figures": times["plain_draw_ms"] * evaluate.DRAWS / times["figures_ms"]}


def _plain_draw(given: Predictions) -> None:
    """One draw as textbooks do it: patients one by one, and every figure from films."""
    _, person = np.unique(np.array(given.patients), return_inverse=True)
    count = int(person.max()) + 1
    weights = np.bincount(np.random.default_rng(0).integers(count, size=count), minlength=count)[person]
    sk.precision_recall_fscore_support(given.labels, given.decisions, sample_weight=weights)
    for place in range(len(given.classes)):
        truth, score = given.labels == place, given.probabilities[:, place]
        sk.roc_auc_score(truth, score, sample_weight=weights)
        sk.average_precision_score(truth, score, sample_weight=weights)
