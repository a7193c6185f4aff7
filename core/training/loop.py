"""The loop: a network, decoded films and a recipe → the network trained. Killed at any moment, it loses one epoch."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor
from tqdm import tqdm

from core.architectures.network import Network
from core.errors import TrainingError
from core.tasks import Task
from core.training import state
from core.training.augment import augment, mixup
from core.training.data import Films
from core.training.precision import autocast
from core.training.recipe import Recipe
from core.xray import Preprocessing

Report = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Run:
    """One training run.

    Attributes:
        task: the classes.
        recipe: how to train.
        preprocessing: what the finished network expects; its mean and deviation are used throughout.
        fingerprint: of the training data; a saved state of other data is refused.
        folder: where the state and history are kept.
        device: where to train.
    """

    task: Task
    recipe: Recipe
    preprocessing: Preprocessing
    fingerprint: str
    folder: Path
    device: torch.device


def fit(network: Network, train: Films, val: Films, run: Run, report: Report) -> tuple[Network, list[dict[str, Any]]]:
    """Train ``network`` in place; resumes where an earlier call on the same folder stopped.

    Args:
        network: freshly initialised.
        train: films to learn from.
        val: films of other patients, to validate on.
        run: recipe, folder and the rest.
        report: called with each epoch's row of history.

    Returns:
        The averaged network, and the history: one row per epoch.

    Raises:
        TrainingError: the loss is no longer a number, the disk is full, or the saved state is of another run.
    """
    recipe = run.recipe
    steps = -(-len(train) // recipe.batch)
    network.to(run.device).to(memory_format=torch.channels_last)
    average = copy.deepcopy(network).requires_grad_(requires_grad=False).eval()
    optimizer = torch.optim.AdamW(_groups(network, recipe.decay), lr=recipe.rate, betas=(0.9, 0.99))
    history = _resume(run, network, average, optimizer)
    targets = torch.from_numpy(train.targets)
    weight = _class_weights(train.labels, len(run.task.classes), recipe.class_power).to(run.device)
    cost = [recipe.size_of(epoch) ** 2 for epoch in range(recipe.epochs)]
    with tqdm(total=sum(cost) * steps, initial=sum(cost[: len(history)]) * steps, **_BAR) as bar:
        for epoch in range(len(history), recipe.epochs):
            started, size = time.perf_counter(), recipe.size_of(epoch)
            rng = Generator().manual_seed(recipe.seed * 10_007 + epoch)
            images = resize(train.images, size)
            total = 0.0
            _train_mode(network, recipe.freeze)
            order = torch.randperm(len(train), generator=rng)
            for step, picked in enumerate(order.split(recipe.batch)):  # type: ignore[no-untyped-call]
                if len(picked) == 1:
                    continue  # batch norm cannot do with one
                augmented = augment(images[picked].float() / 255, rng)
                loss = _loss(network, *mixup(augmented, targets[picked], recipe.mixup, rng), weight, run)
                for group in optimizer.param_groups:
                    group["lr"] = recipe.rate_at((epoch + step / steps) / recipe.epochs)
                optimizer.zero_grad(set_to_none=True)
                loss.backward()  # type: ignore[no-untyped-call]
                torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
                optimizer.step()
                _average(average, network, recipe.ema, len(history) * steps)
                total += float(loss.detach()) * len(picked)
                bar.update(cost[epoch])
            if not np.isfinite(total):
                raise TrainingError("The loss is no longer a number: training diverged. Lower --rate and start again.")
            seconds = time.perf_counter() - started
            history.append(
                {
                    "epoch": epoch + 1,
                    "size": size,
                    "rate": optimizer.param_groups[0]["lr"],
                    "train_loss": total / len(train),
                    **validate(logits_of(average, val, run, size), val, run.task),
                    "seconds": seconds,
                    "images_per_second": len(train) / seconds,
                }
            )
            _save(run, network, average, optimizer, history)
            report(history[-1])
    return average, history


_BAR: dict[str, Any] = {"unit": "px", "unit_scale": True, "desc": "training", "smoothing": 0.02, "mininterval": 2}


def resize(images: NDArray[np.uint8], size: int) -> Tensor:
    """uint8 ``[N, C, C]`` → uint8 ``[N, 1, size, size]``, by the preprocessing that the finished network will have."""
    canvas = images.shape[-1]
    if canvas == size:
        return torch.from_numpy(images)[:, None]
    squash = Preprocessing(canvas=canvas, size=size).squash
    small = np.stack([np.rint(squash(image.astype(np.float32) / 255) * 255).astype(np.uint8) for image in images])
    return torch.from_numpy(small)[:, None]


@torch.no_grad()
def logits_of(network: Network, films: Films, run: Run, size: int, batch: int = 64) -> Tensor:
    """Logits ``[N, K]`` of films under a network in training, at ``size`` pixels a side, on the CPU."""
    outputs = []
    for part in resize(films.images, size).split(batch):  # type: ignore[no-untyped-call]
        with autocast(run.device):
            outputs.append(network.eval()(normalise(part.float() / 255, run).to(run.device)).float().cpu())
    return torch.cat(outputs)


def validate(logits: Tensor, films: Films, task: Task) -> dict[str, float]:
    """Figures to choose by: log loss, accuracy, merged accuracy, and both accuracies with classes weighing alike."""
    probabilities = logits.double().softmax(1).numpy()
    of_truth = -np.log(np.clip(probabilities[np.arange(len(films)), films.labels], 1e-12, None))
    merged = np.array(task.merged_places)
    right = probabilities.argmax(1) == films.labels
    coarse, coarse_right = merged[films.labels], merged[probabilities.argmax(1)] == merged[films.labels]
    return {
        "val_loss": float(of_truth.mean()),
        "val_accuracy": float(right.mean()),
        "val_macro_recall": float(np.mean([right[films.labels == k].mean() for k in np.unique(films.labels)])),
        "val_merged_accuracy": float(coarse_right.mean()),
        "val_merged_macro_recall": float(np.mean([coarse_right[coarse == k].mean() for k in np.unique(coarse)])),
    }


def freeze(network: Network, layers: int) -> None:
    """Keep the first ``layers`` of the trunk as they are: no gradients, no new batch-norm statistics."""
    for layer in list(network.trunk.children())[:layers]:
        layer.requires_grad_(requires_grad=False)


def _train_mode(network: Network, frozen: int) -> None:
    network.train()
    for layer in list(network.trunk.children())[:frozen]:
        layer.eval()


def _loss(network: Network, inputs: Tensor, targets: Tensor, weight: Tensor, run: Run) -> Tensor:
    targets = targets.to(run.device)  # [N, K]
    with autocast(run.device):
        logits = network(normalise(inputs, run).to(run.device))
    each = targets @ weight  # [N]
    soft = targets * (1 - run.recipe.smoothing) + run.recipe.smoothing / targets.shape[1]
    losses: Tensor = -(soft * logits.float().log_softmax(1)).sum(1) * each
    return losses.sum() / each.sum()


def normalise(images: Tensor, run: Run) -> Tensor:
    """Images in 0…1 → what the network is fed."""
    return (images - run.preprocessing.mean) / run.preprocessing.std


def _groups(network: Network, decay: float) -> list[dict[str, Any]]:
    """Weight decay on matrices only: on batch norms and biases it only slows learning."""
    parameters = [p for p in network.parameters() if p.requires_grad]
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]


def _class_weights(labels: NDArray[np.int64], classes: int, power: float) -> Tensor:
    tally = np.maximum(np.bincount(labels, minlength=classes), 1)
    weight = (tally.sum() / tally) ** power
    return torch.tensor(weight / weight.mean(), dtype=torch.float32)


@torch.no_grad()
def _average(average: Network, network: Network, decay: float, steps_done: int) -> None:
    """Exponential moving average of weights and batch-norm statistics, short while there is little to average."""
    keep = min(decay, (1 + steps_done) / (10 + steps_done))
    for slow, fast in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if slow.is_floating_point():
            slow.lerp_(fast, 1 - keep)
        else:
            slow.copy_(fast)


def _save(
    run: Run, network: Network, average: Network, optimizer: torch.optim.Optimizer, history: list[dict[str, Any]]
) -> None:
    tensors = {f"network.{k}": v for k, v in network.state_dict().items()}
    tensors |= {f"average.{k}": v for k, v in average.state_dict().items()}
    facts = {"history": history, "recipe": run.recipe.to_dict(), "fingerprint": run.fingerprint}
    state.save(run.folder, tensors | state.pack(optimizer), facts)


def _resume(run: Run, network: Network, average: Network, optimizer: torch.optim.Optimizer) -> list[dict[str, Any]]:
    saved = state.load(run.folder)
    if saved is None:
        return []
    tensors, facts = saved
    theirs = {"recipe": Recipe().to_dict() | facts.get("recipe", {}), "fingerprint": facts.get("fingerprint")}
    mine = {"recipe": run.recipe.to_dict(), "fingerprint": run.fingerprint}
    differing = [key for key in mine if json.dumps(mine[key]) != json.dumps(theirs[key])]
    if differing:
        raise TrainingError(
            f"{run.folder} holds a run with another {' and '.join(differing)}. "
            "Give another --run folder, or delete this one to start afresh."
        )
    try:
        for prefix, target in (("network.", network), ("average.", average)):
            target.load_state_dict({k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)})
    except RuntimeError as error:
        raise TrainingError(f"{run.folder} holds a run of another network. Give another --run folder.") from error
    state.unpack(optimizer, tensors)
    history: list[dict[str, Any]] = facts["history"]
    return history
