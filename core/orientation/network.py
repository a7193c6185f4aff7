"""The network: four strided convolutions, each normalised and rectified, and one layer that sees where things are."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import torch
from torch import Tensor, nn

WIDTHS: Final = (16, 32, 64, 128)
"""Channels after each convolution; maps are halved by each."""

SIZE: Final = 96
"""Side of the squares it is fed, pixels."""

TURNS: Final = 4
OUTPUTS: Final = TURNS + 2
"""Four quarter turns; mirrored; inverted."""

_NARROW: Final = 16


class OrientationNet(nn.Module):
    """Grey squares → how they lie.

    Args:
        size: side of the squares, a multiple of 16.
        widths: channels after each convolution.
    """

    def __init__(self, size: int = SIZE, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        self.trunk = nn.Sequential()
        for before, after in pairwise((1, *widths)):
            self.trunk.append(nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False))
            self.trunk.append(nn.BatchNorm2d(after))
            self.trunk.append(nn.ReLU())
        self.trunk.append(nn.Conv2d(widths[-1], _NARROW, 1))
        cells = size // 2 ** len(widths)
        self.head = nn.Linear(_NARROW * cells**2, OUTPUTS)

    def forward(self, squares: Tensor) -> tuple[Tensor, Tensor]:
        """Logits, and the features that they come from.

        Args:
            squares: float32 ``[N, 1, S, S]`` in 0…1. Each is normalised by its own mean and deviation.

        Returns:
            float32 ``[N, 6]``: by how many quarter turns, counter-clockwise, the film was turned from upright (softmax
            of the first four); whether it was mirrored left-right before; whether it is inverted (sigmoids).
            And float32 ``[N, 128]``, 0 or more: the last maps averaged over the film.
        """
        deviation, mean = torch.std_mean(squares, dim=(2, 3), keepdim=True)
        maps = (squares - mean) / (deviation + 1e-3)
        *blocks, narrow = self.trunk
        for layer in blocks:
            maps = layer(maps)
        return self.head(narrow(maps).flatten(1)), maps.mean(dim=(2, 3))
