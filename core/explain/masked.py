"""Methods that hide parts of the film and ask the network again: Score-CAM, occlusion sensitivity, RISE.

Each takes an :class:`~core.explain.asked.Asked` and gives raw non-negative maps ``[K, h, w]``; all classes come
from the same passes. What is hidden is 0 for the network: the mean grey of what it was trained on.
"""

from __future__ import annotations

from math import ceil, isqrt
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from core.explain.asked import Asked, beyond_rounding
from core.explain.methods import METHODS

_GRID: Final = 7
_SEEN: Final = 0.5
"""Of RISE: cells of a mask along a side, and the share of them that lets the film through, as in the paper."""


def score_cam(asked: Asked) -> Tensor:
    """ReLU(Σ_c w_c · A_c), w = softmax over the channels of the logit of the film seen through A_c scaled to 0…1.

    Wang et al. 2020, "Score-CAM", arXiv:1910.01279. Where no channel changes the logit the weights would be even
    and the map that of the features alone; it is left empty.

    Returns:
        ``[K, h, w]``.
    """
    side = asked.inputs.shape[-2:]
    features = asked.features
    scores = []
    for part in asked.watch.batches(len(features)):
        masks = functional.interpolate(features[None, part], side, mode="bilinear", align_corners=True)[0]  # [B, S, S]
        low, high = masks.amin(dim=(1, 2), keepdim=True), masks.amax(dim=(1, 2), keepdim=True)
        masks = (masks - low) / (high - low + 1e-8)  # as in the reference library
        scores.append(asked.answers(asked.inputs * masks[:, None]))
    found = torch.cat(scores)  # [C, K]
    spread = beyond_rounding(found.amax(dim=0) - found.amin(dim=0), found)  # [K]
    weights = torch.where(spread == 0, 0.0, found.softmax(dim=0))
    return torch.einsum("ck,chw->khw", weights, features).relu()


def occlusion(asked: Asked) -> Tensor:
    """What the logit loses when a square is greyed out, averaged over the squares that cover a place; ReLU of it.

    Zeiler and Fergus 2014, "Visualizing and Understanding Convolutional Networks", arXiv:1311.2901. A square is an
    eighth of the film wide and moves by half its width.

    Returns:
        ``[K, 16, 16]``.
    """
    passes = METHODS["occlusion"].passes
    assert passes is not None  # noqa: S101 - it has a fixed number
    steps = isqrt(passes)
    cells, side = steps + 1, asked.inputs.shape[-1]
    edges = [round(place * side / cells) for place in range(cells + 1)]
    whole = asked.answers(asked.inputs)  # [1, K]
    lost = whole.new_zeros(whole.shape[1], cells, cells)
    covered = torch.zeros_like(lost[0])
    for part in asked.watch.batches(passes):
        places = [divmod(place, steps) for place in range(part.start, part.stop)]
        films = asked.inputs.repeat(len(places), 1, 1, 1)
        for film, (row, column) in zip(films, places, strict=True):
            film[:, edges[row] : edges[row + 2], edges[column] : edges[column + 2]] = 0
        loss = beyond_rounding(whole - asked.answers(films), whole)  # [B, K]
        for of, (row, column) in zip(loss, places, strict=True):
            lost[:, row : row + 2, column : column + 2] += of[:, None, None]
            covered[row : row + 2, column : column + 2] += 1
    return (lost / covered).relu()


def rise(asked: Asked) -> Tensor:
    """The mean logit over the masks that show a place, less the mean over all; ReLU of it.

    Petsiuk et al. 2018, "RISE", arXiv:1806.07421, with two changes: logits, so that one class can be explained against
    another, where the paper has probabilities; and the mean over all masks is taken off first, so that the map does not
    show which places chance showed more often. Masks are drawn with a fixed seed.

    Returns:
        ``[K, S, S]``.
    """
    passes = METHODS["rise"].passes
    assert passes is not None  # noqa: S101 - it has a fixed number
    side = asked.inputs.shape[-1]
    chance = torch.Generator().manual_seed(0)
    whole = asked.answers(asked.inputs)  # [1, K]
    weighed = whole.new_zeros(whole.shape[1], side * side)
    shown = whole.new_zeros(side * side)
    total = torch.zeros_like(whole[0])
    for part in asked.watch.batches(passes):
        masks = random_masks(part.stop - part.start, side, chance).to(asked.inputs)  # [B, S, S]
        # Less the whole film's logit: it cancels out in the end, and sums of small numbers are more exact.
        scores = beyond_rounding(asked.answers(asked.inputs * masks[:, None]) - whole, whole)  # [B, K]
        weighed += scores.T @ masks.flatten(1)
        shown += masks.flatten(1).sum(dim=0)
        total += scores.sum(dim=0)
    maps = weighed / shown.clamp_min(1e-6) - (total / passes)[:, None]
    return beyond_rounding(maps, whole).relu().reshape(-1, side, side)


def random_masks(count: int, side: int, chance: torch.Generator) -> Tensor:
    """Masks of RISE: random cells, enlarged smoothly, then cut out at a random place.

    Args:
        count: how many.
        side: of each, pixels.
        chance: where they are drawn from.

    Returns:
        ``[count, side, side]`` in 0…1.
    """
    cell = ceil(side / _GRID)
    cells = (torch.rand(count, 1, _GRID, _GRID, generator=chance) < _SEEN).float()
    large = functional.interpolate(cells, size=(_GRID + 1) * cell, mode="bilinear", align_corners=False)[:, 0]
    offsets = torch.randint(cell, (count, 2), generator=chance).tolist()
    cut = [mask[y : y + side, x : x + side] for mask, (y, x) in zip(large, offsets, strict=True)]
    return torch.stack(cut)
