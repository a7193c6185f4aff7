"""What a run needs to go on after it was killed: weights, their average, optimiser, history. Nothing pickled."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from core.errors import TrainingError
from core.files import is_full, write


def keep(path: Path, data: bytes) -> None:
    """Store one of a run's files, whole or not at all.

    Raises:
        TrainingError: the disk is full.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, data)
    except OSError as error:
        if is_full(error):
            raise TrainingError(
                f"The disk that holds {path.parent} is full. Free some space and run the same command again: "
                "it goes on from the last finished epoch."
            ) from error
        raise


def save(folder: Path, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """Store one epoch's end. The facts travel inside the weights file, so that the two can never disagree."""
    from safetensors.torch import save as to_bytes

    data = to_bytes({name: tensor.contiguous() for name, tensor in tensors.items()}, {"facts": json.dumps(facts)})
    keep(folder / "state.safetensors", data)


def load(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """The last saved epoch, or ``None`` where there is none.

    Raises:
        TrainingError: there is one and it is broken.
    """
    from safetensors import SafetensorError, safe_open

    path = folder / "state.safetensors"
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, json.loads(file.metadata()["facts"])  # noqa: SIM118 (no mapping)
    except (SafetensorError, KeyError, TypeError, json.JSONDecodeError) as error:
        raise TrainingError(f"The saved state {path} is broken. Delete it to start this run afresh.") from error


def pack(optimizer: Optimizer) -> dict[str, Tensor]:
    """An optimiser's moments as flat tensors: ``optimizer.<parameter>.<moment>``."""
    state = optimizer.state_dict()["state"]
    return {f"optimizer.{i}.{key}": value for i, moments in state.items() for key, value in moments.items()}


def unpack(optimizer: Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Put back what :func:`pack` took."""
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith("optimizer."):
            _, i, key = name.split(".", 2)
            state.setdefault(int(i), {})[key] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
