"""Rows of METHODS → what computes them. Dispatch is by the table: a row's family is a module, its name a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

import torch
from torch import Tensor

from core.architectures.network import Network
from core.explain.gradients import gradients, one_by_one
from core.explain.methods import Method


def function(method: Method) -> Callable[..., Any]:
    """Of a fast method: features ``[C, h, w]`` and gradients ``[K, C, h, w]`` → maps ``[K, h, w]``; of a slow one: an
    :class:`~core.explain.asked.Asked` → maps.
    """  # noqa: D205 - one sentence
    found: Callable[..., Any] = getattr(import_module(f"core.explain.{method.family}"), method.name)
    return found


@torch.inference_mode()
def fast(
    network: Network, features: Tensor, methods: Sequence[Method], against: int | None = None, parts: int | None = None
) -> Mapping[str, Tensor]:
    """Raw maps by fast methods, which share the gradients.

    Args:
        network: that gave the features.
        features: ``[C, h, w]``.
        methods: rows of METHODS.
        against: position of the class that the others are explained against, if any.
        parts: of the trunk that the features come after; ``None``: all.

    Returns:
        Method → ``[K, h, w]``, non-negative.
    """
    if parts is None:
        gradient = gradients(network, features, against)
        return {method.name: function(method)(features, gradient) for method in methods}
    maps: dict[str, list[Tensor]] = {method.name: [] for method in methods}
    for one in one_by_one(network, features, parts, against):
        for method in methods:
            maps[method.name].append(function(method)(features, one[None])[0])
    return {name: torch.stack(found) for name, found in maps.items()}
