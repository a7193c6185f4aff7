"""The end of a run: store the weights, read test and validation films with what was stored, write card and tables."""

from __future__ import annotations

import hashlib
import os
import platform
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.architectures.network import Network
from core.batch import BATCH
from core.checkpoint import Checkpoint, store
from core.classifier import Classifier
from core.dataset import Film, counts, of_split
from core.errors import TrainingError
from core.evaluate import figures, to_csv
from core.evaluate.films import predict
from core.files import write
from core.models import best_device
from core.training.baselines import judged
from core.training.data import Films
from core.training.journal import history_csv
from core.training.order import Order
from core.training.setting import Run
from core.xray import Preprocessing, read_file

_PACKAGES = ("torch", "torchvision", "numpy", "pillow")


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """What training leaves.

    Attributes:
        network: the averaged network, balanced.
        temperature: what its logits are to be divided by.
        history: one row per epoch.
        settled: figures on validation, balanced and calibrated.
        kept: the epoch whose weights these are; ``None``: the last.
    """

    network: Network
    temperature: float
    history: Sequence[Mapping[str, Any]]
    settled: Mapping[str, float]
    kept: int | None


def finish(order: Order, run: Run, trained: Trained, films: Films, doubts: tuple[str, ...]) -> Checkpoint:
    """Store a trained network as a checkpoint.

    Args:
        order: what was asked for.
        run: how it was trained.
        trained: what came of it.
        films: all films used.
        doubts: what in them can mislead.

    Returns:
        The checkpoint.

    Raises:
        TrainingError: it cannot be written.
    """
    table = counts(films.films, order.task)
    facts: dict[str, Any] = {
        "name": order.name,
        "task": order.task.name,
        "architecture": order.architecture.name,
        "classes": order.task.classes,
        "head": order.head,
        "preprocessing": run.preprocessing.to_dict(),
        "temperature": trained.temperature,
        "view": "one crop",
        "parameters": sum(parameter.numel() for parameter in trained.network.parameters()),
        "training": {
            "data": order.task.data,
            "films": table,
            "patients": {split: len({f.patient for f in films.films if f.split == split}) for split in table},
            "fingerprint": run.fingerprint,
            "skipped": len(films.skipped),
            "command": order.command,
            "recipe": order.recipe.to_dict(),
            "init": run.start,
            "teachers": run.teachers,
            "epochs": len(trained.history),
            "seconds": round(sum(row["seconds"] for row in trained.history), 1),
            "hardware": _hardware(),
            "versions": {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}},
            "kept": trained.kept,
            "validation": {key: round(value, 4) for key, value in trained.settled.items()},
        },
        "limits": order.task.limits + _of_drawn_films(order),
        "warnings": doubts,
        "licence": f"Apache-2.0 for the weights; {order.task.licence}",
        "citation": order.task.citation,
        "metrics": {},
        "test_films": 0,
    }
    test_films = of_split(films.films, "test")
    # Figures are of the weights as stored, read back as a user's would be; nobody else sees them without their figures.
    with tempfile.TemporaryDirectory() as draft:
        stored = Classifier(store(Path(draft), trained.network.state_dict(), facts), best_device())
        predictions, _ = predict(stored, test_films)
        validation, _ = predict(stored, of_split(films.films, "val"))
    plainly = _in_full(trained, run.preprocessing, test_films)
    facts |= {
        "metrics": figures(predictions, order.task),
        "test_films": len(predictions),
        "baselines": judged(films, order.task),
        "storage": {
            "largest_change": float(np.abs(plainly - predictions.probabilities).max()),
            "decisions_changed": int((plainly.argmax(1) != predictions.decisions).sum()),
        },
    }
    try:
        _forget_map(replace(stored.checkpoint, folder=order.out))
        checkpoint = store(order.out, trained.network.state_dict(), facts)
        write(checkpoint.predictions, to_csv(predictions).encode())
        write(checkpoint.validation, to_csv(validation).encode())
        write(checkpoint.history, history_csv(trained.history).encode())
    except OSError as error:
        raise TrainingError(
            f"The network cannot be stored in {order.out} ({error.strerror}). Put that right, or give another --out, "
            "and run the command again: all epochs are kept, and none is trained anew."
        ) from error
    return checkpoint


def _forget_map(coming: Checkpoint) -> None:
    """Remove the map of films that a network of this name and other weights had: it shows what those make of them."""
    before = coming.weights.read_bytes() if coming.weights.is_file() else b""
    if hashlib.sha256(before).hexdigest() != coming.card.weights_sha256:
        coming.film_map.unlink(missing_ok=True)


def _of_drawn_films(order: Order) -> tuple[str, ...]:
    """Of which films the test figures are, where that is not plain."""
    if order.recipe.fold is None:
        return ()
    return (f"Test figures are of {order.recipe.fold}: the data have no test split of their own.",)


@torch.no_grad()
def _in_full(trained: Trained, preprocessing: Preprocessing, films: Sequence[Film]) -> NDArray[np.float64]:
    """Probabilities ``[N, K]`` under the 32-bit weights as trained, without any fast path."""
    plain = trained.network.eval().float().to(memory_format=torch.contiguous_format)
    device = next(plain.parameters()).device
    rows = []
    with torch.backends.cudnn.flags(allow_tf32=False):
        for start in range(0, len(films), BATCH):
            xrays = [read_file(film.path) for film in films[start : start + BATCH]]
            images = torch.from_numpy(preprocessing.batch(xrays)).repeat(1, 3, 1, 1).to(device)
            rows.append((plain.head(plain.trunk(images)).double() / trained.temperature).softmax(1).cpu())
    return torch.cat(rows).numpy()


def _hardware() -> str:
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"{os.cpu_count()} CPU cores"
