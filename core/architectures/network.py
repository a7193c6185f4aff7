"""Every network is a trunk (X-ray → last convolutional feature map) and a head (feature map → logits)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn


class Head(nn.Module):
    """Feature map → logits, in float32 whatever the trunk computed in."""

    @property
    @abstractmethod
    def last(self) -> nn.Linear:
        """The layer whose outputs are the logits: its biases say how readily each class is named."""


class PooledHead(Head):
    """Global average pooling and one linear layer.

    With this head the gradient of a logit by the feature map is ``weight[c] / (h * w)`` at every position, which makes
    Grad-CAM of all classes one product (Zhou et al. 2016, arXiv:1512.04150; Selvaraju et al. 2017, arXiv:1610.02391).
    """

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.linear = nn.Linear(channels, classes)

    @property
    def last(self) -> nn.Linear:
        """The only layer."""
        return self.linear

    def forward(self, features: Tensor) -> Tensor:
        """``[N, C, h, w]`` → logits ``[N, K]``."""
        pooled = features.float().mean(dim=(2, 3))  # [N, C]
        logits: Tensor = self.linear(pooled)
        return logits


class MlpHead(Head):
    """Global average pooling and layers of 64, 32 and as many units as there are classes: for transfer.

    Small enough to be learnt from a few hundred films on a trunk that is left as it is, and able to bend where one
    linear layer is not.
    """

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.dense = nn.Sequential(nn.Linear(channels, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU())
        self.linear = nn.Linear(32, classes)

    @property
    def last(self) -> nn.Linear:
        """The third layer."""
        return self.linear

    def forward(self, features: Tensor) -> Tensor:
        """``[N, C, h, w]`` → logits ``[N, K]``."""
        hidden = self.dense(features.float().mean(dim=(2, 3)))  # [N, 32]
        logits: Tensor = self.linear(hidden)
        return logits


class ClassicHead(Head):
    """What a network was published with: some pooling, then fully connected layers.

    Args:
        pool: feature map ``[N, C, h, w]`` → a smaller one.
        dense: fully connected layers; the first takes all of that map, the last gives the logits.
    """

    def __init__(self, pool: nn.Module, *dense: nn.Module) -> None:
        super().__init__()
        self.pool = pool
        self.dense = nn.Sequential(*dense)

    @property
    def last(self) -> nn.Linear:
        """The last layer."""
        linear = self.dense[-1]
        assert isinstance(linear, nn.Linear)  # noqa: S101 - every classic head ends in one
        return linear

    def forward(self, features: Tensor) -> Tensor:
        """``[N, C, h, w]`` → logits ``[N, K]``."""
        flat = self.pool(features.float()).flatten(1)  # [N, C * h' * w']
        logits: Tensor = self.dense(flat)
        return logits


class Network(nn.Module):
    """Trunk, then head.

    Attributes:
        trunk: ``[N, 3, S, S]`` → last convolutional feature map ``[N, C, h, w]``.
        head: ``[N, C, h, w]`` → logits ``[N, K]``.
    """

    head: Head

    def __init__(self, trunk: nn.Module, head: Head) -> None:
        super().__init__()
        self.trunk = trunk
        self.head = head

    def forward(self, images: Tensor) -> Tensor:
        """Logits ``[N, K]`` of grey images ``[N, 1, S, S]`` (or ``[N, 3, S, S]``), normalised."""
        logits: Tensor = self.head(self.features(images))
        return logits

    def features(self, images: Tensor, parts: int | None = None) -> Tensor:
        """The feature map that the head reads and heatmaps are made from; or an earlier one, after so many parts."""
        # Grey films go through a three-channel stem, so that ImageNet weights fit: a view, nothing is copied here.
        colour = images.expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last)
        features: Tensor = self._parts(None, parts)(colour)
        return features

    def after(self, features: Tensor, parts: int | None = None) -> Tensor:
        """Logits ``[N, K]`` from the map that :meth:`features` gives."""
        logits: Tensor = self.head(features if parts is None else self._parts(parts, None)(features))
        return logits

    def _parts(self, first: int | None, end: int | None) -> nn.Module:
        """Some of the trunk's parts in a row: the very same modules, in a container of their own."""
        if first is None and end is None:
            return self.trunk
        assert isinstance(self.trunk, nn.Sequential)  # noqa: S101 - whatever has stages is
        return self.trunk[first:end]


def map_shape(trunk: Callable[[], nn.Module], size: int) -> tuple[int, int, int]:
    """Channels, height and width of the map that a trunk leaves of films of ``size`` pixels a side.

    Shapes alone are worked out: no weight is drawn, no film read.
    """
    with torch.device("meta"):
        _, channels, height, width = trunk()(torch.empty(1, 3, size, size)).shape
    return channels, height, width


def dense_layers(*widths: int, dropout: float = 0.0) -> list[nn.Module]:
    """Fully connected layers with a ReLU after each but the last, and dropout after each ReLU if any.

    Args:
        widths: inputs of the first layer, outputs of each.
        dropout: share of the units left out in training, 0…1.
    """
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(widths[:-1]):
        layers += [nn.Linear(inputs, outputs), nn.ReLU(), *([nn.Dropout(dropout)] if dropout else [])]
    return [*layers, nn.Linear(widths[-2], widths[-1])]


def conv(inputs: int, outputs: int, kernel: int) -> nn.Conv2d:
    """A convolution without padding, its weights drawn so that a ReLU after it keeps the scale of what passes.

    He et al. 2015, "Delving Deep into Rectifiers", arXiv:1502.01852.
    """
    layer = nn.Conv2d(inputs, outputs, kernel)
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    nn.init.zeros_(layer.bias)  # type: ignore[arg-type]  # it has one: nobody asked for none
    return layer
