"""A run from folder to checkpoint: index, hold out, decode, train, store, evaluate."""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from core.architectures import Architecture
from core.architectures.network import Network
from core.dataset import Film, counts, fingerprint, hold_out, index, of_split
from core.errors import TrainingError
from core.tasks import Task
from core.training.data import Films, Skipped, decode
from core.training.loop import Run, fit
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
    network = initialise(order.architecture, len(order.task.classes), order.init)
    started = time.perf_counter()
    run = Run(order.task, order.recipe, preprocessing, mark, order.run, device)
    history: list[dict[str, Any]] = []

    def report(row: dict[str, Any]) -> None:
        say("epoch {epoch}  {size} px  loss {train_loss:.4f}  validation: loss {val_loss:.4f}  "
            "accuracy {val_accuracy:.4f}  merged {val_merged_accuracy:.4f}  {seconds:.0f} s".format(**row))  # fmt: skip

    network, history = fit(network, train_set, val_set, run, report)
    write_history(order.run / "history.csv", history)
    say(f"trained in {time.perf_counter() - started:.0f} s; storing the checkpoint and reading the test split")

    from core.training.finish import finish

    return finish(order, network, preprocessing, films, skipped, mark, history)


def initialise(architecture: Architecture, classes: int, init: str) -> Network:
    """A network with its initial weights.

    Args:
        architecture: which.
        classes: outputs of the head.
        init: "scratch"; "imagenet" (torchvision's weights, for the trunk, through torchvision's own cache); or the path
            of a ``.safetensors`` file of this architecture, whose head is kept only if it has as many classes.

    Raises:
        TrainingError: the weights cannot be had or do not fit.
    """
    network = architecture.build(classes)
    if init == "scratch":
        return network
    if init == "imagenet":
        try:
            network.trunk.load_state_dict(architecture.pretrained().state_dict())
        except (OSError, RuntimeError) as error:
            raise TrainingError(
                f"ImageNet weights of {architecture.title} could not be had ({error}). Connect to the network once, or "
                "put torchvision's file into its cache (TORCH_HOME/hub/checkpoints), or use --init scratch."
            ) from error
        return network
    return _from_file(network, Path(init), architecture)


def _from_file(network: Network, path: Path, architecture: Architecture) -> Network:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise TrainingError(f"{path} is no readable safetensors file ({error}).") from error
    own = network.state_dict()
    if all(k in own and own[k].shape == v.shape for k, v in tensors.items()) and len(tensors) == len(own):
        network.load_state_dict(tensors)
        return network
    trunk = {k.removeprefix("trunk."): v for k, v in tensors.items() if k.startswith("trunk.")}
    try:
        network.trunk.load_state_dict(trunk)
    except RuntimeError as error:
        raise TrainingError(f"{path} does not fit {architecture.title}: give weights of the same architecture.") from error
    say("the head of the initial weights has other classes: it starts afresh")
    return network


def write_history(path: Path, history: Sequence[Mapping[str, Any]]) -> None:
    """The history as plain CSV, one row per epoch."""
    with replacing(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(history[0]))
        writer.writeheader()
        writer.writerows(history)


def say(text: str) -> None:
    """A line on standard error, where progress goes."""
    print(text, file=sys.stderr, flush=True)


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
