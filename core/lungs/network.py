"""The segmentation network: a small U-Net (Ronneberger et al. 2015, arXiv:1505.04597), wide where maps are small.

Most of what it costs is spent on large maps, and most of what it knows lies in small ones: so a film takes it some
milliseconds, and its file a megabyte or two.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

WIDTHS = (16, 32, 64, 112)
"""Channels at each depth; maps are halved from one to the next."""

FOLD = 2
"""Pixels a side that become channels before the first layer, and pixels again after the last: a quarter of the work."""


class _Block(nn.Sequential):
    """Two convolutions, each normalised and rectified."""

    def __init__(self, before: int, after: int) -> None:
        layers: list[nn.Module] = []
        for channels in (before, after):
            layers += [nn.Conv2d(channels, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
        super().__init__(*layers)


class LungNet(nn.Module):
    """Grey squares → how likely each pixel is lung.

    Args:
        widths: channels at each depth, shallowest first.
    """

    def __init__(self, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        self.down = nn.ModuleList(
            _Block(before, after) for before, after in zip((FOLD**2, *widths[:-1]), widths, strict=True)
        )
        self.up = nn.ModuleList(_Block(deep + shallow, shallow) for shallow, deep in pairwise(widths))
        self.out = nn.Conv2d(widths[0], FOLD**2, 1)

    def forward(self, squares: Tensor) -> Tensor:
        """Logits.

        Args:
            squares: float32 ``[N, 1, S, S]`` in 0…1, ``S`` a multiple of 16. Brightness and contrast do not matter:
                each is normalised by its own mean and deviation.

        Returns:
            float32 ``[N, 1, S, S]``, above 0 where it is lung rather than not.
        """
        deviation, mean = torch.std_mean(squares, dim=(2, 3), keepdim=True)
        maps = nn.functional.pixel_unshuffle((squares - mean) / (deviation + 1e-3), FOLD)
        kept: list[Tensor] = []
        for depth, block in enumerate(self.down):
            maps = block(nn.functional.max_pool2d(maps, 2) if depth else maps)
            kept.append(maps)
        for block, beside in zip(reversed(self.up), reversed(kept[:-1]), strict=True):
            maps = nn.functional.interpolate(maps, scale_factor=2, mode="bilinear")
            maps = block(torch.cat([maps, beside], dim=1))
        return nn.functional.pixel_shuffle(self.out(maps), FOLD)
