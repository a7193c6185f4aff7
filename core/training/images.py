"""Decoded films as network input: resized once for a stage, normalised as the finished network will want them."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.training.setting import Run
from core.xray import Preprocessing


def resize(images: NDArray[np.uint8], size: int) -> Tensor:
    """uint8 ``[N, C, C]`` → uint8 ``[N, 1, size, size]``, by the preprocessing that the finished network will have."""
    canvas = images.shape[-1]
    if canvas == size:
        return torch.from_numpy(images)[:, None]
    squash = Preprocessing(canvas=canvas, size=size).squash
    small = np.stack([np.rint(squash(image.astype(np.float32) / 255) * 255).astype(np.uint8) for image in images])
    return torch.from_numpy(small)[:, None]


class Sized:
    """Films at the size that is asked for; the last size is kept, because it changes once in many epochs.

    Args:
        images: uint8 ``[N, C, C]``.
    """

    def __init__(self, images: NDArray[np.uint8]) -> None:
        self._images = images
        self._last: tuple[int, Tensor] | None = None

    def at(self, size: int) -> Tensor:
        """uint8 ``[N, 1, size, size]``."""
        if self._last is None or self._last[0] != size:
            self._last = size, resize(self._images, size)
        return self._last[1]


def normalise(images: Tensor, run: Run) -> Tensor:
    """Images in 0…1 → what the network is fed."""
    return (images - run.preprocessing.mean) / run.preprocessing.std
