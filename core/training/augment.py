# ruff: noqa: PLR2004 (chances and ranges of random draws are what this file is about)
"""Augmentation of a whole batch at once. All of it is drawn from one generator, so a seed repeats a run.

Chest films teach networks shortcuts: a letter at a corner, text at the border. ``markers`` pastes such marks on films
of every class and ``hide_edges`` takes away real ones, so that neither their presence nor their absence tells anything
(DeGrave, Janizek & Lee 2021, doi 10.1038/s42256-021-00338-7). ``transplant`` and ``grain`` do the same for what
surrounds the lungs and for how sharp and how noisy a machine's films are.

Chance is drawn on the CPU, small things are made there, and films are altered where they are: on a GPU, if need be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn import functional as F  # noqa: N812 (its usual name)

from core.training.recipe import Augmentation


def augment(
    images: Tensor,
    rng: Generator,
    chests: Tensor | None = None,
    transplanted: float = 0.0,
    style: Augmentation = "strong",
) -> Tensor:
    """A randomly altered copy.

    Args:
        images: ``[N, 1, S, S]`` float32 in 0…1, on any device.
        rng: where every random number comes from; of the CPU.
        chests: where the chest is on each, float32 ``[N, 4]``, as :mod:`core.training.chests` says.
        transplanted: share of films whose chest is put into the surroundings of another's; 0 without ``chests``.
        style: how much else is altered.

    Returns:
        ``[N, 1, S, S]`` float32 in 0…1, on the device of ``images``.
    """
    out = images if chests is None else transplant(images, chests, rng, transplanted)
    return _STYLES[style](out, rng).clamp_(0, 1)


def _strong(images: Tensor, rng: Generator) -> Tensor:
    """So that neither machine nor ward tells the class."""
    out = affine(shade(borrow_tones(images, rng), rng), rng)
    out = grain(tone(out, rng), rng)
    return erase(hide_edges(markers(out, rng), rng), rng)


def _mild(images: Tensor, rng: Generator) -> Tensor:
    """A little turned, moved, stretched, mirrored and printed otherwise: for few films, which strong chance drowns."""
    return erase(_printed_otherwise(images, rng), rng)


def _grainy(images: Tensor, rng: Generator) -> Tensor:
    """The same, with noise and blur: without them a network hangs on how finely the few films' machines draw."""
    return erase(grain(_printed_otherwise(images, rng), rng), rng)


def _printed_otherwise(images: Tensor, rng: Generator) -> Tensor:
    return tone(affine(images, rng, 8, 0.05, strength=0.4), rng, strength=0.4)


_STYLES: Mapping[Augmentation, Callable[[Tensor, Generator], Tensor]] = MappingProxyType(
    {"strong": _strong, "mild": _mild, "grainy": _grainy}
)


def transplant(images: Tensor, chests: Tensor, rng: Generator, share: float, seam: float = 0.08) -> Tensor:
    """The chest of one film in the place of another's: frame, letters, arms, belly and proportions are a stranger's.

    What surrounds the lungs tells which machine and which ward, and by that the class (Xiao et al. 2021, "Noise or
    signal: the role of image backgrounds", arXiv:2006.09994).
    """
    if not share:
        return images
    n, side = len(images), images.shape[-1]
    chosen = torch.rand(n, generator=rng) < share
    host = torch.randperm(n, generator=rng)
    place = chests[host]
    scale = (chests[:, 2:] - chests[:, :2]) / (place[:, 2:] - place[:, :2])  # [N, 2]: across, down
    offset = chests[:, :2] - scale * place[:, :2]
    nothing = torch.zeros(n)
    theta = torch.stack(
        [torch.stack([scale[:, 0], nothing, offset[:, 0]], 1), torch.stack([nothing, scale[:, 1], offset[:, 1]], 1)], 1
    )  # [N, 2, 3]
    moved = _resampled(images, theta)
    centres = (torch.arange(side) + 0.5) * 2 / side - 1  # of pixels, -1…1
    across, down = (
        (torch.minimum(centres - place[:, axis, None], place[:, axis + 2, None] - centres) / seam).clamp(0, 1)
        for axis in (0, 1)
    )  # [N, S] each: 1 well inside, 0 outside
    inside = (down[:, :, None] * across[:, None, :])[:, None].to(images.device)  # [N, 1, S, S]
    return torch.where(_column(chosen, images), torch.lerp(images[host.to(images.device)], moved, inside), images)


def affine(images: Tensor, rng: Generator, degrees: float = 12, shift: float = 0.1, strength: float = 1.0) -> Tensor:
    """Turn, scale, stretch, shift and mirror, in one resampling; ``strength`` is of scale and stretch.

    The stretch is strong on purpose: films are squeezed to a square, from aspect ratios that differ between machines,
    and so between classes. What a chest's proportions are must not tell what is in it.
    """
    n = len(images)
    angle = _between(n, -degrees, degrees, rng) * math.pi / 180
    size = torch.exp(strength * _between(n, -0.15, 0.35, rng))  # rather closer than farther: some machines crop tightly
    stretch = torch.exp(strength * _between(n, -0.25, 0.25, rng))
    mirror = torch.where(torch.rand(n, generator=rng) < 0.5, -1.0, 1.0)
    cos, sin = torch.cos(angle) / size, torch.sin(angle) / size
    dx, dy = _between(n, -2 * shift, 2 * shift, rng), _between(n, -2 * shift, 2 * shift, rng)
    theta = torch.stack(
        [torch.stack([cos * mirror * stretch, -sin, dx], 1), torch.stack([sin * mirror, cos / stretch, dy], 1)], 1
    )  # [N, 2, 3]
    return _resampled(images, theta)


