"""HEADS: the frozen table of what may follow a trunk. Loading it loads no torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.table import Table

if TYPE_CHECKING:
    from core.architectures import network
    from core.architectures.row import Architecture


@dataclass(frozen=True, slots=True)
class HeadKind:
    """A kind of head.

    Attributes:
        name: key in the table, and in a checkpoint's card.
        title: how it is written on screen.
        says: what it does, in one line for people.
        build: architecture, number of classes, side of the input → a fresh head.
    """

    name: str
    title: str
    says: str
    build: Callable[[Architecture, int, int], network.Head]


def _pooled(architecture: Architecture, classes: int, _size: int) -> network.Head:
    from core.architectures.network import PooledHead

    return PooledHead(architecture.channels, classes)


def _classic(architecture: Architecture, classes: int, size: int) -> network.Head:
    return architecture.classic(classes, size)


def _mlp(architecture: Architecture, classes: int, _size: int) -> network.Head:
    from core.architectures.network import MlpHead

    return MlpHead(architecture.channels, classes)


HEADS: Table[HeadKind] = Table(
    "head",
    HeadKind(
        "pooled",
        "Pooled",
        "Averages the last feature map and weighs its channels: few weights, any film size.",
        _pooled,
    ),
    HeadKind("classic", "Classic", "The layers that the network was published with.", _classic),
    HeadKind(
        "mlp", "Small MLP", "Averages the map, then layers of 64 and 32: for learning on top of a kept trunk.", _mlp
    ),
)

DEFAULT = "pooled"
"""What cards written before there was a choice mean."""
