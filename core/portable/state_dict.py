"""A file of weights trained elsewhere → name → tensor. Nothing in it is run: it is loaded with ``weights_only``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core.errors import CheckpointError

NESTS = ("state_dict", "model_state_dict", "model", "net", "network", "module")
"""Under which keys training programs keep the weights beside optimiser and epoch."""

_WRAPPERS = ("module.", "_orig_mod.", "model.", "net.")
"""What DataParallel, torch.compile and common wrappers put before every name of the network that they hold."""


def read(path: Path) -> dict[str, Tensor]:
    """The weights in a ``.pth``, ``.pt``, ``.bin``, ``.ckpt`` or ``.safetensors`` file.

    Raises:
        CheckpointError: it cannot be read, or holds no state dict.
        OSError: it is not there, or may not be read.
    """
    found = _safetensors(path) if path.suffix == ".safetensors" else _pickled(path)
    tensors = _unwrapped(found)
    if not tensors:
        raise CheckpointError(
            "The file holds no weights under any name we know. Save model.state_dict() and give that."
        )
    return tensors


def _safetensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        return load(path.read_bytes())
    except SafetensorError as error:
        raise CheckpointError("The file is no safetensors file, or only part of one. Copy it again.") from error


def _pickled(path: Path) -> object:
    with path.open("rb") as file:
        try:
            return torch.load(file, map_location="cpu", weights_only=True)  # tensors only: runs no code from the file
        except Exception as error:  # a damaged file breaks torch's readers of ZIP files and pickles in any way there is
            raise CheckpointError(
                "The file is no plain PyTorch state dict: it is broken, or holds a whole pickled model, which could "
                "run code of its own and is not loaded. Save model.state_dict() with torch.save and give that."
            ) from error


def _unwrapped(found: object) -> dict[str, Tensor]:
    """The mapping of names to tensors within what was loaded; empty when there is none."""
    for _ in range(3):  # a Lightning checkpoint in a wrapper is two deep
        if not isinstance(found, Mapping):
            return {}
        nest = next((key for key in NESTS if isinstance(found.get(key), Mapping)), None)
        if nest is None:
            break
        found = found[nest]
    tensors = {str(name): value for name, value in _items(found) if isinstance(value, Tensor)}
    for wrapper in _WRAPPERS * 2:
        bare = {name.removeprefix(wrapper): value for name, value in tensors.items()}
        if len(bare) == len(tensors):  # else there are two networks, with and without the wrapper
            tensors = bare
    return tensors


def _items(found: object) -> list[tuple[Any, Any]]:
    return list(found.items()) if isinstance(found, Mapping) else []
