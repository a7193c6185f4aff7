"""A run from folder to checkpoint: index, hold out, decode, train, store, evaluate."""

from __future__ import annotations

import csv
import io
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.checkpoint import Checkpoint, named
from core.classifier import Classifier
from core.dataset import counts, fold_of, index
from core.errors import TrainingError
from core.evaluate import Predictions, from_csv, to_csv
from core.evaluate.films import predict
from core.models import best_device
from core.training.balance import balance
from core.training.calibrate import fit_temperature
from core.training.data import Films, decode
from core.training.finish import Trained, finish
from core.training.initial import initialise
from core.training.loop import Run, fit, freeze, logits_of, validate
from core.training.order import Order
from core.training.precision import autocast
from core.training.shifted import validate_shifted
from core.training.splits import split
from core.training.state import keep
from core.xray import Preprocessing


def train(order: Order) -> Path:
    """Train as ordered, and store the checkpoint.

    Returns:
        The checkpoint's weights file.

    Raises:
        DataError: the folder cannot be used.
        TrainingError: a class is empty, training diverged, the disk is full, or the initial weights do not fit.
    """
    # Read with what the finished classifier will read with: one preprocessing for all.
    order, films = _films(order)
    train_set, val_set = films.where("train"), films.where("val")
    of_films = float(train_set.images.mean()) / 255, float(train_set.images.std()) / 255
    mean, std = order.architecture.scaled or of_films
    preprocessing = Preprocessing(size=order.recipe.size, mean=round(mean, 4), std=round(std, 4))
    device = torch.device(best_device())
    torch.manual_seed(order.recipe.seed)
    fresh = order.architecture.build(len(order.task.classes), order.head, order.recipe.size)
    network = initialise(order.architecture, fresh, order.init, _some(train_set, preprocessing), preprocessing)
    freeze(network, order.recipe.freeze)
    started = time.perf_counter()
    run = Run(order.task, order.recipe, preprocessing, films.fingerprint, order.run, device)

    def report(row: dict[str, Any]) -> None:
        say("epoch {epoch}  {size} px  loss {train_loss:.4f}  validation: loss {val_loss:.4f}  "
            "accuracy {val_accuracy:.4f}  merged {val_merged_accuracy:.4f}  {seconds:.0f} s".format(**row))  # fmt: skip

    network, history = fit(network, _taught(order, train_set), val_set, run, report)
    logits = logits_of(network, val_set, run, order.recipe.size)
    moved = balance(network, logits, val_set.labels, order.task, order.recipe.class_power)
    temperature = fit_temperature(logits + moved, val_set.labels, order.task)
    settled = validate((logits + moved) / temperature, val_set, order.task)
    for when, figures in (("before", history[-1]), ("after", settled)):
        say(f"validation {when} balancing and calibration: " + "  ".join(f"{k[4:]} {figures[k]:.4f}" for k in settled))
    settled |= validate_shifted(network, val_set, run, order.task)
    say("validation under shift: " + "  ".join(f"{k[12:]} {v:.4f}" for k, v in settled.items() if "shifted" in k))
    write_history(order.run / "history.csv", history)
    say(f"trained in {time.perf_counter() - started:.0f} s; storing the checkpoint and reading the test split")

    checkpoint = finish(order, run, Trained(network, temperature, [*history[:-1], history[-1] | settled]), films)
    for line in conclusion(checkpoint):
        say(line)
    return checkpoint.weights


def conclusion(checkpoint: Checkpoint) -> list[str]:
    """What the test figures are, and of which films."""
    facts, fold = checkpoint.card.training, fold_of(checkpoint.card.training.recipe)
    tested = f"test split: {fold or 'as the folder has it'}"
    films = [f"  {name:5} {_tally(tally)}  of {facts.patients[name]} patients" for name, tally in facts.films.items()]
    return [tested, *films, f"test accuracy {checkpoint.card.metrics['accuracy']}"]


def write_history(path: Path, history: Sequence[Mapping[str, Any]]) -> None:
    """The history as plain CSV, one row per epoch."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(history[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(history)
    keep(path, text.getvalue().encode())


def say(text: str) -> None:
    """A line on standard error, where progress goes."""
    print(text, file=sys.stderr, flush=True)


def _taught(order: Order, films: Films) -> Films:
    """The films with a teacher's probabilities mixed into what is to be learnt; several teachers' are averaged."""
    if not order.recipe.teacher:
        return films
    said = np.mean([_of_teacher(name.strip(), order, films) for name in order.recipe.teacher.split(",")], axis=0)
    share = order.recipe.teaching
    return replace(films, targets=(1 - share) * films.targets + share * said)


def _of_teacher(name: str, order: Order, films: Films) -> NDArray[np.float32]:
    teacher = named(name, order.out)
    if teacher.card.classes != order.task.classes:
        raise TrainingError(f"The teacher {name} knows other classes. Choose one of '{order.task.name}'.")
    return _said(teacher, films, order.run.parent).probabilities.astype(np.float32)


def _said(teacher: Checkpoint, films: Films, folder: Path) -> Predictions:
    """What the teacher says of every film; kept in ``folder``, for this run's resumption and for other pupils."""
    kept = folder / f"{teacher.name}-{teacher.card.weights_sha256[:12]}-on-{films.fingerprint[:12]}.csv"
    if kept.exists():
        return from_csv(kept)
    say(f"{teacher.name} reads the training films")
    device = best_device()
    with autocast(torch.device(device)):  # labels need no more digits
        said, failed = predict(Classifier(teacher, device), films.films)
    if failed:
        raise TrainingError(f"The teacher could not read {len(failed)} films that were read just now: did they change?")
    keep(kept, to_csv(said).encode())
    return said


def _some(films: Films, preprocessing: Preprocessing, count: int = 64) -> torch.Tensor:
    """Some films as network input, evenly from the whole set: ``[count, 1, S, S]``."""
    picked = films.images[:: max(1, len(films) // count)][:count]
    return torch.stack(
        [torch.from_numpy(preprocessing.apply(image.astype(np.float32) / 255))[None] for image in picked]
    )


def _films(order: Order) -> tuple[Order, Films]:
    """The films, decoded; and the order, with the fold that was drawn where the folder has no splits."""
    rows, fold = split(index(order.data, order.task), order.recipe)
    order = replace(order, recipe=replace(order.recipe, fold=fold))
    say(f"{len(rows)} films of {len({film.patient for film in rows})} patients in {order.data}")
    if fold:
        say(f"The folder has no splits: test films are {fold}")
    films = decode(rows, order.task, Preprocessing().canvas)
    for film in films.skipped:
        say(f"skipped {film.file}: {film.reason}")
    table = counts(films.films, order.task)
    for name, tally in table.items():
        say(f"  {name:5} {_tally(tally)}")
    for name in ("train", "val", "test"):
        for label in order.task.classes:
            if not table.get(name, {}).get(label):
                raise TrainingError(
                    f"Class {label} has no readable film in the {name} split of {order.data}. Add films of it, or "
                    + ("give --fold with fewer folds." if fold else "check the folder names.")
                )
    return order, films


def _tally(films: Mapping[str, int]) -> str:
    return "  ".join(f"{label} {count}" for label, count in films.items())
