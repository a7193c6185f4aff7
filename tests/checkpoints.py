"""Checkpoints with random weights, made by code: for tests of what is around a network, not of what it knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from core import records
from core.architectures import ARCHITECTURES
from core.checkpoint import Checkpoint, store
from core.evaluate.figures import figures
from core.evaluate.film_map import Point
from core.evaluate.predictions import Predictions, to_csv
from core.tasks import TASKS

SIZE = 64
"""Side of the networks' input, pixels: small, so that tests are quick."""


def facts(task: str, arch: str, **changed: Any) -> dict[str, Any]:
    """A card's fields, less what :func:`core.checkpoint.store` measures."""
    found = TASKS[task]
    whole: dict[str, Any] = {
        "name": f"{task}-{arch}",
        "task": task,
        "architecture": arch,
        "classes": found.classes,
        "preprocessing": {"canvas": 224, "size": SIZE, "mean": 0.482, "std": 0.236},
        "view": "one crop",
        "parameters": 11_000_000,
        "training": {
            "data": "Random weights, no training (test only)",
            "films": {"train": dict.fromkeys(found.classes, 1200), "test": dict.fromkeys(found.classes, 100)},
            "patients": {"train": 2000, "test": 250},
            "fingerprint": "0" * 64,
            "skipped": 0,
            "command": f"python -m core train --data DIR --task {task} --arch {arch}",
            "recipe": {"batch": 64, "rate": 0.002, "val_share": 0.2, "seed": 0},
            "init": "random",
            "epochs": 1,
            "seconds": 1.0,
            "hardware": "none",
            "versions": {"torch": "2"},
            "validation": {"accuracy": 0.8},
        },
        "metrics": {},
        "test_films": 300,
        "baselines": {
            "border": {name: {"value": 0.96, "low": 0.9, "high": 1.0} for name in ("accuracy", "merged_auroc")}
        },
        "limits": ("Random weights: never use it for anything.",),
        "licence": "Apache-2.0",
        "citation": "none",
    }
    return whole | changed


def predictions(task: str, count: int = 300, seed: int = 0) -> Predictions:
    """Plausible test predictions: about nine of ten right."""
    classes = TASKS[task].classes
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, len(classes), count)
    logits = rng.normal(size=(count, len(classes)))
    logits[np.arange(count), labels] += 2.6
    shares = np.exp(logits)
    names = tuple(f"test/{n}.png" for n in range(count))
    people = tuple(f"p{n // 2}" for n in range(count))
    return Predictions(classes, names, people, labels.astype(np.int64), shares / shares.sum(axis=1, keepdims=True))


def random_checkpoint(folder: Path, task: str = "pneumonia", arch: str = "resnet18", seed: int = 0) -> Checkpoint:
    """A whole checkpoint in ``folder``: weights, card, test and validation predictions."""
    import torch

    checkpoint, files = _made(task, arch, seed)
    torch.manual_seed(seed)  # what follows is the same whether or not this was the first of its kind
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return replace(checkpoint, folder=folder)


@lru_cache(4)
def _made(task: str, arch: str, seed: int) -> tuple[Checkpoint, Mapping[str, bytes]]:
    """The checkpoint, and its files: many tests ask for the same."""
    import torch

    found = predictions(task, seed=seed)
    torch.manual_seed(seed)
    network = ARCHITECTURES[arch].build(len(TASKS[task].classes)).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.Linear):  # positive, so that no class's heatmap is empty
            torch.nn.init.uniform_(module.weight, 0.0, 0.4)
        if isinstance(module, torch.nn.BatchNorm2d):  # a fresh ResNet's blocks do nothing, a trained one's do
            torch.nn.init.ones_(module.weight)
    parameters = sum(weights.numel() for weights in network.parameters())
    metrics = {name: value.model_dump() for name, value in figures(found, TASKS[task], draws=50).items()}
    with TemporaryDirectory() as folder:
        told = facts(task, arch, metrics=metrics, parameters=parameters)
        checkpoint = store(Path(folder), network.state_dict(), told)
        checkpoint.predictions.write_text(to_csv(found), encoding="utf-8")
        checkpoint.validation.write_text(to_csv(predictions(task, seed=seed + 1)), encoding="utf-8")
        return checkpoint, {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def break_weights(checkpoint: Checkpoint) -> None:
    """Alter one byte of the weights: the size fits, the sha256 does not, so only loading finds out."""
    data = bytearray(checkpoint.weights.read_bytes())
    data[-1] ^= 1
    checkpoint.weights.write_bytes(bytes(data))


def write_map(checkpoint: Checkpoint, files: Sequence[str]) -> None:
    """A map of films anywhere."""
    points = np.random.default_rng(2).uniform(-1, 1, (len(files), 2)).tolist()
    checkpoint.film_map.write_text(
        records.to_csv(Point, [Point(file, *xy) for file, xy in zip(files, points, strict=True)])
    )
