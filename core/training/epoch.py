"""One pass over the training films."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor
from torch.optim import Optimizer

from core.architectures.network import Network
from core.errors import DivergedError
from core.training.augment import augment, mixup
from core.training.images import Sized, normalise
from core.training.learning import follow, train_mode
from core.training.precision import autocast
from core.training.setting import Run


@dataclass(frozen=True, slots=True, eq=False)
class Pupil:
    """What learns.

    Attributes:
        network: as the steps leave it.
        average: of its weights over the last steps; what is validated and kept.
        optimizer: takes the steps.
    """

    network: Network
    average: Network
    optimizer: Optimizer


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """What is learnt from.

    Attributes:
        images: the training films.
        targets: what to say of them, distributions over the classes, float32 ``[N, K]``.
        weight: of the classes in the loss, ``[K]``.
        chests: where the chest is on each film, ``[N, 4]``, if chests are to be transplanted.
        counts: for how much each film counts in the loss, ``[N]``; ``None``: all alike.
    """

    images: Sized
    targets: Tensor
    weight: Tensor
    chests: Tensor | None = None
    counts: Tensor | None = None

    def __len__(self) -> int:
        return len(self.targets)

    def steps(self, batch: int) -> int:
        """How many steps one pass takes."""
        return -(-len(self) // batch)


def one_epoch(pupil: Pupil, lesson: Lesson, run: Run, epoch: int, tick: Callable[[int], None]) -> dict[str, Any]:
    """Take one pass.

    Args:
        pupil: altered in place.
        lesson: what is learnt from.
        run: how.
        epoch: its number, from 0; with the recipe's seed it decides everything random.
        tick: told how many steps are done, after each.

    Returns:
        The first columns of a row of history.

    Raises:
        DivergedError: the loss is no longer a number.
    """
    recipe, team, started = run.recipe, run.team, time.perf_counter()
    steps = lesson.steps(recipe.batch)
    size = recipe.size_of(epoch)
    rng = Generator().manual_seed(recipe.seed * 10_007 + epoch)
    torch.manual_seed(rng.initial_seed() * 1_009 + team.rank)  # for dropout: masks of its own in each process
    images = lesson.images.at(size)
    order = torch.randperm(len(lesson), generator=rng)
    draws = team.draws(rng)
    total = torch.zeros(3, dtype=torch.float64)  # loss, films read right, films read
    train_mode(pupil.network, recipe.freeze)
    rate = 0.0
    for step, picked in enumerate(order.split(recipe.batch)):  # type: ignore[no-untyped-call]
        if not team.fits(picked):
            continue
        mine = team.share(picked)
        films = images[mine].to(run.device).float() / 255
        where = None if lesson.chests is None else lesson.chests[mine]
        films = augment(films, draws, where, recipe.transplant, recipe.augmentation)
        inputs, targets = mixup(films, lesson.targets[mine], recipe.mixup, draws)
        each = targets @ lesson.weight
        if lesson.counts is not None:
            each *= lesson.counts[mine]
        loss, right = _loss(pupil.network, inputs, targets, each, run)
        rate = recipe.rate_at((epoch + step / steps) / recipe.epochs)
        for group in pupil.optimizer.param_groups:
            group["lr"] = rate * group["factor"]
        pupil.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        team.add_gradients(pupil.network)
        torch.nn.utils.clip_grad_norm_(pupil.network.parameters(), 5.0)
        pupil.optimizer.step()
        team.agree(pupil.network)
        follow(pupil.average, pupil.network, recipe.ema, epoch * steps)
        total += torch.tensor([float(loss.detach()) * len(picked), right, len(mine)], dtype=torch.float64)
        tick(step + 1)
    whole = team.add(total.to(run.device if run.device.type == "cuda" and team.size > 1 else "cpu")).cpu()
    if not bool(whole.isfinite().all()):
        raise DivergedError(
            "The loss is no longer a number: training diverged. Lower --rate and start again with another --run."
        )
    seconds = time.perf_counter() - started
    read = max(1, int(whole[2]))  # but for those of a last batch that was too small
    return {
        "epoch": epoch + 1,
        "size": size,
        "rate": rate,
        "train_loss": float(whole[0]) / read,
        "train_accuracy": float(whole[1]) / read,
        "seconds": seconds,
        "images_per_second": read / seconds,
    }


def _loss(network: Network, inputs: Tensor, targets: Tensor, each: Tensor, run: Run) -> tuple[Tensor, int]:
    """This process' part of the mean loss of the batch, and how many films it read right."""
    targets, each = targets.to(run.device), each.to(run.device)  # [N, K], [N]
    with autocast(run.device):
        logits = network(normalise(inputs, run))
    soft = targets * (1 - run.recipe.smoothing) + run.recipe.smoothing / targets.shape[1]
    losses: Tensor = -(soft * logits.float().log_softmax(1)).sum(1) * each
    right = int((logits.argmax(1) == targets.argmax(1)).sum())
    return losses.sum() / run.team.add(each.sum()), right
