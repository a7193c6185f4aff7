"""LeNet (LeCun et al. 1998, "Gradient-Based Learning Applied to Document Recognition", doi 10.1109/5.726791).

Its shape for films of 224 pixels: convolutions 5x5, 5x5, 4x4 of 6, 16 and 120 maps with average pooling between them,
then 64 units. Sigmoids throughout, as then. The input is scaled to -1…1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.architectures.grid import Grid
from core.architectures.row import Architecture, Stage

if TYPE_CHECKING:
    from torch import nn

    from core.architectures.network import Head

_GAIN = 16.0
"""A sigmoid's slope is a quarter at most, and films differ by a quarter of what they have in common: without it nothing
of that difference reaches the last layer, and nothing is learned."""

_FIRST = Grid().after(5)
_SECOND = _FIRST.after(2, 2).after(5)
_IDLE = 0.5  # what a sigmoid gives that has seen nothing


def _trunk() -> nn.Module:
    from torch import nn

    trunk = nn.Sequential(
        nn.Conv2d(3, 6, 5), nn.Sigmoid(), nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5), nn.Sigmoid(), nn.AvgPool2d(2),
        nn.Conv2d(16, 120, 4), nn.Sigmoid(),
    )  # fmt: skip
    return _drawn(trunk, 0)  # films are scaled to -1...1


def _classic(classes: int, size: int) -> Head:
    from math import prod

    from torch import nn

    from core.architectures.network import ClassicHead, map_shape

    flat = prod(map_shape(_trunk, size))
    dense = nn.Sequential(nn.Linear(flat, 64), nn.Sigmoid(), nn.Linear(64, classes))
    return ClassicHead(nn.Identity(), *_drawn(dense, _IDLE))


def _drawn(layers: nn.Sequential, idle: float) -> nn.Sequential:
    """Weights after Glorot and Bengio 2010, who studied how to draw them for sigmoids.

    Biases take off what idle inputs add up to, so that units start where their slope is steep.

    Args:
        layers: as they come.
        idle: the mean of what goes into the first.
    """
    from torch import nn

    for layer in layers:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(layer.weight, gain=_GAIN)
            layer.bias = nn.Parameter(-idle * layer.weight.detach().flatten(1).sum(dim=1))
        elif isinstance(layer, nn.Sigmoid):
            idle = _IDLE
    return layers


ROWS = (
    Architecture(
        name="lenet",
        title="LeNet",
        family="LeNet",
        stages=(
            Stage("convolution 1", 2, 6, _FIRST),
            Stage("convolution 2", 5, 16, _SECOND),
            Stage("convolution 3", 8, 120, _SECOND.after(2, 2).after(4)),
        ),
        trunk=_trunk,
        classic=_classic,
        fixed=True,
        scaled=(0.5, 0.5),
        paper="LeCun et al. 1998, doi 10.1109/5.726791",
    ),
)
