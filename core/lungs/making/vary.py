"""Augmentation: films and their masks turned, stretched and bent alike; then the film alone made as others take it.

Lungs stay upright and bright stays bright: a film that lies on its side or is inverted is for someone else to find.
"""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor
from torch.nn import functional

TURN = 0.26  # radians, 15 degrees
SHIFT = 0.24  # in units of half the square
MIRRORED = 0.25  # share of films: hearts are rarely on the right
STRETCH = 0.22  # of the sides against each other, as a logarithm
_EDGE = 0.5  # of a box, in the units of a cloud
SCALES = (0.75, 1.5)  # how much of the film is seen: films of children show the abdomen, others the lungs alone


def vary(films: Tensor, masks: Tensor, rng: Generator) -> tuple[Tensor, Tensor]:
    """Another draw of films.

    Args:
        films: float32 ``[N, 1, S, S]`` in 0…1.
        masks: float32 ``[N, 1, S, S]`` in 0…1.
        rng: of the draw.

    Returns:
        Both, altered, of the same shapes.
    """
    films, masks = _bent(films, masks, rng)
    return _toned(_shaded(films, rng), rng), masks


def _uniform(n: int, low: float, high: float, rng: Generator) -> Tensor:
    return torch.rand(n, generator=rng) * (high - low) + low


def _some(n: int, share: float, rng: Generator) -> Tensor:
    """Bool ``[n, 1, 1, 1]``: true for about that share."""
    return (torch.rand(n, generator=rng) < share)[:, None, None, None]


def _bent(films: Tensor, masks: Tensor, rng: Generator) -> tuple[Tensor, Tensor]:
    """Turned, mirrored, scaled, stretched, moved, and bent smoothly: one sampling for all of it."""
    n = len(films)
    angle = _uniform(n, -TURN, TURN, rng)
    scale = torch.exp(_uniform(n, math.log(SCALES[0]), math.log(SCALES[1]), rng))
    stretch = torch.exp(_uniform(n, -STRETCH, STRETCH, rng))
    mirror = torch.where(torch.rand(n, generator=rng) < MIRRORED, -1.0, 1.0)
    wide, tall = scale * stretch, scale / stretch
    cos, sin = torch.cos(angle), torch.sin(angle)
    rows = [
        torch.stack([mirror * wide * cos, -wide * sin, _uniform(n, -SHIFT, SHIFT, rng)], dim=1),
        torch.stack([mirror * tall * sin, tall * cos, _uniform(n, -SHIFT, SHIFT, rng)], dim=1),
    ]
    grid = functional.affine_grid(torch.stack(rows, dim=1), list(films.shape), align_corners=False)
    coarse = torch.randn(n, 2, 5, 5, generator=rng) * _uniform(n, 0, 0.05, rng)[:, None, None, None]
    bend = functional.interpolate(coarse, films.shape[-2:], mode="bicubic", align_corners=True)
    grid = grid + bend.permute(0, 2, 3, 1)
    # Beyond the film's edge there is as often nothing as more of the same.
    black = functional.grid_sample(films, grid, align_corners=False)
    same = functional.grid_sample(films, grid, padding_mode="border", align_corners=False)
    return torch.where(_some(n, 0.5, rng), black, same), functional.grid_sample(masks, grid, align_corners=False)


def _shaded(films: Tensor, rng: Generator) -> Tensor:
    """Soft bright clouds, as infiltrates and effusions are, and hard boxes, as markers and borders are."""
    n, size = len(films), films.shape[-1]
    axis = torch.linspace(-1, 1, size)
    for _ in range(3):
        x, y = _uniform(n, -0.9, 0.9, rng), _uniform(n, -0.9, 0.9, rng)
        wide, tall = _uniform(n, 0.08, 0.4, rng), _uniform(n, 0.08, 0.4, rng)
        across = ((axis - x[:, None]) / wide[:, None]) ** 2  # [N, S]
        down = ((axis - y[:, None]) / tall[:, None]) ** 2
        cloud = torch.exp(-(down[:, :, None] + across[:, None, :]))[:, None]  # [N, 1, S, S]
        white = _uniform(n, 0.45, 0.95, rng)[:, None, None, None]
        strength = _uniform(n, 0, 0.75, rng)[:, None, None, None] * _some(n, 0.45, rng)
        films = films + (white - films) * strength * cloud
        box = ((across < _EDGE)[:, None, None, :] & (down < _EDGE)[:, None, :, None]) & _some(n, 0.12, rng)
        films = torch.where(box, torch.rand(n, generator=rng)[:, None, None, None], films)
    return films


def _toned(films: Tensor, rng: Generator) -> Tensor:
    """Another exposure, a slope of brightness, blur and noise."""
    n, size = len(films), films.shape[-1]
    films = films.clamp(0, 1) ** torch.exp(_uniform(n, -0.7, 0.7, rng))[:, None, None, None]
    slope = torch.randn(n, 1, 2, 2, generator=rng) * 0.12
    films = films + functional.interpolate(slope, (size, size), mode="bilinear", align_corners=True)
    contrast, light = _uniform(n, 0.5, 1.5, rng), _uniform(n, -0.15, 0.15, rng)
    films = (films - 0.5) * contrast[:, None, None, None] + 0.5 + light[:, None, None, None]
    soft = functional.avg_pool2d(films, 3, 1, 1, count_include_pad=False)
    films = torch.where(_some(n, 0.25, rng), soft, films)
    noise = torch.randn(films.shape, generator=rng) * _uniform(n, 0, 0.06, rng)[:, None, None, None]
    return (films + noise).clamp(0, 1)