def tone(images: Tensor, rng: Generator, strength: float = 1.0) -> Tensor:
    """Gamma, contrast and brightness: other exposures, other printers."""
    n = len(images)
    gamma = _column(torch.exp(strength * _between(n, -0.45, 0.45, rng)), images)
    contrast = _column(1 + strength * _between(n, -0.35, 0.4, rng), images)
    brightness = _column(strength * _between(n, -0.15, 0.15, rng), images)
    toned = images.clamp(1e-4, 1) ** gamma
    mean = toned.mean(dim=(2, 3), keepdim=True)
    return ((toned - mean) * contrast + mean + brightness).clamp_(0, 1)


def borrow_tones(images: Tensor, rng: Generator, share: float = 0.5) -> Tensor:
    """Histogram matching: a film gets, in part, the grey values of another one of the batch, whatever its class.

    Machines print differently, and not every machine saw every class.
    """
    n = len(images)
    flat = images.flatten(1)  # [N, S * S]
    ordered, place = flat.sort(dim=1)
    matched = torch.empty_like(flat).scatter_(1, place, ordered[torch.randperm(n, generator=rng).to(images.device)])
    blend = torch.rand(n, generator=rng) * (torch.rand(n, generator=rng) < share)
    return torch.lerp(images, matched.view_as(images), _column(blend, images))


def shade(images: Tensor, rng: Generator, strength: float = 0.3) -> Tensor:
    """A smooth random shading over the film: uneven beams, soft collimation, other body shapes."""
    n, side = len(images), images.shape[-1]
    coarse = ((torch.rand(n, 1, 4, 4, generator=rng) - 0.5) * 2 * strength).to(images.device)
    amount = _column(torch.rand(n, generator=rng), images)
    return images * (1 + amount * F.interpolate(coarse, size=(side, side), mode="bicubic", align_corners=False))


def grain(images: Tensor, rng: Generator, share: float = 0.4, noisiest: float = 0.1, softest: float = 0.007) -> Tensor:
    """Noise and blur: other detectors, doses, scanners. How fine a machine draws must not tell what it drew.

    Args:
        images: ``[N, 1, S, S]``.
        rng: source of chance.
        share: of films that get noise, and of films that get blur.
        noisiest: most deviation of the noise; weak noise is likelier than strong.
        softest: most deviation of the blur, as a share of the side.
    """
    n, side = len(images), images.shape[-1]
    noise = noisiest * torch.rand(n, generator=rng) ** 2 * (torch.rand(n, generator=rng) < share)
    width = softest * side * torch.rand(n, generator=rng) * (torch.rand(n, generator=rng) < share)
    # One sheet of noise, of which each film gets a part of its own: to draw a whole one for each takes far longer.
    sheet = torch.randn(2 * side, 2 * side, generator=rng).to(images.device)
    spots = torch.randint(0, side + 1, (n, 2), generator=rng).tolist()
    grains = torch.stack([sheet[top : top + side, left : left + side] for top, left in spots])[:, None]
    return _blurred(images + grains * _column(noise, images), width)


def markers(images: Tensor, rng: Generator, share: float = 0.6) -> Tensor:
    """Bright letters and lines of text near the border, on films of every class."""
    marks = torch.zeros(images.shape)
    side = images.shape[-1]
    for i in torch.nonzero(torch.rand(len(images), generator=rng) < share).flatten().tolist():
        for _ in range(int(torch.randint(1, 4, (1,), generator=rng))):
            glyphs = _glyphs(side, rng)
            height, width = glyphs.shape
            # Anywhere in a frame of a quarter of the side, most often in the two upper corners.
            top = _spot(side - height, rng, 0.25)
            left = _spot(side - width, rng, 0.3)
            level = 0.6 + 0.4 * float(torch.rand(1, generator=rng))
            patch = marks[i, 0, top : top + height, left : left + width]
            patch.copy_(torch.maximum(patch, glyphs * level))
    return torch.maximum(images, marks.to(images.device))


