"""Class activation maps that need nothing but the trunk's features and the head: no second pass, no hooks.

Each function takes features ``[C, h, w]`` and the gradient of every class's logit by them, ``[K, C, h, w]``, and gives
raw non-negative maps ``[K, h, w]``.
"""

from __future__ import annotations

import torch
from torch import Tensor

from core.architectures.network import Network, PooledHead


def gradients(network: Network, features: Tensor) -> Tensor:
    """Gradient of every class's logit by the features.

    Goes through the head only, by ``torch.autograd.grad`` on a private copy: nothing is left on the shared network.
    With a pooled head it is the head's own weights, divided by the area, at every position.

    Args:
        network: whose head to go through.
        features: ``[C, h, w]``.

    Returns:
        ``[K, C, h, w]``.
    """
    head = network.head
    if isinstance(head, PooledHead):
        weight = head.linear.weight  # [K, C]
        area = features.shape[1] * features.shape[2]
        return (weight / area)[:, :, None, None].expand(-1, -1, *features.shape[1:])  # [K, C, h, w], a view
    with torch.inference_mode(mode=False), torch.enable_grad():
        one = features.clone()[None]  # [1, C, h, w]
        classes = head(one).shape[1]
        copies = one.repeat(classes, 1, 1, 1).requires_grad_()  # [K, C, h, w]: one copy explains one class
        (result,) = torch.autograd.grad(head(copies).diagonal().sum(), copies)
    return result


def grad_cam(features: Tensor, gradient: Tensor) -> Tensor:
    """ReLU(Σ_c mean(gradient_c) · features_c) (Selvaraju et al. 2017, "Grad-CAM", arXiv:1610.02391)."""
    weight = gradient.mean(dim=(2, 3))  # [K, C]
    return torch.einsum("kc,chw->khw", weight, features).relu()


def layer_cam(features: Tensor, gradient: Tensor) -> Tensor:
    """ReLU(Σ_c ReLU(gradient_c) · features_c), place by place.

    Jiang et al. 2021, "LayerCAM", doi 10.1109/TIP.2021.3089943.
    """
    return torch.einsum("kchw,chw->khw", gradient.relu(), features).relu()
