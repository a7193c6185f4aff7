"""Every network is a trunk (X-ray → last convolutional feature map) and a head (feature map → logits)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class PooledHead(nn.Module):
    """Global average pooling and one linear layer.

    With this head the gradient of a logit by the feature map is ``weight[c] / (h * w)`` at every position, which makes
    Grad-CAM of all classes one product (Zhou et al. 2016, arXiv:1512.04150; Selvaraju et al. 2017, arXiv:1610.02391).
    """

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.linear = nn.Linear(channels, classes)

    def forward(self, features: Tensor) -> Tensor:
        """``[N, C, h, w]`` → logits ``[N, K]``, in float32 whatever the trunk computed in."""
        pooled = features.float().mean(dim=(2, 3))  # [N, C]
        logits: Tensor = self.linear(pooled)
        return logits


class Network(nn.Module):
    """Trunk, then head.

    Attributes:
        trunk: ``[N, 3, S, S]`` → last convolutional feature map ``[N, C, h, w]``.
        head: ``[N, C, h, w]`` → logits ``[N, K]``.
    """

    def __init__(self, trunk: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.trunk = trunk
        self.head = head

    def forward(self, images: Tensor) -> Tensor:
        """Logits ``[N, K]`` of grey images ``[N, 1, S, S]`` (or ``[N, 3, S, S]``), normalised."""
        logits: Tensor = self.head(self.features(images))
        return logits

    def features(self, images: Tensor) -> Tensor:
        """The feature map that the head reads and every heatmap is made from."""
        # Grey films go through a three-channel stem, so that ImageNet weights fit: a view, nothing is copied here.
        features: Tensor = self.trunk(images.expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last))
        return features
