"""Aids: small networks and statistics that serve a reading, and read nothing themselves.

Which way up a film lies, where its lungs are, how far it is from the films a network was trained on.

``weights/aids/<name>.safetensors`` (16 bits) + ``.json`` card, side by side. They stand apart from checkpoints, so that
no picker offers them. Cards can be read without loading torch.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, ValidationError

from core.checkpoint import SHIPPED, Interval
from core.errors import CheckpointError
from core.files import write
from core.schema import Name, Sha256, Strict, problem, to_json
from core.tensors import packed, unpacked, widened

if TYPE_CHECKING:
    from torch import Tensor, nn

FOLDER = SHIPPED / "aids"
"""Where those of this project lie."""


class AidCard(Strict):
    """What is known of an aid: the JSON beside its weights.

    Attributes:
        version: of this schema.
        name: of its files, less their endings.
        purpose: what it answers, in one line for people.
        settings: numbers it works with, such as the side of its input and its thresholds.
        data: what it was made from, by name and reference.
        films: split → number of films.
        command: the command line that made it; anyone can run it again.
        metrics: name → figure with its 95 % interval, on films kept out of its making.
        measured: figures without an interval, such as counts, by name.
        limits: what it must not be used for, and known failures.
        licence: of the weights.
        citation: whom to cite for data and method.
        weights_sha256: of the ``.safetensors`` file.
    """

    version: Literal[1] = 1
    name: Name
    purpose: str
    settings: dict[str, Any] = Field(default_factory=dict)
    data: str
    films: dict[str, int]
    command: str
    metrics: dict[str, Interval] = Field(default_factory=dict)
    measured: dict[str, float] = Field(default_factory=dict)
    limits: tuple[str, ...]
    licence: str
    citation: str
    weights_sha256: Sha256


@dataclass(frozen=True, slots=True)
class Aid:
    """A card and where its weights lie.

    Attributes:
        card: what is known of it.
        folder: where its two files are.
    """

    card: AidCard
    folder: Path

    @property
    def weights(self) -> Path:
        """The safetensors file."""
        return self.folder / f"{self.card.name}.safetensors"

    def tensors(self) -> dict[str, Tensor]:
        """Name → float16 tensor.

        Raises:
            CheckpointError: the file is missing, altered or broken.
        """
        return unpacked(self.weights, self.card.weights_sha256)


def open_aid(name: str, folder: Path = FOLDER) -> Aid | None:
    """The aid called ``name``; ``None`` where there is none: whoever asks then does without it, and says so.

    Raises:
        CheckpointError: its card cannot be read or does not fit the schema.
    """
    path = folder / f"{name}.json"
    if not path.is_file():
        return None
    try:
        card = AidCard.model_validate_json(path.read_bytes())
    except OSError as error:
        raise CheckpointError(f"The card of {name} cannot be read ({error.strerror}).") from error
    except ValidationError as error:
        raise CheckpointError(f"The card of {name} does not fit the schema: {problem(error)}.") from error
    if card.name != name:
        raise CheckpointError(f"The card is of '{card.name}': files and card must be named alike.")
    return Aid(card, folder)


def store_aid(folder: Path, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> Aid:
    """Write weights (16 bits), then the card.

    Args:
        folder: created if need be.
        tensors: a network's state dict, or statistics by name.
        facts: the card's fields, less the sha256, which is measured here.

    Raises:
        CheckpointError: the facts do not fit the schema.
    """
    data = packed(tensors)
    try:
        card = AidCard(**facts, weights_sha256=hashlib.sha256(data).hexdigest())
    except ValidationError as error:
        raise CheckpointError(f"The card's facts do not fit the schema: {problem(error)}.") from error
    folder.mkdir(parents=True, exist_ok=True)
    aid = Aid(card, folder)
    write(aid.weights, data)
    write(folder / f"{card.name}.json", to_json(card))
    return aid


_loading = threading.Lock()


def network(
    name: str, build: Callable[[Mapping[str, Any]], nn.Module], missing: str, folder: Path = FOLDER
) -> tuple[Mapping[str, Any], nn.Module]:
    """The network of an aid, loaded once a process; and the settings on its card.

    On the CPU: it takes milliseconds there, and where a GPU's memory is full, the guard must still see.

    Args:
        name: of the aid.
        build: its network with random weights, from the settings.
        missing: what is said where its files are not there.
        folder: where they are.

    Raises:
        CheckpointError: the aid is missing or cannot be used.
    """
    with _loading:  # or two visitors would load it twice
        return _network(name, build, missing, folder)


@cache
def _network(
    name: str, build: Callable[[Mapping[str, Any]], nn.Module], missing: str, folder: Path
) -> tuple[Mapping[str, Any], nn.Module]:
    import torch

    from core.architectures.folded import folded

    aid = open_aid(name, folder)
    if aid is None:
        raise CheckpointError(missing)
    tensors = widened(aid.tensors())
    try:
        built = build(aid.card.settings)
        built.load_state_dict(tensors)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(
            f"The weights of {name} do not fit their card: copy {name}.safetensors and {name}.json from the same place."
        ) from error
    return aid.card.settings, folded(built.eval()).to(memory_format=torch.channels_last)
