"""Weights on disk: safetensors, held against the sha256 that their card names. Nothing is ever unpickled."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import CheckpointError

if TYPE_CHECKING:
    from torch import Tensor


def packed(tensors: Mapping[str, Tensor]) -> bytes:
    """A network's state dict as a safetensors file; floating-point tensors as float16, others as they are.

    A tensor with numbers beyond 65,504, which float16 cannot hold, stays float32: as a batch norm's variances may be.
    """
    from safetensors.torch import save

    return save({key: _narrowed(value.detach().cpu()).contiguous() for key, value in tensors.items()}, {"format": "pt"})


def _narrowed(value: Tensor) -> Tensor:
    if not value.is_floating_point():
        return value
    half = value.half()
    return half if bool(half.isfinite().all()) else value.float()


def widened(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same with floating-point tensors as float32, which is what networks compute in; others as they are."""
    return {key: value.float() if value.is_floating_point() else value for key, value in tensors.items()}


def unpacked(path: Path, sha256: str) -> dict[str, Tensor]:
    """Name → tensor of a file that :func:`packed` made, after its sha256 was compared with the one given.

    Raises:
        CheckpointError: the file is missing, altered or broken.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    name = path.stem
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"The weights of {name} cannot be read ({error.strerror}). Copy them again.") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise CheckpointError(
            f"The weights of {name} are not those its card describes (sha256 differs): the file is "
            "half-copied or altered. Copy it again."
        )
    try:
        return load(data)
    except SafetensorError as error:
        raise CheckpointError(f"The weights of {name} are no safetensors file. Copy them again.") from error
