"""Residual networks (He et al. 2016, arXiv:1512.03385), and with grouped convolutions: ResNeXt (Xie et al. 2017).

They were published with a pooled head, so their classic head is that one. Blocks start as identities: their last batch
norm has weight 0 (Goyal et al. 2017, arXiv:1706.02677). So a deeper network can take over all blocks of a trained
shallower one and starts as the same function (Chen, Goodfellow & Shlens 2016, "Net2Net", arXiv:1511.05641).
"""

from __future__ import annotations

from collections import OrderedDict
from functools import partial
from itertools import accumulate
from types import MappingProxyType
from typing import TYPE_CHECKING

from core.architectures.grid import Grid
from core.architectures.row import Architecture, Stage

if TYPE_CHECKING:
    from torch import nn

    from core.architectures.network import Head

_STAGES = ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4")
_STEM = Grid().after(7, 2, 3).after(3, 2, 1)
_SHALLOWER = {"resnet34": ("resnet18",), "resnet101": ("resnet50",), "resnet152": ("resnet50", "resnet101")}
"""Networks of the same kind of blocks, but fewer of them: theirs are called as the first of ours are."""
_NAMES = (("head.linear.", "fc."), ("trunk.", ""))
_RESNET, _RESNEXT = "He et al. 2016, arXiv:1512.03385", "Xie et al. 2017, arXiv:1611.05431"


def _trunk(name: str, weights: str | None = None) -> nn.Module:
    from torch import nn
    from torchvision import models

    whole = models.get_model(name, weights=weights, zero_init_residual=True)
    return nn.Sequential(OrderedDict((stage, getattr(whole, stage)) for stage in _STAGES))


def _classic(channels: int, classes: int, _size: int) -> Head:
    from core.architectures.network import PooledHead

    return PooledHead(channels, classes)


def _stages(channels: int) -> tuple[Stage, ...]:
    """The four groups of blocks, of which all but the first halve the map."""
    grids = accumulate((2, 2, 2), lambda grid, stride: grid.after(3, stride, 1), initial=_STEM)
    return tuple(
        Stage(f"layer{n}", _STAGES.index(f"layer{n}") + 1, channels // 2 ** (4 - n), grid)
        for n, grid in enumerate(grids, start=1)
    )


def _row(name: str, title: str, family: str, paper: str, channels: int = 2048) -> Architecture:
    return Architecture(
        name=name,
        title=title,
        family=family,
        stages=_stages(channels),
        trunk=partial(_trunk, name),
        classic=partial(_classic, channels),
        imagenet=partial(_trunk, name, "DEFAULT"),
        torchvision=MappingProxyType({"pooled": _NAMES, "classic": _NAMES}),
        shallower=_SHALLOWER.get(name, ()),
        paper=paper,
    )


ROWS = (
    _row("resnet18", "ResNet-18", "ResNet", _RESNET, channels=512),
    _row("resnet34", "ResNet-34", "ResNet", _RESNET, channels=512),
    _row("resnet50", "ResNet-50", "ResNet", _RESNET),
    _row("resnet101", "ResNet-101", "ResNet", _RESNET),
    _row("resnet152", "ResNet-152", "ResNet", _RESNET),
    _row("resnext50_32x4d", "ResNeXt-50 32x4d", "ResNeXt", _RESNEXT),
    _row("resnext101_32x8d", "ResNeXt-101 32x8d", "ResNeXt", _RESNEXT),
)
