"""LeNet (LeCun et al. 1998, "Gradient-Based Learning Applied to Document Recognition", doi 10.1109/5.726791).

Its shape for films of 224 pixels: convolutions 5x5, 5x5, 4x4 of 6, 16 and 120 maps with average pooling between them,
then 64 units. Sigmoids throughout, as then. The input is scaled to -1…1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.architectures.row import Architecture, Stage

if TYPE_CHECKING:
    from torch import nn

    from core.architectures.network import Head

_GAIN = 4.0  # the slope of a sigmoid at 0 is a quarter: without it the gradient is lost on the way down


def _trunk() -> nn.Module:
    from torch import nn

    trunk = nn.Sequential(
        nn.Conv2d(3, 6, 5), nn.Sigmoid(), nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5), nn.Sigmoid(), nn.AvgPool2d(2),
        nn.Conv2d(16, 120, 4), nn.Sigmoid(),
    )  # fmt: skip
    return _drawn(trunk)


def _classic(classes: int, size: int) -> Head:
    from math import prod

    from torch import nn

    from core.architectures.network import ClassicHead, map_shape

    flat = prod(map_shape(_trunk, size))
    return ClassicHead(nn.Identity(), *_drawn(nn.Sequential(nn.Linear(flat, 64), nn.Sigmoid(), nn.Linear(64, classes))))


def _drawn(layers: nn.Sequential) -> nn.Sequential:
    """Weights after Glorot and Bengio 2010, who studied how to draw them for sigmoids."""
    from torch import nn

    for layer in layers:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(layer.weight, gain=_GAIN)
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]  # it has one
    return layers


ROWS = (
    Architecture(
        name="lenet",
        title="LeNet",
        family="LeNet",
        stages=(Stage("convolution 1", 2, 6), Stage("convolution 2", 5, 16), Stage("convolution 3", 8, 120)),
        trunk=_trunk,
        classic=_classic,
        fixed=True,
        scaled=(0.5, 0.5),
        paper="LeCun et al. 1998, doi 10.1109/5.726791",
    ),
)
