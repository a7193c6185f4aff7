"""Residual networks (He et al. 2016, arXiv:1512.03385), and with grouped convolutions: ResNeXt (Xie et al. 2017).

They were published with a pooled head, so their classic head is that one. Blocks start as identities: their last batch
norm has weight 0 (Goyal et al. 2017, arXiv:1706.02677). So a deeper network can take over all blocks of a trained
shallower one and starts as the same function (Chen, Goodfellow & Shlens 2016, "Net2Net", arXiv:1511.05641).
"""

from __future__ import annotations

from collections import OrderedDict
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from core.architectures.row import Architecture, Names, Stage

if TYPE_CHECKING:
    from torch import nn

    from core.architectures.network import Head

_STAGES = ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4")
_BLOCKS = {
    "resnet18": ("basic", (2, 2, 2, 2)),
    "resnet34": ("basic", (3, 4, 6, 3)),
    "resnet50": ("bottleneck", (3, 4, 6, 3)),
    "resnet101": ("bottleneck", (3, 4, 23, 3)),
    "resnet152": ("bottleneck", (3, 8, 36, 3)),
}
"""Kind and number of a network's blocks, stage by stage."""
_PARTS = {
    "basic": ("conv1", "bn1", "conv2", "bn2", "downsample.0", "downsample.1"),
    "bottleneck": ("conv1", "bn1", "conv2", "bn2", "conv3", "bn3", "downsample.0", "downsample.1"),
}
"""Layers of a block; only the first of a stage may have the last two."""
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


def _shallower(name: str) -> dict[str, Names]:
    """Networks of the same kind of blocks, but fewer of them, with all their layers: ours are called alike."""
    if name not in _BLOCKS:
        return {}
    kind, ours = _BLOCKS[name]
    found = {}
    for other, (theirs_kind, theirs) in _BLOCKS.items():
        if kind == theirs_kind and sum(theirs) < sum(ours):
            blocks = [f"trunk.layer{n}.{i}" for n, count in enumerate(theirs, 1) for i in range(count)]
            layers = [f"{block}.{part}" for block in blocks for part in _PARTS[kind]]
            found[other] = tuple((layer, layer) for layer in ("trunk.conv1", "trunk.bn1", *layers, "head.linear"))
    return found


def _row(name: str, title: str, family: str, paper: str, channels: int = 2048) -> Architecture:
    return Architecture(
        name=name,
        title=title,
        family=family,
        stages=tuple(Stage(f"layer{n}", _STAGES.index(f"layer{n}") + 1, channels // 2 ** (4 - n)) for n in range(1, 5)),
        trunk=partial(_trunk, name),
        classic=partial(_classic, channels),
        imagenet=partial(_trunk, name, "DEFAULT"),
        torchvision=MappingProxyType({"pooled": _NAMES, "classic": _NAMES}),
        donors=MappingProxyType(_shallower(name)),
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
