"""The loop: AdamW, one cycle of the learning rate, a running mean of the weights."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from core.lungs.making.vary import vary
from core.lungs.network import LungNet

BATCH = 16
DECAY = 0.99  # of the running mean of weights
_SMOOTH = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """What is learnt, and how long.

    Attributes:
        films: float32 ``[N, 1, S, S]`` in 0…1.
        masks: float32 ``[N, 1, S, S]`` in 0…1, soft where the mask is unsure.
        shares: float32 ``[N]``: how often each film is drawn, in any unit.
        steps: batches to learn from.
        rate: highest learning rate.
        seed: of all chance.
    """

    films: Tensor
    masks: Tensor
    shares: Tensor
    steps: int
    rate: float
    seed: int


def learn(network: LungNet, lesson: Lesson, say: Callable[[str], None]) -> LungNet:
    """Train a copy of the network.

    Args:
        network: where it starts.
        lesson: what from.
        say: told how it goes.

    Returns:
        The running mean of the weights, ready to use.
    """
    steps = lesson.steps
    torch.manual_seed(lesson.seed)
    rng = Generator().manual_seed(lesson.seed)
    network = copy.deepcopy(network).train().to(memory_format=torch.channels_last)
    mean = copy.deepcopy(network)
    optimiser = torch.optim.AdamW(network.parameters(), lr=lesson.rate, weight_decay=1e-4)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimiser, lesson.rate, total_steps=steps, pct_start=0.2)
    running = 0.0
    for step in range(1, steps + 1):
        drawn = torch.multinomial(lesson.shares, BATCH, replacement=True, generator=rng)
        inputs, wanted = vary(lesson.films[drawn], lesson.masks[drawn], rng)
        loss = _loss(network(inputs), wanted)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        cycle.step()
        _follow(mean, network, min(DECAY, step / (step + 10)))
        running += (loss.item() - running) / min(step, 50)
        if step % 50 == 0 or step == steps:
            say(f"step {step}/{steps}  loss {running:.4f}")
    return mean.eval()


def _loss(logits: Tensor, masks: Tensor) -> Tensor:
    """Cross-entropy plus one less the soft Dice coefficient (Milletari et al. 2016, arXiv:1606.04797)."""
    likely = logits.sigmoid()
    both = (likely * masks).sum(dim=(1, 2, 3))
    total = likely.sum(dim=(1, 2, 3)) + masks.sum(dim=(1, 2, 3))
    dice = 1 - (2 * both + _SMOOTH) / (total + _SMOOTH)
    return functional.binary_cross_entropy_with_logits(logits, masks) + dice.mean()


@torch.no_grad()
def _follow(mean: LungNet, network: LungNet, decay: float) -> None:
    for kept, now in zip(mean.state_dict().values(), network.state_dict().values(), strict=True):
        if kept.is_floating_point():
            kept.lerp_(now, 1 - decay)
        else:
            kept.copy_(now)