def hide_edges(images: Tensor, rng: Generator, share: float = 0.5) -> Tensor:
    """Black out strips at the border and corner patches, with the film's own dark level or plain black."""
    cover = torch.full(images.shape, math.nan)
    side = images.shape[-1]
    for i in torch.nonzero(torch.rand(len(images), generator=rng) < share).flatten().tolist():
        fill = float(torch.rand(1, generator=rng)) * 0.3
        for edge in torch.nonzero(torch.rand(4, generator=rng) < 0.35).flatten().tolist():
            depth = int(side * 0.09 * float(torch.rand(1, generator=rng))) + 1
            strip = (slice(0, depth), slice(-depth, None))[edge % 2]
            cover[i, 0][(strip, slice(None)) if edge < 2 else (slice(None), strip)] = fill
        for corner in torch.nonzero(torch.rand(4, generator=rng) < 0.35).flatten().tolist():
            high, wide = (int(side * (0.08 + 0.17 * float(r))) for r in torch.rand(2, generator=rng))
            rows = slice(0, high) if corner < 2 else slice(-high, None)
            columns = slice(0, wide) if corner % 2 else slice(-wide, None)
            cover[i, 0, rows, columns] = fill
    return _covered(images, cover)


def erase(images: Tensor, rng: Generator, share: float = 0.3) -> Tensor:
    """Random erasing (Zhong et al. 2020, arXiv:1708.04896) with noise."""
    cover = torch.full(images.shape, math.nan)
    side = images.shape[-1]
    for i in torch.nonzero(torch.rand(len(images), generator=rng) < share).flatten().tolist():
        high, wide = (int(side * (0.08 + 0.2 * float(r))) for r in torch.rand(2, generator=rng))
        top, left = (int(torch.randint(0, side - n + 1, (1,), generator=rng)) for n in (high, wide))
        cover[i, 0, top : top + high, left : left + wide] = torch.rand(high, wide, generator=rng)
    return _covered(images, cover)


def mixup(images: Tensor, targets: Tensor, alpha: float, rng: Generator) -> tuple[Tensor, Tensor]:
    """Each film blended with another; ``targets`` are class distributions ``[N, K]`` (Zhang 2018, arXiv:1710.09412)."""
    if alpha <= 0:
        return images, targets
    seed = int(torch.randint(2**31, (1,), generator=rng))  # torch's own Beta takes no generator
    lam = torch.from_numpy(np.random.default_rng(seed).beta(alpha, alpha, len(images))).float()
    lam = torch.maximum(lam, 1 - lam)
    order = torch.randperm(len(images), generator=rng)
    blend = _column(lam, images)
    mixed = images * blend + images[order.to(images.device)] * (1 - blend)
    return mixed, targets * lam[:, None] + targets[order] * (1 - lam[:, None])


def _resampled(images: Tensor, theta: Tensor) -> Tensor:
    """Films seen through ``theta``, ``[N, 2, 3]``: where each place of the new film was on the old one."""
    grid = F.affine_grid(theta.to(images.device), list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def _blurred(images: Tensor, width: Tensor) -> Tensor:
    """A Gaussian of each film's own deviation, ``[N]`` pixels; those of none stay as they are."""
    chosen = torch.nonzero(width > 0).flatten()
    if not len(chosen):
        return images
    reach = math.ceil(3 * float(width.max()))
    places = torch.arange(-reach, reach + 1)
    bell = torch.exp(-(places**2) / (2 * width[chosen, None] ** 2))
    bell = (bell / bell.sum(1, keepdim=True)).to(images.device)[:, None]  # [M, 1, 2 * reach + 1]
    chosen = chosen.to(images.device)
    some = F.pad(images[chosen].transpose(0, 1), (reach,) * 4, mode="replicate")  # [1, M, S, S], a channel per film
    some = F.conv2d(some, bell[:, :, None, :], groups=len(chosen))
    some = F.conv2d(some, bell[:, :, :, None], groups=len(chosen))
    return images.index_copy(0, chosen, some.transpose(0, 1))


def _covered(images: Tensor, cover: Tensor) -> Tensor:
    """Films with what covers them; nothing does where that is NaN."""
    cover = cover.to(images.device)
    return torch.where(cover.isnan(), images, cover)


def _glyphs(side: int, rng: Generator) -> Tensor:
    """A letter-like or text-like bright pattern: blocks of a coarse random bitmap, ``[h, w]`` of 0 and 1."""
    large = bool(torch.rand(1, generator=rng) < 0.5)
    cell = max(1, round(side * (0.014 if large else 0.006) * (0.7 + float(torch.rand(1, generator=rng)))))
    letters = 1 if large else int(torch.randint(2, 7, (1,), generator=rng))
    rows = [(torch.rand(5, 4, generator=rng) < 0.6).float() for _ in range(letters)]
    bitmap = torch.cat([F.pad(letter, (0, 1)) for letter in rows], dim=1)  # [5, 5 * letters]
    return bitmap.repeat_interleave(cell, 0).repeat_interleave(cell, 1)[: side // 3, : side // 2]


def _spot(room: int, rng: Generator, frame: float) -> int:
    """A position within ``frame`` of either end of ``room``, twice as often at the low end."""
    offset = int(room * frame * float(torch.rand(1, generator=rng)))
    return offset if torch.rand(1, generator=rng) < 0.67 else room - offset


def _between(n: int, low: float, high: float, rng: Generator) -> Tensor:
    return torch.rand(n, generator=rng) * (high - low) + low


def _column(values: Tensor, images: Tensor) -> Tensor:
    """One value a film, ``[N]`` → ``[N, 1, 1, 1]``, where the films are."""
    return values.view(-1, 1, 1, 1).to(images.device)
