"""How often the recorded kind of a disease is another than the true one, and what follows for whatever is fitted.

Whether a child has pneumonia is known of the validation films; which kind was read off charts, and is wrong now and
then (see :mod:`core.training.calibrate`). What is fitted to such labels as if they were true promises less than it
keeps: networks that are right in nine of ten films look as if they were right in eight.

So the rate of such slips is estimated, and every film counts for the classes that its label may have come from. Of a
few films none can be: what is estimated is then mostly the network's own errors, excused.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.evaluate.predictions import Predictions
from core.tasks import Task

Array = NDArray[np.float64]

_STEPS = 500
_SETTLED = 1e-6
_WORST = 0.45
"""Share of a class' labels that may be taken for slips: beyond one half, classes would change places."""

ENOUGH = 100
"""Films of a class from which slips are estimated: of fewer, a share of one in ten is known to no better than 0.06."""


def slips(predictions: Predictions, task: Task) -> Array:
    """Chance of each recorded class given the true one: most likely for films of which a network knows nothing but x.

    Expectation-maximisation (Dawid & Skene 1979, doi 10.2307/2346806) with the calibrated probabilities as the prior
    of the true class. Only classes of a group of :attr:`core.tasks.Task.sure_places` are ever mistaken for each other,
    and only where there are :data:`ENOUGH` films of each.

    Args:
        predictions: N validation films.
        task: says which classes can be mistaken for each other.

    Returns:
        Rows: true class, columns: recorded class, ``[K, K]``, rows sum to 1.
    """
    group = np.array(task.sure_places)
    within = group[:, None] == group[None]  # [K, K]
    few = np.bincount(predictions.labels, minlength=len(group)) < ENOUGH
    within &= ~(within & few).any(axis=1, keepdims=True) | np.eye(len(group), dtype=bool)
    size = within.sum(axis=1, keepdims=True)
    rate = np.where(within, 0.1 / np.maximum(size - 1, 1), 0.0)
    np.fill_diagonal(rate, np.where(size[:, 0] > 1, 0.9, 1.0))
    recorded = np.eye(len(group))[predictions.labels]  # [N, K]
    for _ in range(_STEPS):
        true = predictions.probabilities * rate.T[predictions.labels]  # [N, K]
        true /= np.maximum(true.sum(axis=1, keepdims=True), 1e-300)
        counted = true.T @ recorded  # [K, K]
        counted = np.where(counted.sum(axis=1, keepdims=True) > 0, counted, rate)
        found: Array = counted / counted.sum(axis=1, keepdims=True)
        moved = np.abs(found - rate).max()
        rate = found
        if moved < _SETTLED:
            break
    kept = np.maximum(np.diag(rate), 1 - _WORST)
    off = np.where(np.eye(len(group), dtype=bool), 0.0, rate)
    off *= ((1 - kept) / np.maximum(off.sum(axis=1), 1e-300))[:, None]
    return off + np.diag(kept)


def shares(labels: NDArray[np.int64], rate: Array) -> Array:
    """For how much of each class a film counts, ``[N, K]``: rows sum to 1 and may hold negative numbers.

    Sums over films of any quantity, weighted so, have the expected value that true labels would give (Natarajan et al.
    2013, "Learning with noisy labels"; for prediction sets Sesia et al. 2023, arXiv:2309.05092). Without slips, ones
    and zeros.

    Args:
        labels: recorded class of N films.
        rate: see :func:`slips`.
    """
    found: Array = np.linalg.inv(rate).astype(np.float64)[labels]
    return found
