"""VGG, with and without batch norm (Simonyan and Zisserman 2015, "Very Deep Convolutional …", arXiv:1409.1556).

The last max-pooling belongs to the classic head: with a pooled one it would only halve the resolution of what the head
averages, and of every heatmap.
"""

from __future__ import annotations

from functools import partial
from itertools import accumulate
from types import MappingProxyType
from typing import TYPE_CHECKING

from core.architectures.grid import Grid
from core.architectures.row import Architecture, Stage

if TYPE_CHECKING:
    from torch import nn

    from core.architectures.network import Head

_WIDTH = 512
_CONFIGURATION = {11: "A", 13: "B", 16: "D", 19: "E"}
"""Depth → column of the paper's table 1."""

_CONVOLUTIONS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
"""The same columns: convolutions of each block."""


def _trunk(depth: int, *, norm: bool) -> nn.Module:
    # torchvision's own maker of layers: its whole network would also draw 120 million weights of a head not used here.
    from torch import nn
    from torchvision.models import vgg

    trunk: nn.Module = vgg.make_layers(vgg.cfgs[_CONFIGURATION[depth]], batch_norm=norm)[:-1]
    for layer in trunk.children():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]  # it has one
    return trunk


def _imagenet(name: str) -> nn.Module:
    from torchvision import models

    trunk: nn.Module = models.get_model(name, weights="DEFAULT").features[:-1]
    return trunk


def _classic(classes: int, _size: int) -> Head:
    from torch import nn

    from core.architectures.network import ClassicHead, dense_layers

    pool = nn.Sequential(nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(7))
    head = ClassicHead(pool, *dense_layers(_WIDTH * 7 * 7, 4096, 4096, classes, dropout=0.5))
    for layer in head.dense:
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, 0, 0.01)
            nn.init.zeros_(layer.bias)
    return head


def _stages(depth: int, *, norm: bool) -> tuple[Stage, ...]:
    """Every block before its pooling: a convolution is followed by a ReLU, and by a batch norm before that if any."""
    ends = accumulate(_CONVOLUTIONS[depth])
    grids = accumulate((2, 2, 2, 2), lambda grid, side: grid.after(side, stride=side), initial=Grid())
    return tuple(
        Stage(f"block {n}", (3 if norm else 2) * end + n - 1, min(_WIDTH, 32 * 2**n), grid)
        for n, (end, grid) in enumerate(zip(ends, grids, strict=True), start=1)
    )


def _row(depth: int, *, norm: bool) -> Architecture:
    name = f"vgg{depth}_bn" if norm else f"vgg{depth}"
    return Architecture(
        name=name,
        title=f"VGG-{depth}-BN" if norm else f"VGG-{depth}",
        family="VGG",
        stages=_stages(depth, norm=norm),
        trunk=partial(_trunk, depth, norm=norm),
        classic=_classic,
        imagenet=partial(_imagenet, name),
        torchvision=MappingProxyType({"classic": (("head.dense.", "classifier."), ("trunk.", "features."))}),
        paper="Simonyan and Zisserman 2015, arXiv:1409.1556",
    )


ROWS = tuple(_row(depth, norm=norm) for depth in _CONFIGURATION for norm in (False, True))
