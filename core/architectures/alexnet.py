"""AlexNet (Krizhevsky et al. 2012), in torchvision's one-column form (Krizhevsky 2014, arXiv:1404.5997).

The last max-pooling belongs to the classic head: with a pooled one it would only halve the resolution of heatmaps.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from core.architectures.grid import Grid
from core.architectures.row import Architecture, Stage

if TYPE_CHECKING:
    from torch import nn

    from core.architectures.network import Head


def _trunk(weights: str | None = None) -> nn.Module:
    from torchvision import models

    trunk: nn.Module = models.get_model("alexnet", weights=weights).features[:-1]
    return trunk


def _classic(classes: int, _size: int) -> Head:
    from torch import nn

    from core.architectures.network import ClassicHead

    return ClassicHead(
        nn.Sequential(nn.MaxPool2d(3, stride=2), nn.AdaptiveAvgPool2d(6)),
        nn.Dropout(0.5), nn.Linear(256 * 6 * 6, 4096), nn.ReLU(),
        nn.Dropout(0.5), nn.Linear(4096, 4096), nn.ReLU(),
        nn.Linear(4096, classes),
    )  # fmt: skip


_FIRST = Grid().after(11, 4, 2)
_SECOND = _FIRST.after(3, 2)
_REST = _SECOND.after(3, 2)
_STAGES = ((2, 64, _FIRST), (5, 192, _SECOND), (8, 384, _REST), (10, 256, _REST), (12, 256, _REST))
"""Of every convolution: the trunk's parts up to its ReLU, its channels, and where its cells lie."""

ROWS = (
    Architecture(
        name="alexnet",
        title="AlexNet",
        family="AlexNet",
        stages=tuple(Stage(f"convolution {n}", *of) for n, of in enumerate(_STAGES, start=1)),
        trunk=_trunk,
        classic=_classic,
        smallest=63,
        imagenet=lambda: _trunk("DEFAULT"),
        torchvision=MappingProxyType({"classic": (("head.dense.", "classifier."), ("trunk.", "features."))}),
        paper="Krizhevsky et al. 2012, doi 10.1145/3065386; this form: Krizhevsky 2014, arXiv:1404.5997",
    ),
)
