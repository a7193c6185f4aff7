"""Xray → LungFields, by the shipped network: loaded once a process, on the GPU where there is one."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from core.aids import FOLDER, open_aid
from core.errors import CheckpointError
from core.lungs.fields import LungFields
from core.lungs.shape import CUT, doubt, lungs
from core.models import best_device
from core.xray import Preprocessing, Xray

if TYPE_CHECKING:
    import torch

    from core.lungs.network import LungNet

NAME: Final = "lungs"
"""Of the aid's files."""

MISSING: Final = (
    "The lung fields cannot be outlined: the network for it is not here. Copy weights/aids/lungs.safetensors and "
    "lungs.json from the project, or make them: python -m core lungs train."
)
"""What is said where the aid is missing."""

_loading = threading.Lock()


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
    size, _ = _loaded(folder)
    squash = Preprocessing(size=size).squash
    found = likely(np.stack([squash(xray.pixels) for xray in xrays]), folder)
    return [fields_of(one, xray.sha256) for one, xray in zip(found, xrays, strict=True)]


def likely(squares: NDArray[np.float32], folder: Path = FOLDER) -> NDArray[np.float32]:
    """How likely each place is lung, float32 ``[N, S, S]``, of squares ``[N, S, S]`` in 0…1 of the aid's own size."""
    import torch

    _, network = _loaded(folder)
    with torch.inference_mode():
        inputs = torch.from_numpy(squares)[:, None].to(network.out.weight.device)
        found: NDArray[np.float32] = network(inputs).sigmoid()[:, 0].float().cpu().numpy()
    return found


def fields_of(found: NDArray[np.float32], sha256: str) -> LungFields:
    """The record, from how likely each place is lung, float32 ``[S, S]``."""
    mask = lungs(found)
    just_above = np.float32(CUT + 0.01)
    square = np.where(mask, np.maximum(found, just_above), np.minimum(found, np.float32(CUT))).astype(np.float32)
    square.setflags(write=False)
    return LungFields(square, float(mask.mean()), doubt(mask, found), sha256)


def _loaded(folder: Path) -> tuple[int, LungNet]:
    with _loading:  # or two visitors would load it twice
        return _load(folder)


@cache
def _load(folder: Path) -> tuple[int, LungNet]:
    from core.lungs.network import LungNet

    aid = open_aid(NAME, folder)
    if aid is None:
        raise CheckpointError(MISSING)
    try:
        network = LungNet(tuple(aid.card.settings["widths"]))
        network.load_state_dict(_single(aid.tensors()))
        size = int(aid.card.settings["size"])
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(
            "The weights of lungs do not fit their card: copy lungs.safetensors and lungs.json from the same place."
        ) from error
    network.eval().requires_grad_(requires_grad=False)
    return size, network.to(best_device())


def _single(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: value.float() if value.is_floating_point() else value for name, value in tensors.items()}
