"""GoogLeNet (Szegedy et al. 2015, "Going Deeper with Convolutions", arXiv:1409.4842), torchvision's, with batch norm.

Its two auxiliary classifiers, which only helped training, are left out.
"""

from __future__ import annotations

from collections import OrderedDict
from types import MappingProxyType
from typing import TYPE_CHECKING

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
        stages=tuple(Stage(name, _STAGES.index(name) + 1, channels) for name, channels in _EXPLAINED.items()),
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
