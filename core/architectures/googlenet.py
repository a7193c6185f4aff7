"""GoogLeNet (Szegedy et al. 2015, "Going Deeper with Convolutions", arXiv:1409.4842), torchvision's, with batch norm.

Its two auxiliary classifiers, which only helped training, are left out.
"""

from __future__ import annotations

from collections import OrderedDict
from itertools import accumulate
from types import MappingProxyType
from typing import TYPE_CHECKING

from core.architectures.grid import Grid
from core.architectures.row import Architecture, Stage

if TYPE_CHECKING:
    from torch import nn

    from core.architectures.network import Head

_WIDTH = 1024
_STAGES = (
    "conv1", "maxpool1", "conv2", "conv3", "maxpool2",
    "inception3a", "inception3b", "maxpool3",
    "inception4a", "inception4b", "inception4c", "inception4d", "inception4e", "maxpool4",
    "inception5a", "inception5b",
)  # fmt: skip
_EXPLAINED = {"conv3": 192, "inception3b": 480, "inception4e": 832, "inception5b": _WIDTH}
"""The last stage of every size of map, and its channels."""

_POOLED = accumulate((3, 3, 3, 2), lambda grid, kernel: grid.after(kernel, 2), initial=Grid().after(7, 2, 3))
_GRIDS = tuple(_POOLED)[1:]
"""Where their cells lie: the rest of what is between two poolings keeps its middle."""


def _trunk(weights: str | None = None) -> nn.Module:
    from torch import nn
    from torchvision import models

    # torchvision warns unless told whether to draw the weights itself; with published ones it must not.
    drawn = {} if weights else {"aux_logits": False, "init_weights": True}
    whole = models.get_model("googlenet", weights=weights, **drawn)
    return nn.Sequential(OrderedDict((stage, getattr(whole, stage)) for stage in _STAGES))


def _classic(classes: int, _size: int) -> Head:
    from torch import nn

    from core.architectures.network import ClassicHead

    return ClassicHead(nn.AdaptiveAvgPool2d(1), nn.Dropout(0.2), nn.Linear(_WIDTH, classes))


ROWS = (
    Architecture(
        name="googlenet",
        title="GoogLeNet",
        family="GoogLeNet",
        stages=tuple(
            Stage(name, _STAGES.index(name) + 1, channels, grid)
            for (name, channels), grid in zip(_EXPLAINED.items(), _GRIDS, strict=True)
        ),
        trunk=_trunk,
        classic=_classic,
        fed=(0.5, 0.5),  # torchvision's brings films to -1…1 itself, in front of what is the trunk here
        imagenet=lambda: _trunk("DEFAULT"),
        torchvision=MappingProxyType(
            {"pooled": (("head.linear.", "fc."), ("trunk.", "")), "classic": (("head.dense.2.", "fc."), ("trunk.", ""))}
        ),
        paper="Szegedy et al. 2015, arXiv:1409.4842",
    ),
)
