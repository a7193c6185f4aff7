"""Weights trained elsewhere → a checkpoint that everything here accepts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.architectures import Architecture
from core.checkpoint import Checkpoint, find, folders, require_name, store
from core.classifier import Classifier
from core.errors import CheckpointError
from core.portable import state_dict
from core.portable.fitting import Fitted, fit
from core.portable.names import COUNTER
from core.tasks import Task
from core.xray import Facts, Preprocessing, Xray


@dataclass(frozen=True, slots=True)
class Arrival:
    """What the user wants taken in.

    Attributes:
        weights: the file.
        name: of the checkpoint.
        architecture: which network the weights fill.
        task: its classes.
        preprocessing: what it was fed in training.
        out: folder for the checkpoint.
        command: the command line, for the card.
        head: key in HEADS; found out when ``None``.
        renamed: beginnings of names in the file, and what they are to be called instead.
    """

    weights: Path
    name: str
    architecture: Architecture
    task: Task
    preprocessing: Preprocessing
    out: Path
    command: str
    head: str | None = None
    renamed: Sequence[tuple[str, str]] = ()


def take_in(arrival: Arrival, say: Callable[[str], object]) -> Checkpoint:
    """Store the weights as a checkpoint, after a first reading with them.

    Args:
        arrival: what is taken in.
        say: told which weights of the file are left out.

    Raises:
        CheckpointError: the file is no state dict or does not fit, holds what is no finite floating-point number, or
            the name is taken.
        OSError: a file cannot be read or written.
    """
    _require_free(arrival)
    tensors = state_dict.read(arrival.weights)
    for old, new in arrival.renamed:
        tensors = {
            (new + name.removeprefix(old) if name.startswith(old) else name): value for name, value in tensors.items()
        }
    try:
        fitted = fit(arrival.architecture, tensors, len(arrival.task.classes), arrival.preprocessing.size, arrival.head)
    except ValueError as error:
        raise CheckpointError(f"{error}. Choose another --size.") from error
    _require_numbers(fitted.tensors)
    if fitted.left_out:
        says = f"left out, as no part of {arrival.architecture.title}: {', '.join(fitted.left_out)}."
        say(f"{says} If the network computed with them, its answers here are not those it gave.")
    return _store(arrival, fitted)


def _require_free(arrival: Arrival) -> None:
    require_name(arrival.name)
    places = dict.fromkeys([*folders(), arrival.out.resolve()])
    good, bad = find(*(place for place in places if place.is_dir()))  # a missing one would be reported by its name
    if arrival.name in {*good, *(broken.name for broken in bad)}:
        raise CheckpointError(f"There is a network called {arrival.name} already. Choose another --name.")


def _require_numbers(tensors: Mapping[str, Tensor]) -> None:
    for name, value in tensors.items():
        plain = value.layout == torch.strided and not value.is_quantized and not value.is_meta
        if not plain or not (value.is_floating_point() or name.endswith(COUNTER)):
            raise CheckpointError(
                f"{name} is no plain table of floating-point numbers: it is sparse, quantised, without data, or of "
                "whole or complex numbers. Save the network's own weights, as float32 or float16."
            )
        if not bool(value.float().isfinite().all()):
            raise CheckpointError(f"{name} holds what is no finite number. It cannot be imported.")


def _store(arrival: Arrival, fitted: Fitted) -> Checkpoint:
    """Write the checkpoint, and take it away again if it cannot answer."""
    checkpoint = store(arrival.out, fitted.tensors, _facts(arrival, fitted))
    try:
        grey = np.random.default_rng(0).random((256, 256), dtype=np.float32)
        Classifier(checkpoint).read([Xray(grey, "0" * 64, Facts("noise"))])
    except CheckpointError:
        checkpoint.weights.unlink()
        checkpoint.card_file.unlink()
        raise
    return checkpoint


def _facts(arrival: Arrival, fitted: Fitted) -> dict[str, Any]:
    """The card's fields: what is known, and that the rest is not."""
    without = f" without {', '.join(fitted.left_out)}" if fitted.left_out else ""
    digest = hashlib.sha256(arrival.weights.read_bytes()).hexdigest()
    limits = list(arrival.task.limits)
    if arrival.preprocessing.fit == "crop":
        limits.append("Only the middle of a film is read, as in its training: what lies near the edges is not seen.")
    with torch.device("meta"):
        network = arrival.architecture.build(len(arrival.task.classes), fitted.head, arrival.preprocessing.size)
    return {
        "name": arrival.name,
        "task": arrival.task.name,
        "architecture": arrival.architecture.name,
        "head": fitted.head,
        "classes": arrival.task.classes,
        "preprocessing": arrival.preprocessing.to_dict(),
        "view": "one crop",
        "parameters": sum(fitted.tensors[name].numel() for name, _ in network.named_parameters()),
        "training": {
            "data": "data unknown here: trained elsewhere, then imported",
            "films": {},
            "patients": {},
            "fingerprint": None,
            "skipped": 0,
            "command": arrival.command,
            "recipe": {},
            "init": f"{arrival.weights.name} (sha256 {digest}){without}, rounded to 16 bits",
            "epochs": 0,
            "seconds": 0.0,
            "hardware": "unknown",
            "versions": {"torch": version("torch")},
            "validation": {},
        },
        "metrics": {},
        "test_films": 0,
        "limits": tuple(limits),
        "licence": "unknown: that of whoever trained it",
        "citation": arrival.task.citation,
    }
