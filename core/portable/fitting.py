"""Tensors by any of the usual names → the head they fill, or a sentence that says what does not fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from core.architectures import HEADS, Architecture
from core.errors import CheckpointError
from core.portable import names

_NAMED = 4  # weights named in a message: enough to see the pattern


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """Weights that fit.

    Attributes:
        head: key in HEADS.
        tensors: our name → tensor, all that the network has.
        left_out: names of those that are no part of it.
    """

    head: str
    tensors: Mapping[str, Tensor]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Misfit:
    head: str
    missing: Mapping[str, Tensor]
    unknown: Mapping[str, Tensor]
    reshaped: Mapping[str, tuple[Tensor, Tensor]]

    @property
    def size(self) -> int:
        return len(self.missing) + len(self.unknown) + len(self.reshaped)


def fit(
    architecture: Architecture, tensors: Mapping[str, Tensor], classes: int, size: int, head: str | None = None
) -> Fitted:
    """Find the head that these weights fill. A few that lie beside the network, as those of a loss, are left out.

    Args:
        architecture: the network.
        tensors: its weights, as torchvision calls them or as we do.
        classes: outputs it must have.
        size: side of its input, pixels.
        head: key in HEADS; every one is tried when left out.

    Raises:
        CheckpointError: none fits; the message says what the nearest lacks.
        UnknownNameError: there is no such head.
        ValueError: the input is too small for this architecture.
    """
    used = names.used(tensors)
    misfits = []
    for kind in [HEADS[head]] if head else HEADS.values():
        with torch.device("meta"):  # shapes alone
            wanted = architecture.build(classes, kind.name, size).state_dict()
        found = names.to_ours(architecture, kind.name, used)
        misfit = _compare(kind.name, wanted, found)
        unknown = names.to_theirs(architecture, kind.name, misfit.unknown)
        if len(unknown) == misfit.size and _beside(unknown, names.to_theirs(architecture, kind.name, wanted)):
            counted = {name: found.get(name, torch.zeros((), dtype=torch.int64)) for name in wanted}
            return Fitted(kind.name, counted, tuple(unknown))
        misfits.append(misfit)
    raise CheckpointError(_says(architecture, min(misfits, key=lambda misfit: misfit.size), classes))


def _compare(head: str, wanted: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> _Misfit:
    return _Misfit(
        head,
        {name: value for name, value in wanted.items() if name not in found and not name.endswith(names.COUNTER)},
        {name: value for name, value in found.items() if name not in wanted},
        {
            name: (value, found[name])
            for name, value in wanted.items()
            if name in found and found[name].shape != value.shape
        },
    )


def _beside(unknown: Iterable[str], wanted: Iterable[str]) -> bool:
    """Whether these are few, and lie in no part of the network, as the weights of a loss do."""
    places = {name.split(".")[0] for name in wanted}
    found = [name.split(".")[0] for name in unknown]
    return len(found) <= _NAMED and places.isdisjoint(found)


def _says(architecture: Architecture, misfit: _Misfit, classes: int) -> str:
    published = architecture.torchvision
    head = misfit.head if misfit.head in published else next(iter(published), misfit.head)

    def theirs(parts: Mapping[str, Tensor]) -> str:
        return _listed(f"{n} {list(v.shape)}" for n, v in names.to_theirs(architecture, head, parts).items())

    outputs = {
        len(found) for name, (_, found) in misfit.reshaped.items() if name.startswith("head.") and found.ndim
    } - {classes}
    if not misfit.missing and outputs == {1}:
        return (
            "The network has a single output, as for yes or no by a sigmoid: such a head cannot be imported, because "
            "classes are told apart by a softmax here. Give it two outputs, by training it so, or with zeros as "
            "weights and bias of the first and its own as those of the second: that says the same."
        )
    if misfit.reshaped and not misfit.missing and not misfit.unknown and len(outputs) == 1:
        return (
            f"The network has {outputs.pop()} outputs, the file of class names names {classes}. "
            "Give the file that belongs to it."
        )
    in_head = all(name.startswith("head.") for name in (*misfit.missing, *misfit.reshaped))
    if in_head and misfit.missing and misfit.unknown:
        return (
            f"The trunk fits {architecture.title}, the head does not. Expected: {theirs(misfit.missing)}. In the file: "
            f"{theirs(misfit.unknown)}. If these are the same layers, say so with --rename OLD=NEW (beginnings of "
            "names); another kind of head cannot be imported."
        )
    parts = [
        f"missing: {theirs(misfit.missing)}" if misfit.missing else "",
        f"unknown: {theirs(misfit.unknown)}" if misfit.unknown else "",
        "of another shape: "
        + _listed(
            f"{name} {list(found.shape)} instead of {list(wanted.shape)}"
            for name, (wanted, found) in names.to_theirs(architecture, head, misfit.reshaped).items()
        )
        if misfit.reshaped
        else "",
    ]
    built = ", as torchvision builds it" if published else ""
    return (
        f"The weights do not fit {architecture.title}{built}: {'; '.join(p for p in parts if p)}. "
        "Choose the --arch they were trained for."
    )


def _listed(parts: Iterable[str]) -> str:
    found = list(parts)
    return ", ".join(found[:_NAMED]) + (f" and {len(found) - _NAMED} more" if len(found) > _NAMED else "")
