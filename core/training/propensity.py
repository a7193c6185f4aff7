"""For how much a film counts, so that its frame tells nothing of its class: inverse propensity weights.

Where the machine that made a film tells its class nearly always, a network need not look at the lungs. A plain
classifier that sees the outer eighth of the film alone says how likely each class is there; films of a class that is
unlikely in their surroundings then count for more, those of a likely one for less, so that over the films as they are
weighed surroundings and class have little to do with each other (Rosenbaum & Rubin 1983, doi 10.1093/biomet/70.1.41;
that films which contradict a shortcut must count for more, Nam et al. 2020, arXiv:2007.02561).

It is asked for the merged classes (normal or not) only: films whose labels are uncertain, as those of the kinds of
pneumonia are, would count for more for being wrong.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.errors import TrainingError
from core.tasks import Task
from core.training.baselines import BASELINES, fitted
from core.training.data import Films

_SEEN = "border"
_PARTS = 5


def weigh(train: Films, val: Films, task: Task, most: float) -> tuple[Films, Films]:
    """Both with the weight of each film, as :attr:`core.training.data.Films.counts`, mean 1 in every class.

    A film's class is judged by a fit to training films of other patients.

    Args:
        train: films to learn from, of every class.
        val: films of other patients.
        task: says which labels can be relied on.
        most: how many times a film may count at most, and how many times less at least, before the mean is made 1.

    Raises:
        TrainingError: there are too few patients to learn from.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    patients = np.array([film.patient for film in train.films])
    features, group = BASELINES[_SEEN].features, np.array(task.sure_places)
    seen, coarse = features(train.images), group[train.labels]
    if min(len(set(patients[coarse == place])) for place in set(group)) < _PARTS:
        raise TrainingError(f"--propensity needs films of {_PARTS} patients or more of every class. Leave it out.")
    said = np.empty((len(train), group.max() + 1))
    for others, held in StratifiedGroupKFold(_PARTS).split(seen, coarse, patients):
        said[held] = fitted(seen[others], coarse[others], seen[held])
    of_val = fitted(seen, coarse, features(val.images))
    return (
        replace(train, counts=_counts(train.labels, _own(said, coarse), most)),
        replace(val, counts=_counts(val.labels, _own(of_val, group[val.labels]), most)),
    )


def _own(said: NDArray[np.float64], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """How likely a plain classifier holds the own class of each film, 1 where it cannot tell, ``[N, K]`` → ``[N]``."""
    own: NDArray[np.float64] = said.shape[1] * said[np.arange(len(labels)), labels]
    return own


def _counts(labels: NDArray[np.int64], likely: NDArray[np.float64], most: float) -> NDArray[np.float32]:
    """Weights of films, float32 ``[N]``, by how likely their class is."""
    weight = np.clip(1 / likely, 1 / most, most)
    mean = np.bincount(labels, weight) / np.maximum(np.bincount(labels), 1)
    found: NDArray[np.float32] = (weight / mean[labels]).astype(np.float32)
    return found
