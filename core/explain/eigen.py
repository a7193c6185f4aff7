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

from core.explain.cam import once

_NOTHING = 1e-10
"""Share of the squares that centring leaves, below which it left rounding and no pattern."""

_SMALL = 16
"""Side of a matrix of which all eigenvectors are had as soon as one."""

_SQUARINGS = 13
"""Mostly 2 to 5 do; so many tell two components apart that differ by a thousandth."""

_LEFT = 0.02
"""Share that anything but the first component may have, before it is taken a few times more."""

_TIMES = 4
"""A share of 0.01 is then one of 1e-10."""


def eigen_cam(features: Tensor, gradient: Tensor) -> Tensor:
    """ReLU of the features' first principal component, the same for every class.

    Muhammad and Yeasin 2020, "Eigen-CAM", arXiv:2008.00299; centred first, as the reference library does.

    Args:
        features: ``[C, h, w]``.
        gradient: ``[K, C, h, w]``; says only how many maps are wanted.

    Returns:
        ``[K, h, w]``, non-negative.
    """
    return _first(features[None], features.new_ones(1, len(features))).relu().expand(gradient.shape[0], -1, -1)


def eigen_grad_cam(features: Tensor, gradient: Tensor) -> Tensor:
    """ReLU of the first principal component of features times gradients.

    Gildenblat and contributors 2021, ``EigenGradCAM`` in pytorch-grad-cam, after Eigen-CAM (arXiv:2008.00299).

    Args:
        features: ``[C, h, w]``.
        gradient: ``[K, C, h, w]``.

    Returns:
        ``[K, h, w]``, non-negative.
    """
    one = once(gradient)
    if one.shape == gradient.shape:
        return _first(gradient * features, features.new_ones(1, len(features))).relu()
    return _first(features[None], one[..., 0, 0]).relu()


def _first(maps: Tensor, weight: Tensor) -> Tensor:
    """First principal component of maps times weights, over the places.

    Weights of channels are multiplied in as late as can be: what many of them share is then computed once.

    Args:
        maps: ``[N, C, h, w]``, or ``[1, C, h, w]`` for all N weights.
        weight: ``[N, C]``, or ``[1, C]`` for all N maps.

    Returns:
        ``[N, h, w]``.
    """
    rows = maps.flatten(2).mT  # [N, h*w, C]
    centred = rows - rows.mean(dim=1, keepdim=True)
    by_place = rows.shape[1] <= rows.shape[2]
    if by_place:
        weighted = centred * weight[:, None]
        gram = (weighted @ weighted.mT).double()  # [N, h*w, h*w]
    else:
        gram = (centred.mT @ centred).double() * (weight[:, :, None] * weight[:, None, :])  # [N, C, C]
    broken = ~gram.sum(dim=(1, 2)).isfinite()
    nothing = _trace(gram) <= _NOTHING * (rows.square().sum(dim=1) * weight.square()).sum(dim=1)
    hidden = broken | nothing
    gram[hidden] = 0.0
    gram[hidden, 0, 0] = 1.0  # a pattern, any: it is not shown
    vector = _largest(gram)  # [N, h*w] or [N, C]
    if by_place:
        length = (vector[:, None] @ gram @ vector[..., None])[..., 0].clamp_min(0).sqrt()  # root of its eigenvalue v'Gv
        along = (length * vector).to(maps.dtype)
    else:
        along = _on(centred, weight * vector.to(maps.dtype))
    upwards = (_on(centred, weight) * along).sum(dim=1, keepdim=True) >= 0
    along = torch.where(upwards, along, -along)
    along = along.masked_fill(nothing[:, None], 0.0).masked_fill(broken[:, None], torch.nan)
    return along.reshape(-1, *maps.shape[2:])


def _on(rows: Tensor, vectors: Tensor) -> Tensor:
    """Every row times a vector: ``[N, P, C]`` or ``[1, P, C]`` and ``[N, C]`` or ``[1, C]`` → ``[N, P]``."""
    if len(rows) == 1:  # or the rows would be copied for each vector
        return vectors @ rows[0].mT
    return (rows @ vectors[..., None])[..., 0]


def _largest(gram: Tensor) -> Tensor:
    """Eigenvector of the largest eigenvalue, ``[N, D]`` of positive semidefinite ``[N, D, D]``, by the power method.

    Squared again and again, a matrix is left with nothing but that: many times as quick as all eigenvectors of a large
    one. Where two eigenvalues are so nearly the same that this does not end, all are asked for.
    """
    power = gram / _trace(gram)[:, None, None]  # eigenvalues are shares now: they add up to 1
    for _ in range(_SQUARINGS if len(gram[0]) > _SMALL else 0):
        if (1 - power.square().sum(dim=(1, 2))).max() <= _LEFT:  # and so do their squares, where one has all
            column = power[torch.arange(len(power)), power.diagonal(dim1=1, dim2=2).argmax(dim=1), :, None]
            for _ in range(_TIMES):
                column = power @ column
            first: Tensor = (column / column.norm(dim=1, keepdim=True))[..., 0]
            return first
        power = power @ power
        power = power / _trace(power)[:, None, None]
    vectors: Tensor = torch.linalg.eigh(gram)[1]
    return vectors[..., -1]


def _trace(matrices: Tensor) -> Tensor:
    """Of each ``[D, D]`` in ``[N, D, D]``: ``[N]``."""
    found: Tensor = matrices.diagonal(dim1=1, dim2=2).sum(dim=1)
    return found
