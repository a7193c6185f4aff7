"""Where the chest is on a film: the rectangle about both lung fields, for the augmentation that transplants it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from core.lungs.outline import likely, side
from core.lungs.shape import Mask, doubt, lungs
from core.training.data import Films
from core.training.images import resize
from core.training.state import keep

WHOLE = (-1.0, -1.0, 1.0, 1.0)
_ROOM = 0.06
"""Of the half side: how far the rectangle reaches beyond the lungs, so that the ribs around them belong to it."""


def chest_of(mask: Mask) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the lungs on a square film, with some room; -1…1 from edge to edge.

    The whole film where there are none: all of it is then what is transplanted.
    """
    if not mask.any():
        return WHOLE
    low, high = [], []
    for across in (0, 1):  # columns, then rows
        there = np.flatnonzero(mask.any(axis=across))
        size = mask.shape[1 - across]
        low.append(max(-1.0, 2 * float(there[0]) / size - 1 - _ROOM))
        high.append(min(1.0, 2 * float(there[-1] + 1) / size - 1 + _ROOM))
    return low[0], low[1], high[0], high[1]


def chests(films: Films, folder: Path, batch: int = 32) -> NDArray[np.float32]:
    """The chest of every film, float32 ``[N, 4]``.

    Args:
        films: decoded.
        folder: where what was found is kept, for this run's resumption and for other runs.
        batch: films outlined at once.

    Raises:
        CheckpointError: the network that outlines lungs is missing.
        TrainingError: the disk is full.
    """
    kept = folder / f"chests-{films.fingerprint[:12]}.csv"
    if not kept.exists():
        squares = resize(films.images, side())[:, 0].numpy()
        rows = []
        for start in tqdm(range(0, len(squares), batch), desc="outlining lungs", unit="batch", leave=False):
            for one in likely(squares[start : start + batch].astype(np.float32) / np.float32(255)):
                mask = lungs(one)
                rows.append(chest_of(mask) if doubt(mask, one) is None else WHOLE)
        keep(kept, "".join(",".join(f"{edge:.4f}" for edge in row) + "\n" for row in rows).encode())
    found: NDArray[np.float32] = np.loadtxt(kept, delimiter=",", dtype=np.float32, ndmin=2)
    return found
