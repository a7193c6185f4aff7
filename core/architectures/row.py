"""What a row of ARCHITECTURES holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

    from core.architectures.network import Network


@dataclass(frozen=True, slots=True)
class Architecture:
    """A network's blueprint.

    Attributes:
        name: key in the table and in a checkpoint's name, e.g. ``"resnet18"``.
        title: how it is written on screen, e.g. ``"ResNet-18"``.
        family: heading under which pickers group it.
        layer: what the trunk's last feature map is called; named under every heatmap.
        build: number of classes → a fresh :class:`~core.architectures.network.Network`.
        pretrained: () → the torchvision network with its ImageNet weights, through torchvision's own cache.
        paper: where it was published.
    """

    name: str
    title: str
    family: str
    layer: str
    build: Callable[[int], Network]
    pretrained: Callable[[], nn.Module]
    paper: str
