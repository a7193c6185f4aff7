"""Class activation maps that are weighted sums over channels: each needs only the trunk's features and the head.

Each function takes features ``A [C, h, w]`` and the gradient of every target by them, ``G [K, C, h, w]``, and gives raw
non-negative maps ``[K, h, w]``. Sums written Σ_c run over channels, Σ_ij over places; G of a place is written g.

With a pooled head (:class:`~core.architectures.network.PooledHead`) g is the same at every place. Then Grad-CAM,
XGrad-CAM and HiResCAM are one and the same map, and so are, where no feature is negative, LayerCAM and element-wise
Grad-CAM. They differ with any other head.
"""

from __future__ import annotations

import torch
from torch import Tensor


def once(gradient: Tensor) -> Tensor:
    """``[K, C, 1, 1]`` where g is one number per channel, seen from its memory: an expanded view repeats it.

    One place then says it all: h·w times less work, which is why this is quick.
    """
    return gradient[..., :1, :1] if gradient.stride()[2:] == (0, 0) else gradient


def grad_cam(features: Tensor, gradient: Tensor) -> Tensor:
    """ReLU(Σ_c mean_ij(g) · A_c) (Selvaraju et al. 2017, "Grad-CAM", arXiv:1610.02391)."""
    return _weighted(once(gradient).mean(dim=(2, 3)), features)


def grad_cam_pp(features: Tensor, gradient: Tensor) -> Tensor:
    """ReLU(Σ_c w_c · A_c), w_c = Σ_ij a · ReLU(g), a = g² / (2 g² + g³ Σ_ij A_c).

    Chattopadhay et al. 2018, "Grad-CAM++", arXiv:1710.11063, equation 19, with the derivative of the logit where the
    paper takes that of its exponential. a is 0 where g is; 1e-6 in its denominator is the reference library's.
    """
    total = features.sum(dim=(1, 2))[:, None, None]  # [C, 1, 1]
    one = once(gradient)
    square = one * one
    alpha = square / (2 * square + total * square * one + 1e-6)
    weight = torch.where(one > 0, one * alpha, 0.0).sum(dim=(2, 3))  # [K, C]
    if one.shape != gradient.shape:
        weight = weight * (gradient.shape[2] * gradient.shape[3])
    return _weighted(weight, features)


def xgrad_cam(features: Tensor, gradient: Tensor) -> Tensor:
    """ReLU(Σ_c w_c · A_c), w_c = Σ_ij g · A_c / Σ_ij A_c (Fu et al. 2020, "Axiom-based Grad-CAM", arXiv:2008.02312).

    1e-7 is added to the denominator, as in the reference library.
    """
    total = features.sum(dim=(1, 2))  # [C]
    one = once(gradient)
    pulled = (one * features).sum(dim=(2, 3)) if one.shape == gradient.shape else one[..., 0, 0] * total  # [K, C]
    return _weighted(pulled / (total + 1e-7), features)


def hires_cam(features: Tensor, gradient: Tensor) -> Tensor:
    """ReLU(Σ_c g · A_c), place by place (Draelos and Carin 2020, "HiResCAM", arXiv:2011.08891)."""
    return _summed(once(gradient), features)


def layer_cam(features: Tensor, gradient: Tensor) -> Tensor:
    """ReLU(Σ_c ReLU(g) · A_c), place by place.

    Jiang et al. 2021, "LayerCAM", doi 10.1109/TIP.2021.3089943.
    """
    return _summed(once(gradient).relu(), features)


def elementwise(features: Tensor, gradient: Tensor) -> Tensor:
    """Σ_c ReLU(g · A_c), place by place: element-wise Grad-CAM.

    Gildenblat and contributors 2021, ``GradCAMElementWise`` in pytorch-grad-cam.
    """
    if features.min() >= 0:
        return layer_cam(features, gradient)
    return (gradient * features).relu_().sum(dim=1)


def _weighted(weight: Tensor, features: Tensor) -> Tensor:
    """ReLU(Σ_c w_c · A_c): ``[K, C]`` and ``[C, h, w]`` → ``[K, h, w]``."""
    return torch.einsum("kc,chw->khw", weight, features).relu()


def _summed(weight: Tensor, features: Tensor) -> Tensor:
    """ReLU(Σ_c w_c · A_c), place by place: ``[K, C, h, w]`` or ``[K, C, 1, 1]`` and ``[C, h, w]`` → ``[K, h, w]``."""
    if weight.shape[2:] == (1, 1):
        return _weighted(weight[..., 0, 0], features)
    return torch.einsum("kchw,chw->khw", weight, features).relu()
