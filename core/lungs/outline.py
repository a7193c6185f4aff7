"""Xray → LungFields, by the shipped network: loaded once a process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from core import aids
from core.aids import FOLDER
from core.lungs.fields import LungFields
from core.lungs.shape import CUT, doubt, lungs
from core.xray import Preprocessing, Xray

if TYPE_CHECKING:
    from torch import nn

NAME: Final = "lungs"
"""Of the aid's files."""

MISSING: Final = (
    "The lung fields cannot be outlined: the network for it is not here. Copy weights/aids/lungs.safetensors and "
    "lungs.json from the project, or make them: python -m core lungs train."
)
"""What is said where the aid is missing."""


def there(folder: Path = FOLDER) -> bool:
    """Whether the aid's files are here. Loads no torch."""
    return (folder / f"{NAME}.json").is_file()


def outline(xray: Xray, folder: Path = FOLDER) -> LungFields:
    """The lung fields of a film.

    Args:
        xray: the film.
        folder: where the aid is.

    Raises:
        CheckpointError: the aid is missing or cannot be used; the message says what to do.
    """
    return outlines([xray], folder)[0]


def outlines(xrays: Sequence[Xray], folder: Path = FOLDER) -> list[LungFields]:
    """The lung fields of several films, in one batch; as :func:`outline`."""
    if not xrays:
        return []
    square = Preprocessing(size=side(folder)).square
    found = likely(np.stack([square(xray) for xray in xrays]), folder)
    return [fields_of(one, xray.sha256) for one, xray in zip(found, xrays, strict=True)]


def side(folder: Path = FOLDER) -> int:
    """Side of the square that the aid is fed, pixels."""
    return _loaded(folder)[0]


def likely(squares: NDArray[np.float32], folder: Path = FOLDER) -> NDArray[np.float32]:
    """How likely each place is lung, float32 ``[N, S, S]``, of squares ``[N, S, S]`` in 0…1 of the aid's own size."""
    import torch

    _, network = _loaded(folder)
    with torch.inference_mode():
        inputs = torch.from_numpy(squares)[:, None]
        found: NDArray[np.float32] = network(inputs).sigmoid()[:, 0].numpy()
    return found


def fields_of(found: NDArray[np.float32], sha256: str) -> LungFields:
    """The record, from how likely each place is lung, float32 ``[S, S]``."""
    mask = lungs(found)
    just_above = np.float32(CUT + 0.01)
    square = np.where(mask, np.maximum(found, just_above), np.minimum(found, np.float32(CUT))).astype(np.float32)
    square.setflags(write=False)
    return LungFields(square, float(mask.mean()), doubt(mask, found), sha256)


def _loaded(folder: Path) -> tuple[int, nn.Module]:
    settings, network = aids.network(NAME, _build, MISSING, folder)
    return int(settings["size"]), network


def _build(settings: Mapping[str, Any]) -> nn.Module:
    from core.lungs.network import LungNet

    return LungNet(tuple(settings["widths"]))
