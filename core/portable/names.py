"""How torchvision calls the weights that we call ``trunk.…`` and ``head.…``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from core.architectures import Architecture

V = TypeVar("V")

UNUSED = ("aux1.", "aux2.")
"""Weights that only helped training: GoogLeNet's auxiliary classifiers."""

COUNTER = "num_batches_tracked"
"""Of batch norms; files of old versions of PyTorch have none, and no reading needs it."""


def to_ours(architecture: Architecture, head: str, tensors: Mapping[str, V]) -> dict[str, V]:
    """Names as torchvision has them → ours. What is ours already, and what nobody knows, stays as it is."""
    if any(name.startswith("trunk.") for name in tensors):
        return dict(tensors)
    pairs = architecture.torchvision.get(head, ())
    return {_swapped(name, [(theirs, ours) for ours, theirs in pairs]): value for name, value in tensors.items()}


def to_theirs(architecture: Architecture, head: str, tensors: Mapping[str, V]) -> dict[str, V]:
    """Our names → torchvision's, where it has a network with this head."""
    pairs = architecture.torchvision.get(head, ())
    return {_swapped(name, pairs): value for name, value in tensors.items()}


def used(tensors: Mapping[str, V]) -> dict[str, V]:
    """Those that readings need."""
    return {name: value for name, value in tensors.items() if not name.startswith(UNUSED)}


def _swapped(name: str, pairs: list[tuple[str, str]] | tuple[tuple[str, str], ...]) -> str:
    for old, new in pairs:
        if name.startswith(old):
            return new + name[len(old) :]
    return name
