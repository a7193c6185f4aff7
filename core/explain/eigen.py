"""Class activation maps by principal components: the pattern that explains most of what the features do.

With M the places' feature vectors as rows ``[h·w, C]``, less their mean, M = U S Vᵀ; the map is the first column of
U S: every place's projection on the first principal component. Taken from the smaller of M Mᵀ and MᵀM, of which only
the first eigenvector is wanted: the same numbers as a decomposition of M at a fraction of the cost. (By PyTorch
throughout: where SciPy takes turns with it, the threads of the two wait for each other.)

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

_SMALL = 64
"""Side of a matrix of which all eigenvectors are had as soon as one."""

_SQUARINGS = 16
"""Mostly 5 to 8 do; so many tell two components apart that differ by a thousandth."""

_LEFT = 1e-12
"""Share that anything but the first component may have."""


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
    nothing = _trace(gram) <= _NOTHING * rows.square().sum(dim=(1, 2))
    hidden = broken | nothing
    gram[hidden] = 0.0
    gram[hidden, 0, 0] = 1.0  # a pattern, any: it is not shown
    vector = _largest(gram)[..., None]  # [N, h*w, 1] or [N, C, 1]
    # A component's length is the root of its eigenvalue, v'Gv.
    along = (vector.mT @ gram @ vector).clamp_min(0).sqrt() * vector if by_place else centred.double() @ vector
    along = along[..., 0]
    along = along * torch.where((along * centred.sum(dim=2)).sum(dim=1, keepdim=True) >= 0, 1.0, -1.0)
    along = along.masked_fill(nothing[:, None], 0.0).masked_fill(broken[:, None], torch.nan)
    found: Tensor = along.reshape(count, height, width).to(maps.dtype)
    return found


def _largest(gram: Tensor) -> Tensor:
    """Eigenvector of the largest eigenvalue, ``[N, D]`` of positive semidefinite ``[N, D, D]``, by the power method.

    Squared again and again, a matrix is left with nothing but that: many times as quick as all eigenvectors of a large
    one. Where two eigenvalues are so nearly the same that this does not end, all are asked for.
    """
    power = gram / _trace(gram)[:, None, None]  # eigenvalues are shares now: they add up to 1
    for _ in range(_SQUARINGS if len(gram[0]) > _SMALL else 0):
        if (1 - power.square().sum(dim=(1, 2))).max() <= _LEFT:  # and so do their squares, where one has all
            column = power[torch.arange(len(power)), power.diagonal(dim1=1, dim2=2).argmax(dim=1)]
            first: Tensor = column / column.norm(dim=1, keepdim=True)
            return first
        power = power @ power
        power = power / _trace(power)[:, None, None]
    vectors: Tensor = torch.linalg.eigh(gram)[1]
    return vectors[..., -1]


def _trace(matrices: Tensor) -> Tensor:
    """Of each ``[D, D]`` in ``[N, D, D]``: ``[N]``."""
    found: Tensor = matrices.diagonal(dim1=1, dim2=2).sum(dim=1)
    return found
