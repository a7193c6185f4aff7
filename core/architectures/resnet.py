"""Residual networks (He et al. 2016, "Deep Residual Learning for Image Recognition", arXiv:1512.03385)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from core.architectures.row import Architecture

if TYPE_CHECKING:
    from torch import nn

    from core.architectures.network import Network

_STAGES = ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4")


def _trunk(depth: int, weights: str | None) -> tuple[nn.Module, int]:
    from torch import nn
    from torchvision import models

    whole = models.get_model(f"resnet{depth}", weights=weights)
    trunk = nn.Sequential(OrderedDict((stage, getattr(whole, stage)) for stage in _STAGES))
    return trunk, whole.fc.in_features


def _build(depth: int) -> Callable[[int], Network]:
    def build(classes: int) -> Network:
        from core.architectures.network import Network, PooledHead

        trunk, channels = _trunk(depth, None)
        return Network(trunk, PooledHead(channels, classes))

    return build


def _pretrained(depth: int) -> Callable[[], nn.Module]:
    return lambda: _trunk(depth, "DEFAULT")[0]


def _row(depth: int) -> Architecture:
    return Architecture(
        name=f"resnet{depth}",
        title=f"ResNet-{depth}",
        family="ResNet",
        layer="layer4",
        build=_build(depth),
        pretrained=_pretrained(depth),
        paper="He et al. 2016, arXiv:1512.03385",
    )


ROWS = tuple(_row(depth) for depth in (18, 50))
