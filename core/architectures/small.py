"""Small convolutional networks such as tutorials and early COVID-19 papers trained: two blocks, and five.

The trunk ends before the last pooling, which belongs to the classic head: it would only halve the resolution of
heatmaps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING

from core.architectures.grid import Grid
from core.architectures.row import Architecture, Stage

if TYPE_CHECKING:
    from torch import nn

    from core.architectures.network import Head

Block = tuple[int, int]
"""Maps and kernel of a convolution, which a ReLU and a pooling by 2 follow."""

TWO: tuple[Block, ...] = ((32, 5), (64, 5))
FIVE: tuple[Block, ...] = ((16, 3), (32, 3), (64, 2), (128, 2), (32, 2))


def _trunk(blocks: Sequence[Block]) -> nn.Module:
    from torch import nn

    from core.architectures.network import conv

    layers: list[nn.Module] = []
    inputs = 3
    for maps, kernel in blocks:
        layers += [conv(inputs, maps, kernel), nn.ReLU(), nn.MaxPool2d(2)]
        inputs = maps
    return nn.Sequential(*layers[:-1])


def _classic(blocks: Sequence[Block], hidden: int) -> Callable[[int, int], Head]:
    def build(classes: int, size: int) -> Head:
        from torch import nn

        from core.architectures.network import ClassicHead, dense_layers, map_shape

        channels, height, width = map_shape(partial(_trunk, blocks), size)
        flat = channels * (height // 2) * (width // 2)
        return ClassicHead(nn.MaxPool2d(2), *dense_layers(flat, hidden, classes))

    return build


def _stages(blocks: Sequence[Block]) -> tuple[Stage, ...]:
    """Every convolution after its ReLU, the second of three parts each."""
    grids = accumulate(
        [kernel for _, kernel in blocks[1:]],
        lambda grid, kernel: grid.after(2, 2).after(kernel),
        initial=Grid().after(blocks[0][1]),
    )
    return tuple(
        Stage(f"convolution {n}", 3 * n - 1, maps, grid)
        for n, ((maps, _), grid) in enumerate(zip(blocks, grids, strict=True), start=1)
    )


ROWS = (
    Architecture(
        name="two_block_cnn",
        title="Two-block CNN",
        family="Small CNNs",
        stages=_stages(TWO),
        trunk=partial(_trunk, TWO),
        classic=_classic(TWO, 512),
        fixed=True,
        size=128,
        paper="two blocks of convolution, ReLU and pooling, as in many tutorials",
    ),
    Architecture(
        name="five_block_cnn",
        title="Five-block CNN",
        family="Small CNNs",
        stages=_stages(FIVE),
        trunk=partial(_trunk, FIVE),
        classic=_classic(FIVE, 32),
        fixed=True,
        smallest=66,
        paper="five blocks of convolution, ReLU and pooling, as in many tutorials",
    ),
)
