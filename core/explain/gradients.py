"""Gradients of logits by the features, through the head only: no second pass, no hooks, nothing left behind."""

from __future__ import annotations

import torch
from torch import Tensor

from core.architectures.network import Network, PooledHead


def gradients(network: Network, features: Tensor, against: int | None = None) -> Tensor:
    """Gradient of every class's logit by the features, or of every logit less one other.

    Goes through the head only, by ``torch.autograd.grad`` on a private copy: nothing is left on the shared network.
    With a pooled head it is the head's own weights, divided by the area, at every position.

    Args:
        network: whose head to go through.
        features: ``[C, h, w]``.
        against: position of the class whose logit is taken off every other: "why this class rather than that one". Its
            own gradient is then zero everywhere.

    Returns:
        ``[K, C, h, w]``.
    """
    head = network.head
    if isinstance(head, PooledHead):
        weight = head.linear.weight  # [K, C]
        if against is not None:
            weight = weight - weight[against]
        area = features.shape[1] * features.shape[2]
        return (weight / area)[:, :, None, None].expand(-1, -1, *features.shape[1:])  # [K, C, h, w], a view
    with torch.inference_mode(mode=False), torch.enable_grad():
        one = features.clone()[None]  # [1, C, h, w]
        classes = head(one).shape[1]
        copies = one.repeat(classes, 1, 1, 1).requires_grad_()  # [K, C, h, w]: one copy explains one class
        (result,) = torch.autograd.grad(head(copies).diagonal().sum(), copies)
    return result if against is None else result - result[against]
