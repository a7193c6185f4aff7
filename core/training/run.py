"""A run from folder to checkpoint: index, hold out, decode, train, store, evaluate."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.architectures.network import Network
from core.checkpoint import Checkpoint
from core.classifier import Classifier
from core.dataset import counts, fold_of, has_validation, index, left_out, says_left_out
from core.errors import DivergedError, TrainingError
from core.evaluate import Predictions, from_csv, to_csv
from core.evaluate.films import predict
from core.models import best_device
from core.training.balance import alike, balance
from core.training.best import best_epoch
from core.training.board import Board
from core.training.calibrate import fit_temperature
from core.training.chests import chests
from core.training.claim import claimed
from core.training.data import Films, decode
from core.training.finish import Trained, finish
from core.training.initial import card_of, checkpoint_called, initialise
from core.training.journal import Journal
from core.training.learning import freeze
from core.training.loop import Watch, fit
from core.training.misleading import seen_before, warnings
from core.training.order import Order
from core.training.precision import autocast
from core.training.propensity import weigh
from core.training.resume import Standing, is_over
from core.training.setting import Run
from core.training.shifted import DRAWS, shifted_logits, validate_shifted
from core.training.splits import split
from core.training.state import keep
from core.training.team import Team, device, mine, together
from core.training.validation import logits_of, validate
from core.xray import Preprocessing

_SOUND = 1e4  # logits of a network that learnt something stay far below
_ROUNDED = 1  # test films whose reading storing in 16 bits may change before it is said
_EPOCH = (
    "epoch {epoch}  {size} px  loss {train_loss:.4f}  validation: loss {val_loss:.4f}  "
    "accuracy {val_accuracy:.4f}  {merged}{seconds:.0f} s"
)


def train(order: Order) -> Path:
    """Train as ordered, and store the checkpoint; with others, where ``torchrun`` started several processes.

    Returns:
        The checkpoint's weights file.

    Raises:
        CheckpointError: the checkpoint cannot be called as is asked.
        DataError: the folder cannot be used.
        DivergedError: the loss is no longer a number.
        TrainingError: a class is empty, the disk is full, another training runs in the folder, or the initial weights
            do not fit.
    """
    with (
        together(best_device()) as team,
        claimed(order.run) if team.leads else nullcontext(),
        Journal(order, silent=not team.leads) as journal,
    ):
        return _train(order, team, journal)


def _train(order: Order, team: Team, journal: Journal) -> Path:
    if order.recipe.batch < 2 * team.size:
        raise TrainingError(
            f"A step of {order.recipe.batch} films is too small for {team.size} processes: batch norm needs 2 in each. "
            f"Give --batch {2 * team.size} or more."
        )
    order.make_place()
    teachers = _teachers(order)  # a name that is none is said before any film is read
    start = card_of(order.start)
    sources = [*([start] if start else []), *(teacher.card for teacher in teachers)]
    board = Board(order.run / "tensorboard") if order.tensorboard and team.leads else None
    journal.prepares("decoding the films")
    # Read with what the finished classifier will read with: one preprocessing for all.
    order, films, drawn = _films(order)
    doubts = warnings(films, order.task, order.recipe) + seen_before(sources, films, order.recipe, drawn=drawn)
    for doubt in doubts:
        say(f"warning: {doubt}")
    train_set, val_set = (_located(order, films.where(name)) for name in ("train", "val"))
    if order.recipe.propensity > 1:
        train_set, val_set = weigh(train_set, val_set, order.task, order.recipe.propensity)
    preprocessing = _preprocessing(order, train_set)
    torch.manual_seed(order.recipe.seed)
    fresh = order.architecture.build(len(order.task.classes), order.head, order.recipe.size)
    some = _some(train_set, preprocessing)
    network = initialise(order.architecture, fresh, order.start, some, preprocessing, classes=order.task.classes)
    freeze(network, order.recipe.freeze)
    started = time.perf_counter()
    run = Run(
        order.task,
        order.recipe,
        preprocessing,
        films.fingerprint,
        order.run,
        device(best_device()),
        order.init_says,
        tuple(f"{teacher.name} (sha256 {teacher.card.weights_sha256})" for teacher in teachers),
        team,
        order.architecture.name,
        order.head,
    )
    order.require_own(run)

    def epoch(history: Sequence[dict[str, Any]]) -> None:
        journal.epoch(history)
        if board:
            board.write(history)
        row = history[-1]
        merged = f"merged {row['val_merged_accuracy']:.4f}  " if order.task.coarser else ""
        say(_EPOCH.format(**row, merged=merged))

    def prepares(doing: str) -> None:
        journal.prepares(doing)
        say(doing)

    taught = train_set if is_over(run) else _taught(order, train_set, teachers, team, prepares)
    network, standing = fit(network, taught, val_set, run, Watch(journal.begins, journal.step, epoch))
    if not team.leads:
        return order.out / f"{order.name}.safetensors"
    journal.concludes("storing the network and reading the test films")
    trained = _settle(order, run, network, standing, val_set)
    say(f"trained in {time.perf_counter() - started:.0f} s; storing the checkpoint and reading the test split")
    checkpoint = finish(order, run, trained, films, doubts)
    for line in conclusion(checkpoint):
        say(line)
    return checkpoint.weights


def _preprocessing(order: Order, films: Films) -> Preprocessing:
    """Mean and deviation: as the network was published with, or as the weights it starts from were, or of the films."""
    card = card_of(order.start)
    given = order.architecture.scaled or (order.architecture.fed if order.init == "imagenet" else None)
    if given:
        mean, std = given
    elif card:
        before = Preprocessing.from_dict(card.preprocessing)
        mean, std = before.mean, before.std
    else:
        mean, std = float(films.images.mean()) / 255, float(films.images.std()) / 255
    canvas = films.images.shape[-1]
    return Preprocessing(canvas=canvas, size=order.recipe.size, mean=round(mean, 4), std=round(std, 4))


def _settle(order: Order, run: Run, network: Network, standing: Standing, val_set: Films) -> Trained:
    """Balance and calibrate on validation, and say what that gave."""
    history, recipe = standing.history, order.recipe
    kept = best_epoch(history, recipe) if recipe.keep == "best" else None
    if len(history) < recipe.epochs:
        say(f"stopped early: no better {recipe.judge} in {recipe.patience} epochs")
    if kept:
        say(f"the weights of epoch {kept} are kept: it has the best {recipe.judge}")
    logits = logits_of(network, val_set, run, recipe.size)
    if not bool((logits.abs() < _SOUND).all()):  # nor where a logit is no number
        raise DivergedError(
            "The network's answers are beyond all bounds: training diverged. "
            "Lower --rate and start again with another --run."
        )
    before = validate(logits, val_set, order.task)
    moved = torch.zeros(logits.shape[1])
    shifted = shifted_logits(network, val_set, run)
    if recipe.biases == "balanced":
        # Films as they are and as another machine might have made them weigh alike.
        both = torch.cat([logits] * DRAWS + shifted)
        many = 2 * DRAWS
        weights = alike(val_set, order.task, recipe.class_power)
        moved = balance(network, both, np.tile(val_set.labels, many), np.tile(weights, many))
    temperature = fit_temperature(logits + moved, val_set.labels, order.task)
    settled = validate((logits + moved) / temperature, val_set, order.task)
    for when, figures in (("before", before), ("after", settled)):
        say(f"validation {when} balancing and calibration: " + "  ".join(f"{k[4:]} {figures[k]:.4f}" for k in settled))
    if val_set.counts is not None:
        weighed = validate((logits + moved) / temperature, val_set, order.task, weighed=True)
        settled |= {f"val_weighed_{name[4:]}": value for name, value in weighed.items()}
        say("validation, the frame telling nothing: " + "  ".join(f"{k[4:]} {v:.4f}" for k, v in weighed.items()))
    settled |= validate_shifted([(draw + moved) / temperature for draw in shifted], val_set, order.task)
    say("validation under shift: " + "  ".join(f"{k[12:]} {v:.4f}" for k, v in settled.items() if "shifted" in k))
    return Trained(network, temperature, history, settled, kept)


def conclusion(checkpoint: Checkpoint) -> list[str]:
    """What the test figures are, and of which films; and whether storing the network changed it."""
    facts, fold = checkpoint.card.training, fold_of(checkpoint.card.training.recipe)
    tested = f"test split: {fold or 'as the folder has it'}"
    films = [f"  {name:5} {_tally(tally)}  of {facts.patients[name]} patients" for name, tally in facts.films.items()]
    lines = [tested, *films, f"test accuracy {checkpoint.card.metrics['accuracy']}"]
    storage = checkpoint.card.storage
    if storage and storage.decisions_changed > _ROUNDED:
        lines.append(
            f"warning: stored in 16 bits it reads {storage.decisions_changed} test films otherwise than as trained. "
            "Its weights may be of very different sizes: train it anew, or from others."
        )
    return lines


def say(text: str) -> None:
    """A line on standard error, where progress goes; of several processes the first one alone speaks."""
    if mine().leads:
        print(text, file=sys.stderr, flush=True)


def _taught(
    order: Order, films: Films, teachers: Sequence[Checkpoint], team: Team, tell: Callable[[str], None]
) -> Films:
    """The films with a teacher's probabilities mixed into what is to be learnt; several teachers' are averaged."""
    if not teachers:
        return films
    if not team.leads:
        team.tell(None)  # the first process asks, and what the teachers said is kept for the others
    every = [_said(teacher, films, order.run.parent, tell).probabilities for teacher in teachers]
    said = np.mean(every, axis=0, dtype=np.float32)
    if team.leads:
        team.tell(None)
    share = order.recipe.teaching
    return replace(films, targets=(1 - share) * films.targets + share * said)


def _teachers(order: Order) -> list[Checkpoint]:
    names = order.recipe.teacher.split(",") if order.recipe.teacher else []
    found = [checkpoint_called(name.strip(), order.out) for name in names]
    for teacher in found:
        if teacher.card.classes != order.task.classes:
            raise TrainingError(f"The teacher {teacher.name} knows other classes. Choose one of '{order.task.name}'.")
    return found


def _said(teacher: Checkpoint, films: Films, folder: Path, tell: Callable[[str], None]) -> Predictions:
    """What the teacher says of every film; kept in ``folder``, for this run's resumption and for other pupils."""
    kept = folder / f"{teacher.name}-{teacher.card.weights_sha256[:12]}-on-{films.fingerprint[:12]}.csv"
    if kept.exists():
        return from_csv(kept, teacher.card.classes)
    tell(f"{teacher.name} reads the training films")
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


def _films(order: Order) -> tuple[Order, Films, bool]:
    """The films, decoded; the order, with the fold where one was drawn; and whether validation films were drawn."""
    found = index(order.data, order.task)
    for line in says_left_out(left_out(order.data, order.task), order.task):
        say(line)
    rows, fold = split(found, order.recipe)
    if aside := len(found) - len(rows):
        say(f"set aside: {aside} validation films, for they lack a class; training patients are held out instead")
    order = replace(order, recipe=replace(order.recipe, fold=fold))
    say(f"{len(rows)} films of {len({film.patient for film in rows})} patients in {order.data}")
    if fold:
        say(f"The folder has no splits: test films are {fold}")
    # No film is made smaller than it is learnt from: that would be blown up again.
    canvas = max(Preprocessing().canvas, *(stage.size for stage in order.recipe.stages))
    films = decode(rows, order.task, canvas)
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
    return order, films, not has_validation(found)


def _located(order: Order, films: Films) -> Films:
    """The films with the place of the chest on each, where chests are to be transplanted."""
    return replace(films, chests=chests(films, order.run.parent)) if order.recipe.transplant else films


def _tally(films: Mapping[str, int]) -> str:
    return "  ".join(f"{label} {count}" for label, count in films.items())
