"""Several processes that train one network together, as ``torchrun`` starts them: each takes its share of every batch.

All of them hold the same weights, draw the same order of films and take the same steps; what differs is which films of
a batch they look at, and the draws of augmentation for those. Gradients are added up, batch-norm statistics averaged.
The first process alone writes, validates and prints.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import torch
from torch import Generator, Tensor
from torch import distributed as dist

from core.architectures.network import Network

T = TypeVar("T")
_PATIENCE = timedelta(hours=2)  # while the first process validates, reads teachers' labels or the test films


@dataclass(frozen=True, slots=True)
class Team:
    """This process among those that train together.

    Attributes:
        rank: its number, from 0.
        size: how many there are.
    """

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process is the one that writes, validates and prints."""
        return self.rank == 0

    def fits(self, picked: Tensor) -> bool:
        """Whether a batch has two films for each: batch norm cannot do with one."""
        return len(picked) >= 2 * self.size

    def share(self, picked: Tensor) -> Tensor:
        """This process' part of a batch."""
        return picked if self.size == 1 else picked.tensor_split(self.size)[self.rank]

    def draws(self, rng: Generator) -> Generator:
        """Where augmentation is drawn from: another stream in each process, ``rng`` where there is one only."""
        return rng if self.size == 1 else Generator().manual_seed(rng.initial_seed() * 1_009 + self.rank + 1)

    def add(self, values: Tensor) -> Tensor:
        """The sum over all processes."""
        if self.size > 1:
            dist.all_reduce(values)
        return values

    @torch.no_grad()
    def add_gradients(self, network: Network) -> None:
        """Every gradient becomes the sum over all processes."""
        if self.size > 1:
            self._in_one([p.grad for p in network.parameters() if p.grad is not None], 1.0)

    @torch.no_grad()
    def agree(self, network: Network) -> None:
        """Batch-norm statistics become the mean over all processes."""
        if self.size > 1:
            self._in_one([b for b in network.buffers() if b.is_floating_point()], 1 / self.size)

    @torch.no_grad()
    def start_alike(self, network: Network) -> None:
        """All take the first one's weights."""
        if self.size > 1:
            for value in network.state_dict().values():
                dist.broadcast(value, 0)

    def tell(self, what: T) -> T:
        """What the first process has, in all of them."""
        if self.size == 1:
            return what
        box = [what]
        dist.broadcast_object_list(box, 0)
        return box[0]

    def _in_one(self, values: list[Tensor], factor: float) -> None:
        if not values:
            return
        flat = torch.cat([value.flatten() for value in values])
        dist.all_reduce(flat)
        for value, part in zip(values, flat.mul_(factor).split([value.numel() for value in values]), strict=True):  # type: ignore[no-untyped-call]
            value.copy_(part.view_as(value))


ALONE = Team()


def mine() -> Team:
    """This process' place, as ``torchrun`` says it in the environment."""
    return Team(int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1")))


def device(kind: str) -> torch.device:
    """Where this process computes: with several on one machine each has a GPU of its own."""
    place = int(os.environ.get("LOCAL_RANK", "0"))
    return torch.device(kind, place) if kind == "cuda" and mine().size > 1 else torch.device(kind)


@contextmanager
def together(kind: str) -> Iterator[Team]:
    """Join the other processes, if any, and leave them in the end.

    Args:
        kind: "cuda" or "cpu": what they compute on, and so how they talk.
    """
    team = mine()
    if team.size == 1:
        yield ALONE
        return
    if kind == "cuda":
        torch.cuda.set_device(device(kind))
    dist.init_process_group("nccl" if kind == "cuda" else "gloo", timeout=_PATIENCE)
    try:
        yield team
    finally:
        dist.destroy_process_group()
