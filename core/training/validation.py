"""What a network in training says of held-out films, and the figures to choose by."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.architectures.network import Network
from core.tasks import Task
from core.training.data import Films
from core.training.images import normalise, resize
from core.training.precision import autocast
from core.training.setting import Run

BATCH = 64
"""Films at once."""


@torch.no_grad()
def logits_of(network: Network, films: Films | Tensor, run: Run, size: int) -> Tensor:
    """Logits ``[N, K]`` of films under a network in training, at ``size`` pixels a side, on the CPU.

    Args:
        network: which; put into evaluation mode.
        films: decoded, or already at that size, uint8 ``[N, 1, size, size]``.
        run: how they are normalised, and where to compute.
        size: pixels a side.
    """
    images = films if isinstance(films, Tensor) else resize(films.images, size)
    outputs = []
    for part in images.split(BATCH):  # type: ignore[no-untyped-call]
        with autocast(run.device):
            outputs.append(network.eval()(normalise(part.float() / 255, run).to(run.device)).float().cpu())
    return torch.cat(outputs)


def validate(logits: Tensor, films: Films, task: Task, *, weighed: bool = False) -> dict[str, float]:
    """Figures to choose by: log loss, accuracy and, where classes merge, merged accuracy; both with classes alike, too.

    Args:
        logits: ``[N, K]``.
        films: N of them.
        task: whose classes they have.
        weighed: let films count as :attr:`core.training.data.Films.counts` says, where there is that.
    """
    counts = np.ones(len(films)) if films.counts is None or not weighed else films.counts.astype(np.float64)
    probabilities = logits.double().softmax(1).numpy()
    of_truth = -np.log(np.clip(probabilities[np.arange(len(films)), films.labels], 1e-12, None))
    right = probabilities.argmax(1) == films.labels
    found = {
        "val_loss": float(np.average(of_truth, weights=counts)),
        "val_accuracy": float(np.average(right, weights=counts)),
        "val_macro_recall": _macro(right, films.labels, counts),
    }
    if task.coarser:
        merged = np.array(task.merged_places)
        coarse, coarse_right = merged[films.labels], merged[probabilities.argmax(1)] == merged[films.labels]
        found |= {
            "val_merged_accuracy": float(np.average(coarse_right, weights=counts)),
            "val_merged_macro_recall": _macro(coarse_right, coarse, counts),
        }
    return found


def _macro(right: NDArray[np.bool_], labels: NDArray[np.int64], counts: NDArray[np.float64]) -> float:
    """Share of the films of a class that are right, mean of the classes."""
    of_class = [labels == k for k in np.unique(labels)]
    return float(np.mean([np.average(right[mine], weights=counts[mine]) for mine in of_class]))
