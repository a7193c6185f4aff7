"""What of a network learns, and how fast: some layers are kept as they are, the trunk may follow the head slowly."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core.architectures.network import Network
from core.errors import TrainingError
from core.training.recipe import Recipe

Frozen = int | Literal["trunk"]


def kept(network: Network, layers: Frozen) -> list[nn.Module]:
    """The layers that stay as they are: the first ``layers`` of the trunk, or all of it."""
    trunk = list(network.trunk.children())
    return trunk if layers == "trunk" else trunk[:layers]


def freeze(network: Network, layers: Frozen) -> None:
    """Keep the first ``layers`` of the trunk, or all of it, as they are: no gradients, no new batch-norm statistics.

    Raises:
        TrainingError: it has fewer.
    """
    count = len(list(network.trunk.children()))
    if isinstance(layers, int) and layers > count:
        raise TrainingError(f"The trunk has {count} layers, not {layers}. Give --freeze trunk to keep all of it.")
    for layer in kept(network, layers):
        layer.requires_grad_(requires_grad=False)


def train_mode(network: Network, layers: Frozen) -> None:
    """Batch norms and dropout as training wants them, but for the layers that are kept."""
    network.train()
    for layer in kept(network, layers):
        layer.eval()


def groups(network: Network, recipe: Recipe) -> list[dict[str, Any]]:
    """What the optimiser is given: parameters, their weight decay, and the factor of their learning rate.

    Weight decay on matrices only: on batch norms and biases it only slows learning.
    """
    parts = [(network, 1.0)] if recipe.trunk_rate == 1 else [(network.trunk, recipe.trunk_rate), (network.head, 1.0)]
    made = []
    for module, factor in parts:
        parameters = [p for p in module.parameters() if p.requires_grad]
        for chosen, decay in (
            ([p for p in parameters if p.ndim > 1], recipe.decay),
            ([p for p in parameters if p.ndim <= 1], 0.0),
        ):
            made.append({"params": chosen, "weight_decay": decay, "factor": factor})
    return made


def class_weights(labels: NDArray[np.int64], classes: int, power: float) -> Tensor:
    """Weight of each class in the loss, float32 ``[K]``, mean 1: (films in it) ** -power."""
    tally = np.maximum(np.bincount(labels, minlength=classes), 1)
    weight = (tally.sum() / tally) ** power
    return torch.tensor(weight / weight.mean(), dtype=torch.float32)


@torch.no_grad()
def follow(average: nn.Module, network: nn.Module, decay: float, steps_done: int) -> None:
    """Exponential moving average of weights and batch-norm statistics, short while there is little to average."""
    keep = min(decay, (1 + steps_done) / (10 + steps_done))
    for slow, fast in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if slow.is_floating_point():
            slow.lerp_(fast, 1 - keep)
        else:
            slow.copy_(fast)
