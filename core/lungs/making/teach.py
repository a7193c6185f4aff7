"""Self-training: what a network is sure of on films without masks becomes masks to learn from (Lee 2013).

Sure means: it says the same of the film as it is, mirrored, darker, and seen from further away; and it is a plausible
pair of lungs.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from core.lungs.making.settle import dice
from core.lungs.network import LungNet
from core.lungs.shape import doubt, lungs

AGREES = 0.94
"""Least Dice coefficient, of each way of looking with their mean."""

_AT_ONCE = 32
_SMALLER = 0.8


@torch.inference_mode()
def look(network: LungNet, films: Tensor) -> NDArray[np.float32]:
    """How likely each pixel is lung, float32 ``[N, S, S]``, of films ``[N, 1, S, S]`` in 0…1."""
    parts = [network(part).sigmoid()[:, 0].numpy() for part in films.split(_AT_ONCE)]  # type: ignore[no-untyped-call]
    return np.concatenate(parts)


def teach(network: LungNet, films: Tensor) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Masks for films without.

    Args:
        network: the teacher.
        films: float32 ``[N, 1, S, S]`` in 0…1.

    Returns:
        Soft masks, float32 ``[N, S, S]`` in 0…1, and bool ``[N]``: which of them it is sure of.
    """
    ways = np.stack(
        [
            look(network, films),
            look(network, films.flip(3))[..., ::-1],
            look(network, films**1.5),
            _from_afar(network, films),
        ]
    )  # [4, N, S, S]
    masks = ways.mean(axis=0)
    sure = np.zeros(len(masks), dtype=bool)
    for place, likely in enumerate(masks):
        mask = lungs(likely)
        agree = min(dice((way > 0.5).astype(np.float32), mask.astype(np.float32)) for way in ways[:, place])  # noqa: PLR2004 - as likely as not
        sure[place] = agree >= AGREES and doubt(mask, likely) is None
        masks[place] = np.where(mask | (likely < 0.5), likely, 0)  # noqa: PLR2004 - a speck is no lung
    return masks.astype(np.float32), sure


def _from_afar(network: LungNet, films: Tensor) -> NDArray[np.float32]:
    size = films.shape[-1]
    small = round(size * _SMALLER / 2) * 2
    rim = (size - small) // 2
    away = functional.pad(functional.interpolate(films, (small, small), mode="area"), (rim, rim, rim, rim))
    seen = torch.from_numpy(look(network, away))[:, None, rim : rim + small, rim : rim + small]
    return functional.interpolate(seen, (size, size), mode="bilinear")[:, 0].numpy()
