"""Tables of predictions made by code, with what real ones have: ties, several films of a patient, missing classes."""

from __future__ import annotations

import numpy as np

from core.evaluate import Predictions
from core.tasks import TASKS

TASK = TASKS["pneumonia"]


def table(
    count: int = 300, seed: int = 0, patients: int = 120, digits: int = 2, absent: tuple[int, ...] = ()
) -> Predictions:
    """Random films: ``digits`` rounds probabilities, which makes ties; no film is of the ``absent`` classes."""
    rng = np.random.default_rng(seed)
    labels = rng.choice([place for place in range(3) if place not in absent], count)
    shares = np.round(rng.dirichlet(np.ones(3), count) * 0.6 + np.eye(3)[labels] * 0.4, digits)
    return Predictions(
        TASK.classes,
        tuple(f"test/{i}.png" for i in range(count)),
        tuple(f"p{n}" for n in rng.integers(0, patients, count)),
        labels.astype(np.int64),
        shares / shares.sum(axis=1, keepdims=True),
    )


def only(predictions: Predictions, rows: np.ndarray) -> Predictions:
    """Some of the films, by position; a film may be taken several times."""
    return Predictions(
        predictions.classes,
        tuple(predictions.files[row] for row in rows),
        tuple(predictions.patients[row] for row in rows),
        predictions.labels[rows],
        predictions.probabilities[rows],
    )
