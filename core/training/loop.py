"""The loop: a network, decoded films and a recipe → the network trained. Killed at any moment, it loses one epoch."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from tqdm import tqdm

from core.architectures.network import Network
from core.evaluate.matrix import confusion
from core.training.best import has_enough
from core.training.data import Films
from core.training.epoch import Lesson, Pupil, one_epoch
from core.training.images import Sized
from core.training.learning import class_weights, groups
from core.training.recipe import Recipe
from core.training.resume import Standing, resume, save
from core.training.setting import Run
from core.training.validation import logits_of, validate

_BAR: dict[str, Any] = {"unit": "px", "unit_scale": True, "desc": "training", "smoothing": 0.02, "mininterval": 2}


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told how a run comes along.

    Attributes:
        begins: the rows of epochs that an earlier run has done; before the first step.
        step: finished epochs, share of the current one (0…1), seconds left if that can be told; after every step.
        epoch: all rows of history; after every epoch.
    """

    begins: Callable[[Sequence[dict[str, Any]]], None]
    step: Callable[[int, float, float | None], None]
    epoch: Callable[[Sequence[dict[str, Any]]], None]


def fit(network: Network, train: Films, val: Films, run: Run, watch: Watch) -> tuple[Network, Standing]:
    """Train ``network`` in place; resumes where an earlier call on the same folder stopped.

    Args:
        network: freshly initialised.
        train: films to learn from.
        val: films of other patients, to validate on.
        run: recipe, folder and the rest.
        watch: told how it comes along.

    Returns:
        The averaged network, of the last or the best epoch as the recipe says, and how the run stands.

    Raises:
        DivergedError: the loss is no longer a number.
        TrainingError: the disk is full, or the saved state is of another run.
    """
    recipe, team = run.recipe, run.team
    network.to(run.device).to(memory_format=torch.channels_last)
    team.start_alike(network)
    average = copy.deepcopy(network).requires_grad_(requires_grad=False).eval()
    optimizer = torch.optim.AdamW(groups(network, recipe), lr=recipe.rate, betas=(0.9, 0.99))
    pupil = Pupil(network, average, optimizer)
    weight = class_weights(train.labels, len(run.task.classes), recipe.class_power)
    chests = None if train.chests is None else torch.from_numpy(train.chests)
    counts = None if train.counts is None else torch.from_numpy(train.counts)
    lesson = Lesson(Sized(train.images), torch.from_numpy(train.targets), weight, chests, counts)
    exam = Sized(val.images)
    standing = team.tell(resume(run, pupil))  # the others wait here until it has been read
    watch.begins(standing.history)
    pace = Pace(recipe, lesson.steps(recipe.batch), len(standing.history))
    with tqdm(total=pace.total, initial=pace.done, disable=not team.leads, **_BAR) as bar:
        for epoch in range(len(standing.history), recipe.epochs):
            if has_enough(standing.history, recipe):
                break

            def tick(steps: int, epoch: int = epoch) -> None:
                bar.update(pace.reach(epoch, steps) - bar.n)
                watch.step(epoch, steps / pace.steps, pace.left())

            row = one_epoch(pupil, lesson, run, epoch, tick)
            if team.leads:
                logits = logits_of(average, exam.at(row["size"]), run, row["size"])
                table = confusion(val.labels, logits.argmax(1).numpy(), logits.shape[1])
                row |= validate(logits, val, run.task) | {"confusion": table.tolist()}
            standing.note(team.tell(row), pupil, recipe)
            if team.leads:
                save(run, pupil, standing)
            watch.epoch(standing.history)
    if standing.best:
        average.load_state_dict(standing.best)
    return average, standing


class Pace:
    """How fast a run is, in pixels of a film's side squared and steps: a large film takes longer than a small one.

    Args:
        recipe: how many epochs, at which sizes.
        steps: of an epoch.
        before: epochs that are done already.
    """

    def __init__(self, recipe: Recipe, steps: int, before: int) -> None:
        self.steps = steps
        self._cost = [recipe.size_of(epoch) ** 2 for epoch in range(recipe.epochs)]
        self.total = sum(self._cost) * steps
        self._before = self.done = sum(self._cost[:before]) * steps
        self._started = time.perf_counter()

    def reach(self, epoch: int, steps: int) -> int:
        """So many steps of ``epoch`` are done; returns what is done in all."""
        self.done = sum(self._cost[:epoch]) * self.steps + self._cost[epoch] * steps
        return self.done

    def left(self) -> float | None:
        """Seconds until the last epoch's end, at the pace so far; ``None`` before there is any."""
        done = self.done - self._before
        return (self.total - self.done) * (time.perf_counter() - self._started) / done if done else None
