"""Ablation-CAM: silence one feature at a time and ask what follows it again. The trunk before it is not run."""

from __future__ import annotations

import torch
from torch import Tensor

from core.architectures.network import PooledHead
from core.explain.asked import Asked, beyond_rounding


def ablation_cam(asked: Asked) -> Tensor:
    """ReLU(Σ_c w_c · A_c), w_c = what the logit loses when channel c is set to 0.

    Desai and Ramaswamy 2020, "Ablation-CAM", doi 10.1109/WACV45572.2020.9093360. There the loss is divided by the
    logit, which changes nothing once the map is scaled, but turns it upside down where the logit is negative; so it is
    not. With a pooled head the loss is the head's weight times the channel's mean, and nothing need be run.

    Returns:
        ``[K, h, w]``.
    """
    features, head = asked.features, asked.network.head
    if asked.parts is None and isinstance(head, PooledHead):
        weight = head.linear.weight.T  # [C, K]
        lost = asked.rather(weight * features.mean(dim=(1, 2))[:, None])
        for _ in asked.watch.batches(len(features), len(features)):
            pass
    else:
        whole = asked.after(features[None])  # [1, K]
        found = []
        for part in asked.watch.batches(len(features)):
            copies = features.repeat(part.stop - part.start, 1, 1, 1)  # [B, C, h, w]
            copies[torch.arange(len(copies)), torch.arange(part.start, part.stop)] = 0
            found.append(beyond_rounding(whole - asked.after(copies), whole))
        lost = torch.cat(found)  # [C, K]
    return torch.einsum("ck,chw->khw", lost, features).relu()
