"""Residual VGG: VGG's blocks, each with a shortcut around it (arXiv:1409.1556 inside arXiv:1512.03385).

Four blocks, each of which halves the film: two convolutions on the main path, one on the shortcut, both pooled and
summed. Copies of this network that go around carry mistakes: 0.9 where batch norm takes its epsilon, batch norms
of other widths than their convolutions, and a flattening that depends on the batch. None is here.
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING

from core.architectures import vgg
from core.architectures.grid import Grid
from core.architectures.row import Architecture, Names, Stage

if TYPE_CHECKING:
    from torch import nn

    from core.architectures.network import Head

_WIDTHS = (3, 64, 128, 256, 512)
_GRIDS = tuple(accumulate((2, 2, 2), lambda grid, side: grid.after(side, side), initial=Grid().after(2, 2)))
_DONORS = ("vgg13_bn", "vgg16_bn", "vgg19_bn")
"""The first two convolutions of their blocks have the shapes of our main paths."""


def _trunk() -> nn.Module:
    from torch import nn

    from core.architectures.residual_block import ResidualVggBlock

    return nn.Sequential(*(ResidualVggBlock(inputs, outputs) for inputs, outputs in pairwise(_WIDTHS)))


def _classic(classes: int, _size: int) -> Head:
    from torch import nn

    from core.architectures.network import ClassicHead, dense_layers

    return ClassicHead(nn.AdaptiveAvgPool2d(1), *dense_layers(_WIDTHS[-1], 1024, 1024, classes, dropout=0.5))


def _main_paths(donor: Architecture) -> Names:
    starts = (0, *(stage.parts + 1 for stage in donor.stages[: len(_WIDTHS) - 2]))  # after a block comes its pooling
    return tuple(
        (f"{block}.main.{place}", str(start + place)) for block, start in enumerate(starts) for place in (0, 1, 3, 4)
    )


ROWS = (
    Architecture(
        name="residual_vgg",
        title="Residual VGG",
        family="Residual VGG",
        stages=tuple(Stage(f"block {n}", n, _WIDTHS[n], grid) for n, grid in enumerate(_GRIDS, start=1)),
        trunk=_trunk,
        classic=_classic,
        donors=MappingProxyType({row.name: _main_paths(row) for row in vgg.ROWS if row.name in _DONORS}),
        paper=(
            "blocks of Simonyan and Zisserman 2015, arXiv:1409.1556, with shortcuts as in He et al. 2016, "
            "arXiv:1512.03385"
        ),
    ),
)
