"""The last step of training: how readily each class is named, settled on the validation films.

How many films are normal where the network is used nobody knows, and it is not the share in the training set. So the
head's biases are moved until "normal" and "not normal" weigh alike: logit adjustment (Menon et al. 2021,
arXiv:2007.07314), fitted instead of computed, because smoothed labels leave logits on a scale of their own.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 (its usual name)

from core.architectures.network import Network
from core.tasks import Task
from core.training.data import Films

_FAR = 2.0
"""How far a bias may move. A few films that a line can part would move it without end."""


def balance(network: Network, logits: Tensor, labels: NDArray[np.int64], weights: NDArray[np.float64]) -> Tensor:
    """Move the biases of ``network``'s head.

    A temperature is fitted along with them and thrown away: it only keeps the biases from making up for its lack.

    Args:
        network: trained; its head is altered.
        logits: of the validation films, float32 ``[N, K]``.
        labels: their true classes, ``[N]``.
        weights: of each, ``[N]``: :func:`alike`.

    Returns:
        What was added to the biases, ``[K]``, about mean 0, none beyond 2.
    """
    truth, weight = torch.from_numpy(labels), torch.from_numpy(weights).float()
    added = torch.zeros(logits.shape[1], requires_grad=True)
    sharpness = torch.zeros((), requires_grad=True)  # log of 1 / temperature
    optimizer = torch.optim.LBFGS([added, sharpness], max_iter=200, line_search_fn="strong_wolfe")

    def bounded(values: Tensor) -> Tensor:
        return (values - values.mean()).clamp(-_FAR, _FAR)

    def loss() -> Tensor:
        optimizer.zero_grad()
        each = F.cross_entropy((logits + bounded(added)) * sharpness.clamp(-_FAR, _FAR).exp(), truth, reduction="none")
        value: Tensor = (each * weight).sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    moved = bounded(added).detach()
    with torch.no_grad():
        network.head.last.bias.add_(moved.to(network.head.last.bias.device))
    return moved


def alike(films: Films, task: Task, power: float) -> NDArray[np.float64]:
    """Weights of films by which merged classes weigh alike, ``[N]``, sum 1; the films of a class by their ``counts``.

    Classes of one's own do not merge: each weighs as every other.

    Args:
        films: N of them.
        task: says which classes merge.
        power: classes that merge weigh among themselves as (films in them) ** (1 - power), as in training.
    """
    labels = films.labels
    counts = np.ones(len(films)) if films.counts is None else films.counts
    tally = np.maximum(np.bincount(labels, minlength=len(task.classes)), 1).astype(float)
    share = tally ** (1 - power)
    group = np.array(task.sure_places)
    whole = np.bincount(group, weights=share)
    of_class = share / whole[group] / len(whole)
    in_class = np.bincount(labels, weights=counts, minlength=len(tally))
    each: NDArray[np.float64] = of_class[labels] * counts / in_class[labels]
    return each
