"""Xray → Posture: how a film lies, by the shipped network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from core import aids
from core.aids import FOLDER
from core.xray import Preprocessing, Xray

if TYPE_CHECKING:
    from torch import nn

NAME: Final = "orientation"
"""Of the aid's files."""

MISSING: Final = (
    "Whether the film lies upright cannot be told: the network for it is not here. Copy "
    "weights/aids/orientation.safetensors and orientation.json from the project, or make them: "
    "python -m core orientation --data DIR."
)
"""What is said where the aid is missing."""


LIKELY: Final = 0.5
"""Probability from which on something is likelier than not."""


@dataclass(frozen=True, slots=True)
class Posture:
    """How a film lies.

    Attributes:
        turned: probability, 0…1, that it is not upright.
        turn: how it is made upright: 0, 90, 180 or 270 degrees clockwise, the likeliest.
        mirrored: how much the heart seems to lie on the other side, 0…1. A hint only: there are hearts on the right.
        inverted: probability, 0…1, that bone is dark.
        features: what was looked at, float32 ``[128]``; it tells more of a film than how it lies.
    """

    turned: float
    turn: int
    mirrored: float
    inverted: float
    features: NDArray[np.float32] | None = field(default=None, compare=False, repr=False)


def posture(xray: Xray, folder: Path = FOLDER) -> Posture:
    """How a film lies.

    Raises:
        CheckpointError: the aid is missing or cannot be used; the message says what to do.
    """
    return postures([xray], folder)[0]


def postures(xrays: Sequence[Xray], folder: Path = FOLDER) -> list[Posture]:
    """How several films lie, in one batch; as :func:`posture`."""
    if not xrays:
        return []
    settings, network = aids.network(NAME, _build, MISSING, folder)
    square = Preprocessing(size=int(settings["size"])).square
    return of_squares(network, np.stack([square(xray) for xray in xrays]))


def of_squares(network: nn.Module, squares: NDArray[np.float32]) -> list[Posture]:
    """How films lie that were squeezed to squares, float32 ``[N, S, S]`` in 0…1."""
    import torch

    with torch.inference_mode():
        logits, features = network(torch.from_numpy(squares)[:, None])
    turns = logits[:, :4].softmax(1).numpy()
    mirrored, inverted = logits[:, 4:].sigmoid().numpy().T
    return [
        Posture(float(1 - turn[0]), 90 * int(turn.argmax()), float(mirror), float(dark), row)
        for turn, mirror, dark, row in zip(turns, mirrored, inverted, features.numpy(), strict=True)
    ]


def _build(settings: Mapping[str, Any]) -> nn.Module:
    from core.orientation.network import OrientationNet

    return OrientationNet(int(settings["size"]), tuple(settings["widths"]))
