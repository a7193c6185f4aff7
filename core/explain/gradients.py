"""Gradients of logits by a feature map, through what follows it only: no second pass of the film, no hooks.

They go by ``torch.autograd.grad`` to a private copy: nothing is left on the shared network.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import torch
from torch import Tensor

from core.architectures.network import Network, PooledHead

_AT_ONCE: Final = 16
"""Classes whose gradients are on their way through a head that is not pooled: its weights are then read once for all
of them, and each holds a map of its own meanwhile."""


def gradients(network: Network, features: Tensor, against: int | None = None) -> Tensor:
    """Gradient of every class's logit by the trunk's last map, or of every logit less one other.

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
    found: list[Tensor] = []
    with torch.inference_mode(mode=False), torch.enable_grad():
        leaf = features.clone()[None].requires_grad_()  # [1, C, h, w]
        logits = head(leaf)[0]  # [K]
        for some in torch.split(torch.eye(len(logits)).to(logits), _AT_ONCE):  # [B, K]: one class a row
            found += torch.autograd.grad(logits, leaf, some, retain_graph=True, is_grads_batched=True)
    result = torch.cat(found)[:, 0]  # [K, C, h, w]
    return result if against is None else result - result[against]


def one_by_one(network: Network, features: Tensor, parts: int, against: int | None = None) -> Iterator[Tensor]:
    """The same by the map of an earlier layer, class by class: such maps are large, so one is held at a time.

    Args:
        network: through whose remaining trunk and head to go, once forth and once back for each class.
        features: ``[C, h, w]``, the map after ``parts`` of the trunk's parts.
        parts: how many.
        against: as in :func:`gradients`.

    Yields:
        ``[C, h, w]``, for every class in turn.
    """
    with torch.inference_mode(mode=False), torch.enable_grad():
        leaf = features.clone()[None].requires_grad_()  # [1, C, h, w]
        logits = network.after(leaf, parts)[0]  # [K]
        asked = logits if against is None else logits - logits[against]
    for place in range(len(asked)):
        with torch.inference_mode(mode=False), torch.enable_grad():
            (gradient,) = torch.autograd.grad(asked[place], leaf, retain_graph=place + 1 < len(asked))
        yield gradient[0]
