"""VGG (Simonyan and Zisserman 2015, "Very Deep Convolutional Networks …", arXiv:1409.1556).

With the pooled head the last max-pooling is left out: it would only halve the resolution of what the head averages,
and of every heatmap.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from core.architectures.row import Architecture

if TYPE_CHECKING:
    from torch import nn

    from core.architectures.network import Network

_WIDTH = 512


def _trunk(depth: int, weights: str | None) -> nn.Module:
    from torchvision import models

    whole = models.get_model(f"vgg{depth}_bn", weights=weights)
    trunk: nn.Module = whole.features[:-1]
    return trunk


def _build(depth: int) -> Callable[[int], Network]:
    def build(classes: int) -> Network:
        from core.architectures.network import Network, PooledHead

        return Network(_trunk(depth, None), PooledHead(_WIDTH, classes))

    return build


def _pretrained(depth: int) -> Callable[[], nn.Module]:
    return lambda: _trunk(depth, "DEFAULT")


def _row(depth: int) -> Architecture:
    return Architecture(
        name=f"vgg{depth}_bn",
        title=f"VGG-{depth}-BN",
        family="VGG",
        layer="last convolution (block 5)",
        build=_build(depth),
        pretrained=_pretrained(depth),
        paper="Simonyan and Zisserman 2015, arXiv:1409.1556",
    )


ROWS = tuple(_row(depth) for depth in (16,))
