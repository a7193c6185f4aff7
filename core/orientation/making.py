"""Films → the network that sees how they lie. Labels are free: films are turned, mirrored and inverted on purpose."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor, nn
from torch.nn import functional

from core.orientation.network import SIZE, TURNS, OrientationNet
from core.orientation.posture import LIKELY, Posture, of_squares
from core.training.learning import follow

STORED: Final = 112
"""Side of the squares films are kept as, pixels: larger than what is fed, so that parts can be cut out."""

BATCH: Final = 64
_RATE: Final = 4e-3
_DECAY: Final = 0.995  # of the running mean of weights
_HINT: Final = 0.3  # what the side of the heart counts in the loss
_TILT: Final = 0.2  # radians, the most that a film of an upright child is tilted by
_PATCHES: Final = 2
_AT_ONCE: Final = 128  # films asked about


@dataclass(frozen=True, slots=True)
class State:
    """How a film was laid on purpose.

    Attributes:
        turns: quarter turns, counter-clockwise, after mirroring.
        mirrored: whether left and right were swapped.
        inverted: whether bright and dark were swapped.
    """

    turns: int
    mirrored: bool
    inverted: bool


STATES: Final = tuple(
    State(turns, mirrored, inverted)
    for turns in range(TURNS)
    for mirrored in (False, True)
    for inverted in (False, True)
)
"""All sixteen. Mirrored top to bottom is mirrored and turned by two quarters."""


def lay(films: Tensor, state: State) -> Tensor:
    """Films ``[N, 1, S, S]`` in 0…1, laid as the state says."""
    films = films.flip(3) if state.mirrored else films
    return (1 - films if state.inverted else films).rot90(state.turns, (2, 3))


def learn(films: NDArray[np.uint8], steps: int, seed: int, say: Callable[[str], None]) -> OrientationNet:
    """Train the network.

    Args:
        films: upright films squeezed to squares, uint8 ``[N, 112, 112]``.
        steps: batches to learn from.
        seed: of all chance.
        say: told how it goes.

    Returns:
        The running mean of its weights, ready to use.
    """
    torch.manual_seed(seed)
    rng = Generator().manual_seed(seed)
    network = OrientationNet().train()
    mean = copy.deepcopy(network)
    optimiser = torch.optim.AdamW(network.parameters(), lr=_RATE, weight_decay=1e-3)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=steps, pct_start=0.2)
    stored = torch.from_numpy(films)[:, None]
    running = 0.0
    for step in range(1, steps + 1):
        drawn = torch.randint(len(stored), (BATCH,), generator=rng)
        inputs, labels = _laid(vary(stored[drawn].float() / 255, rng), rng)
        loss = _loss(network(inputs)[0], labels)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        cycle.step()
        follow(mean, network, _DECAY, step)
        running += (loss.item() - running) / min(step, 50)
        if step % 100 == 0 or step == steps:
            say(f"step {step}/{steps}  loss {running:.4f}")
    return mean.eval()


def vary(films: Tensor, rng: Generator) -> Tensor:
    """Upright films as they come: tilted, nearer or farther, off the middle, brighter, grainy, with covered patches.

    Args:
        films: float32 ``[N, 1, S, S]`` in 0…1.
        rng: of all chance.

    Returns:
        float32 ``[N, 1, 96, 96]`` in 0…1.
    """
    count = len(films)

    def draw(low: float, high: float) -> Tensor:
        return torch.empty(count).uniform_(low, high, generator=rng)

    tilt, tall, wide = draw(-_TILT, _TILT), draw(0.7, 1.15), draw(0.7, 1.15)
    rows = [tilt.cos() * wide, -tilt.sin() * tall, draw(-0.12, 0.12), tilt.sin() * wide, tilt.cos() * tall]
    theta = torch.stack([*rows, draw(-0.12, 0.12)], dim=1).view(count, 2, 3)
    grid = functional.affine_grid(theta, [count, 1, SIZE, SIZE], align_corners=False)
    seen = functional.grid_sample(films, grid, align_corners=False).clamp(0, 1)
    seen = seen ** draw(-0.7, 0.7).exp().view(-1, 1, 1, 1)
    seen = seen + draw(0, 0.06).view(-1, 1, 1, 1) * torch.randn(seen.shape, generator=rng)
    for _ in range(_PATCHES):  # markers and letters would tell too easily how a film lies
        top, left = (torch.randint(SIZE, (2, count), generator=rng)).tolist()
        for place in range(count):
            side = int(torch.randint(8, 28, (1,), generator=rng))
            seen[place, :, top[place] : top[place] + side, left[place] : left[place] + side] = seen[place].mean()
    return seen.clamp(0, 1)


def laid(network: nn.Module, squares: NDArray[np.float32]) -> dict[State, list[Posture]]:
    """What the network says of films laid in each of the sixteen ways.

    Args:
        network: trained.
        squares: upright films squeezed to squares, float32 ``[N, 96, 96]`` in 0…1.
    """
    found: dict[State, list[Posture]] = {}
    upright = torch.from_numpy(squares)[:, None]
    for state in STATES:
        films = lay(upright, state)[:, 0].contiguous().numpy()
        found[state] = [
            posture
            for start in range(0, len(films), _AT_ONCE)
            for posture in of_squares(network, films[start : start + _AT_ONCE])
        ]
    return found


def right(found: Sequence[Posture], state: State) -> NDArray[np.bool_]:
    """Which films' turn and polarity were seen as they are, bool ``[N]``."""
    return np.array([p.turn == 90 * state.turns and (p.inverted >= LIKELY) == state.inverted for p in found])


def _laid(films: Tensor, rng: Generator) -> tuple[Tensor, Tensor]:
    """Each film in a state drawn by chance; labels int64 ``[N, 3]``: turns, mirrored, inverted."""
    drawn = torch.randint(len(STATES), (len(films),), generator=rng)
    out, labels = torch.empty_like(films), torch.empty(len(films), 3, dtype=torch.int64)
    for number, state in enumerate(STATES):
        here = drawn == number
        out[here] = lay(films[here], state)
        labels[here] = torch.tensor([state.turns, state.mirrored, state.inverted], dtype=torch.int64)
    return out, labels


def _loss(logits: Tensor, labels: Tensor) -> Tensor:
    sides = functional.binary_cross_entropy_with_logits(
        logits[:, TURNS:], labels[:, 1:].float(), weight=torch.tensor([_HINT, 1.0])
    )
    return functional.cross_entropy(logits[:, :TURNS], labels[:, 0]) + 2 * sides
