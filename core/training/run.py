"""A run from folder to checkpoint: index, hold out, decode, train, store, evaluate."""

from __future__ import annotations

import csv
import hashlib
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.architectures import Architecture
from core.checkpoint import named
from core.classifier import Classifier
from core.dataset import Film, counts, fingerprint, hold_out, index, of_split
from core.errors import TrainingError
from core.evaluate.films import predict
from core.tasks import Task
from core.training.data import Films, Skipped, decode
from core.training.initial import initialise
from core.training.loop import Run, fit, freeze
from core.training.recipe import Recipe
from core.training.state import replacing
from core.xray import Preprocessing


@dataclass(frozen=True, slots=True)
class Order:
    """What the user asked for.

    Attributes:
        data: folder of films.
        task: the classes.
        architecture: the network.
        recipe: how to train.
        init: "scratch", "imagenet", or a file of weights.
        out: folder that receives the checkpoint.
        run: folder of the run's state and history.
        command: the command line, for the card.
    """

    data: Path
    task: Task
    architecture: Architecture
    recipe: Recipe
    init: str
    out: Path
    run: Path
    command: str

    @property
    def init_says(self) -> str:
        """What the weights started from, for the card: a file by its name and digest, never by where it lay."""
        path = Path(self.init)
        if not path.is_file():
            return self.init
        return f"{path.name} (sha256 {hashlib.sha256(path.read_bytes()).hexdigest()})"


def train(order: Order) -> Path:
    """Train as ordered, and store the checkpoint.

    Returns:
        The checkpoint's weights file.

    Raises:
        DataError: the folder cannot be used.
        TrainingError: a class is empty, training diverged, the disk is full, or the initial weights do not fit.
    """
    # Read with what the finished classifier will read with: one preprocessing for all.
    films, skipped = _films(order)
    train_set, val_set = films.where("train"), films.where("val")
    mean, std = float(train_set.images.mean()) / 255, float(train_set.images.std()) / 255
    preprocessing = Preprocessing(size=order.recipe.size, mean=round(mean, 4), std=round(std, 4))
    mark = fingerprint((film.file, digest) for film, digest in zip(films.films, films.digests, strict=True))
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(order.recipe.seed)
    network = initialise(order.architecture, len(order.task.classes), order.init, _some(train_set, preprocessing), preprocessing)
    freeze(network, order.recipe.freeze)
    started = time.perf_counter()
    run = Run(order.task, order.recipe, preprocessing, mark, order.run, device)
    history: list[dict[str, Any]] = []

    def report(row: dict[str, Any]) -> None:
        say("epoch {epoch}  {size} px  loss {train_loss:.4f}  validation: loss {val_loss:.4f}  "
            "accuracy {val_accuracy:.4f}  merged {val_merged_accuracy:.4f}  {seconds:.0f} s".format(**row))  # fmt: skip

    network, history = fit(network, train_set, _targets(order, train_set), val_set, run, report)
    write_history(order.run / "history.csv", history)
    say(f"trained in {time.perf_counter() - started:.0f} s; storing the checkpoint and reading the test split")

    from core.training.finish import finish

    return finish(order, network, preprocessing, films, skipped, mark, history)


def write_history(path: Path, history: Sequence[Mapping[str, Any]]) -> None:
    """The history as plain CSV, one row per epoch."""
    with replacing(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(history[0]))
        writer.writeheader()
        writer.writerows(history)


def say(text: str) -> None:
    """A line on standard error, where progress goes."""
    print(text, file=sys.stderr, flush=True)


def _targets(order: Order, films: Films) -> torch.Tensor:
    """The labels as distributions, with a teacher's probabilities mixed in where the recipe names one: ``[N, K]``."""
    truth = torch.eye(len(order.task.classes))[torch.from_numpy(films.labels)]
    if not order.recipe.teacher:
        return truth
    teacher = named(order.recipe.teacher, order.out)
    if teacher.card.classes != order.task.classes:
        raise TrainingError(f"The teacher {teacher.name} knows other classes. Choose one of the task '{order.task.name}'.")
    say(f"{teacher.name} reads the training films")
    said, failed = predict(Classifier(teacher), films.films)
    if failed:
        raise TrainingError(f"The teacher could not read {len(failed)} films that were read a moment ago: did they change?")
    share = order.recipe.teaching
    return (1 - share) * truth + share * torch.from_numpy(said.probabilities).float()


def _some(films: Films, preprocessing: Preprocessing, count: int = 64) -> torch.Tensor:
    """Some films as network input, evenly from the whole set: ``[count, 1, S, S]``."""
    picked = films.images[:: max(1, len(films) // count)][:count]
    return torch.stack([torch.from_numpy(preprocessing.apply(image.astype(np.float32) / 255))[None] for image in picked])


def _films(order: Order) -> tuple[Films, tuple[Skipped, ...]]:
    rows: list[Film] = index(order.data, order.task)
    of_split(rows, "train"), of_split(rows, "test")
    if not any(film.split == "val" for film in rows):
        rows = hold_out(rows, order.recipe.val_share, order.recipe.seed)
    say(f"{len(rows)} films of {len({film.patient for film in rows})} patients in {order.data}")
    films, skipped = decode(rows, order.task, Preprocessing().canvas)
    for film in skipped:
        say(f"skipped {film.file}: {film.reason}")
    table = counts(films.films, order.task)
    for split, tally in table.items():
        say(f"  {split:5} " + "  ".join(f"{label} {n}" for label, n in tally.items()))
    for split in ("train", "val", "test"):
        for label in order.task.classes:
            if not table.get(split, {}).get(label):
                raise TrainingError(
                    f"Class {label} has no readable film in the {split} split of {order.data}. Add films of it, or "
                    "check the folder names."
                )
    return films, skipped
