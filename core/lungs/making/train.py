"""Masks and films → the aid: three rounds, each taught by the one before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.errors import DataError
from core.lungs.making.learn import Lesson, learn
from core.lungs.making.pairs import SQUARE, Pair, divide, mended, pairs
from core.lungs.making.settle import AGREES, dice, settle
from core.lungs.making.teach import look, teach
from core.lungs.network import LungNet
from core.lungs.shape import lungs
from core.xray import Xray

Say = Callable[[str], None]


_RATE: Final = 4e-3
"""Highest learning rate of the first round; of later ones half as high."""

_VAL, _TEST = 6, 20
"""Masked films to choose on and to test on."""

_TAUGHT: Final = 0.5
"""Share of the films of a later round that the network itself has masked."""


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """What came out.

    Attributes:
        network: of the round that was best on validation.
        split: the masked films, by split.
        laid: how many masks of other crops were laid onto their film.
        sure: how many films without a mask were learnt from.
        history: Dice coefficient on validation after each round.
    """

    network: LungNet
    split: Mapping[str, list[Pair]]
    laid: int
    sure: int
    history: tuple[float, ...]


def train(  # noqa: PLR0913, PLR0917 - the films, and how
    masks: Path, films: Path, unmasked: NDArray[np.float32], rounds: Sequence[int], seed: int, say: Say
) -> Trained:
    """Train.

    Args:
        masks: ZIP of masks.
        films: folder of the films they are of.
        unmasked: float32 ``[N, S, S]`` in 0…1, films without a mask; ``N`` may be 0.
        rounds: batches learnt from in each round; the first has aligned masks only.
        seed: of all chance.
        say: told how it goes.

    Raises:
        DataError: there are too few masks.
    """
    split = divide(pairs(masks, films), _VAL, _TEST, seed)
    aligned = [pair for pair in split["train"] if pair.aligned]
    others = [pair for pair in split["train"] if not pair.aligned]
    held = f"{len(split['val'])} to choose on, {len(split['test'])} to test on"
    say(f"masks: {len(aligned)} aligned, {len(others)} of other crops, {held}")
    if not (aligned and split["val"] and split["test"]):
        raise DataError("There are too few masks to train, choose and test on. Give more films that have one.")
    torch.manual_seed(seed)
    network, best, top = LungNet(), LungNet(), -1.0
    more = torch.from_numpy(unmasked)[:, None]
    laid: list[Pair] = []
    sure = np.zeros(len(more), dtype=bool)
    history, taught = [], np.zeros(unmasked.shape, np.float32)
    for number, steps in enumerate(rounds):
        learnt = [*aligned, *laid]
        extra = torch.from_numpy(taught[sure])[:, None]
        inputs = torch.cat([stack(pair.film for pair in learnt), more[torch.from_numpy(sure)]])
        wanted = torch.cat([stack(pair.mask for pair in learnt), extra])
        share = _TAUGHT if len(extra) else 0.0
        shares = torch.tensor([(1 - share) / len(learnt)] * len(learnt) + [share / max(1, len(extra))] * len(extra))
        rate = _RATE if number == 0 else _RATE / 2
        network = learn(network, Lesson(inputs, wanted, shares, steps, rate, seed + number), say)
        found = float(np.mean(judge(network, split["val"])))
        history.append(found)
        say(f"round {number}: Dice on validation {found:.4f}, from {len(learnt)} masks and {len(extra)} taught films")
        if found >= top:
            best, top = network, found
        if number + 1 < len(rounds):
            laid = _lay(network, others)
            taught, sure = teach(network, more) if len(more) else (taught, sure)
            say(f"laid {len(laid)} of {len(others)} masks, sure of {sure.sum()} of {len(more)} films without")
    return Trained(best, split, len(laid), int(sure.sum()), tuple(history))


def stack(squares: Iterable[NDArray[np.float32]]) -> Tensor:
    """Squares → ``[N, 1, S, S]``."""
    return torch.from_numpy(np.stack(list(squares)))[:, None]


def judge(network: LungNet, held: Sequence[Pair]) -> NDArray[np.float64]:
    """Dice coefficient of each film's outline, as the app makes it, with its mask."""
    likely = look(network, stack(pair.film for pair in held))
    return np.array(
        [
            dice(lungs(one).astype(np.float32), (pair.mask > 0.5).astype(np.float32))  # noqa: PLR2004 - mostly lung
            for one, pair in zip(likely, held, strict=True)
        ]
    )


def _lay(network: LungNet, others: Sequence[Pair]) -> list[Pair]:
    if not others:
        return []
    seen = look(network, stack(pair.film for pair in others))
    found = []
    for pair, likely in zip(others, seen, strict=True):
        mask, agrees = settle(pair.mask, lungs(likely).astype(np.float32))
        if agrees >= AGREES:
            found.append(mended(pair, mask))
    return found


def squares(xrays: Iterable[Xray]) -> NDArray[np.float32]:
    """Films as the network gets them, float32 ``[N, S, S]`` in 0…1."""
    size = SQUARE.size
    found = [SQUARE.square(xray) for xray in xrays]
    return np.stack(found) if found else np.empty((0, size, size), np.float32)
