"""After training: one temperature, so that a percentage means what it says (Guo et al. 2017, arXiv:1706.04599).

Fitted on validation, on the merged classes: whether a child has pneumonia is known of those films, which kind it is was
read off charts, and such labels would teach a network to doubt what it knows. Of classes that are no task of ours
nothing of the kind is known: there it is fitted on all of them.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.tasks import Task

_TRIED = np.geomspace(0.2, 5, 323)  # 1 % apart; films that a line can part would ask for ever less


def fit_temperature(logits: Tensor, labels: NDArray[np.int64], task: Task) -> float:
    """What to divide logits by.

    Args:
        logits: of the validation films, float32 ``[N, K]``.
        labels: their true classes, ``[N]``.
        task: says which classes merge.

    Returns:
        The temperature with the least log loss, 0.2…5: below 1 where the network was too modest.
    """
    group = torch.tensor(task.sure_places)
    truth = group[torch.from_numpy(labels)]
    into = torch.eye(int(group.max()) + 1, dtype=torch.float64)[group]  # [K, merged]

    def loss(temperature: float) -> float:
        merged = (logits.double() / temperature).softmax(dim=1) @ into  # [N, merged]
        return float(-merged[torch.arange(len(truth)), truth].clamp_min(1e-12).log().mean())

    return round(float(min(_TRIED, key=loss)), 4)
