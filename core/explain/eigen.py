"""Class activation maps by principal components: the pattern that explains most of what the features do.

With M the places' feature vectors as rows ``[h·w, C]``, less their mean, M = U S Vᵀ; the map is the first column of
U S: every place's projection on the first principal component. Taken from the smaller of M Mᵀ and MᵀM: the same numbers
as a decomposition of M at a fraction of the cost. (By PyTorch throughout: where SciPy takes turns with it, the threads
of the two wait for each other.)

**Sign.** That of a singular vector is arbitrary, and so is the reference library's: whichever LAPACK happens to return.
Here the map points to where M's rows add up to most: for Eigen-Grad-CAM where the evidence for the class is, for
Eigen-CAM where the features are strong. Up to that sign the maps are the library's. (Turning the longer tail upwards,
Chung and Ying 2025, doi 10.3390/app15137562, was tried: on every sixth test film it pointed away from the evidence for
the class that ResNet-18 had read.)
"""

from __future__ import annotations

import torch
from torch import Tensor

_NOTHING = 1e-10
"""Share of the squares that centring leaves, below which it left rounding and no pattern."""


def eigen_cam(features: Tensor, gradient: Tensor) -> Tensor:
    """ReLU of the features' first principal component, the same for every class.

    Muhammad and Yeasin 2020, "Eigen-CAM", arXiv:2008.00299; centred first, as the reference library does.

    Args:
        features: ``[C, h, w]``.
        gradient: ``[K, C, h, w]``; says only how many maps are wanted.

    Returns:
        ``[K, h, w]``, non-negative.
    """
    return _first(features[None]).relu().expand(gradient.shape[0], -1, -1)


def eigen_grad_cam(features: Tensor, gradient: Tensor) -> Tensor:
    """ReLU of the first principal component of features times gradients.

    Gildenblat and contributors 2021, ``EigenGradCAM`` in pytorch-grad-cam, after Eigen-CAM (arXiv:2008.00299).

    Args:
        features: ``[C, h, w]``.
        gradient: ``[K, C, h, w]``.

    Returns:
        ``[K, h, w]``, non-negative.
    """
    return _first(gradient * features).relu()


def _first(maps: Tensor) -> Tensor:
    """First principal component of each ``[C, h, w]`` in ``[N, C, h, w]``, over the places: ``[N, h, w]``."""
    count, _, height, width = maps.shape
    rows = maps.flatten(2).mT  # [N, h*w, C]
    centred = rows - rows.mean(dim=1, keepdim=True)
    by_place = rows.shape[1] <= rows.shape[2]
    gram = (centred @ centred.mT if by_place else centred.mT @ centred).double()  # [N, h*w, h*w] or [N, C, C]
    broken = ~gram.sum(dim=(1, 2)).isfinite()
    values, vectors = torch.linalg.eigh(gram.masked_fill(broken[:, None, None], 0.0))
    vector = vectors[..., -1]  # [N, h*w] or [N, C], of the largest eigenvalue
    along = values[:, -1:].clamp_min(0).sqrt() * vector if by_place else (centred.double() @ vector[..., None])[..., 0]
    along = along * torch.where((along * centred.sum(dim=2)).sum(dim=1, keepdim=True) >= 0, 1.0, -1.0)
    nothing = gram.diagonal(dim1=1, dim2=2).sum(dim=1) <= _NOTHING * rows.square().sum(dim=(1, 2))
    along = along.masked_fill(nothing[:, None], 0.0).masked_fill(broken[:, None], torch.nan)
    found: Tensor = along.reshape(count, height, width).to(maps.dtype)
    return found
