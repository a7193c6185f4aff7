"""Maps that take more than a reading left behind: slow methods, and earlier layers of the network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.architectures.grid import Grid
from core.architectures.network import Network
from core.architectures.row import Stage
from core.explain.asked import Asked, Watch
from core.explain.computed import fast, function
from core.explain.heatmap import on_input, scaled
from core.explain.methods import Method


@torch.inference_mode()
def made(  # noqa: PLR0913, PLR0917 - a network, a film, a question, and who waits for the answer
    network: Network,
    inputs: Tensor,
    method: Method,
    stages: Sequence[Stage | None],
    against: int | None = None,
    watch: Watch | None = None,
) -> NDArray[np.float32]:
    """Raw maps of a film, of any network, by any method.

    Args:
        network: what is asked; also one that is being examined.
        inputs: the film as it is fed, ``[1, P, S, S]``.
        method: row of METHODS.
        stages: whose maps are explained, the maps of several are averaged; ``None`` for a method that explains none.
        against: position of the class that the others are explained against, if any.
        watch: who waits for it.

    Returns:
        float32 ``[K, h, w]``, non-negative; of several layers at the size of what was fed, the mean of each scaled to
        0…1.

    Raises:
        StoppedError: it was stopped.
    """
    waiting = watch or Watch()
    maps = []
    for place, stage in enumerate(stages):
        # What is done of all: each layer counts alike, whatever it takes.
        def progress(done: int, of: int, place: int = place) -> None:
            waiting.progress(place * of + done, len(stages) * of)

        parts = None if stage is None or stage.parts == len(list(network.trunk.children())) else stage.parts
        features = network.features(inputs, parts)[0].float()
        asked = Asked(network, inputs, features, parts, against, Watch(progress, waiting.stop))
        raw = _fast(asked, method) if method.fast else function(method)(asked)
        maps.append(raw.cpu().numpy())
    if len(maps) == 1:
        return maps[0]
    return _averaged(maps, [stage.grid for stage in stages if stage is not None], inputs.shape[-1])


def _fast(asked: Asked, method: Method) -> Tensor:
    return fast(asked.network, asked.features, (method,), asked.against, asked.parts)[method.name]


def _averaged(maps: Sequence[NDArray[np.float32]], grids: Sequence[Grid], side: int) -> NDArray[np.float32]:
    """Mean of the maps of several layers, each scaled to 0…1 class by class, then laid over the film where it lies."""
    large = [[_large(one, grid, side) for one in of_layer] for of_layer, grid in zip(maps, grids, strict=True)]
    found: NDArray[np.float32] = np.mean(large, axis=0, dtype=np.float32)
    return found


def _large(raw: NDArray[np.float32], grid: Grid, side: int) -> NDArray[np.float32]:
    if not np.isfinite(raw).all():
        return np.full((side, side), np.nan, dtype=np.float32)
    return on_input(scaled(raw)[0], side, grid.over(side))
