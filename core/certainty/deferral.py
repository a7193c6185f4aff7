"""Selective prediction: below some top probability a film is left to a human reader.

The cut is the lowest at which the films above it are wrong no more often than asked, in validation (Chow 1970, doi
10.1109/TIT.1970.1054406; Geifman & El-Yaniv 2017, arXiv:1705.08500).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.evaluate.predictions import Predictions
from core.table import Table

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Target:
    """An error that a reader may ask for.

    Attributes:
        name: key in the table.
        title: on screen.
        error: share of the films read that may be wrong, 0…1.
    """

    name: str
    title: str
    error: float


TARGETS: Table[Target] = Table(
    "target error",
    Target("5", "5 of 100", 0.05),
    Target("10", "10 of 100", 0.10),
    Target("15", "15 of 100", 0.15),
    Target("none", "any", 1.0),
)

HUMAN: Final = "Needs a human reader"
"""What is said of a film below the cut, before anything else."""

TARGET: Final = "10"
"""What is asked for unless somebody chooses."""


def wrong(validation: Predictions, shares: Array) -> Array:
    """How wrong the most probable class is of each film, ``[N]``: 0 or 1 less what slips of the labels explain."""
    right = shares[np.arange(len(validation)), validation.decisions]
    found: Array = 1 - right
    return found


def cut(top: Array, wrongness: Array, error: float) -> float:
    """The lowest top probability from which no more than ``error`` of the films are wrong.

    Args:
        top: the highest probability of each of N films, ``[N]``.
        wrongness: see :func:`wrong`, ``[N]``.
        error: 0…1.

    Returns:
        A probability; above 1 where even the surest films are wrong too often.
    """
    order = np.argsort(-top, kind="stable")
    so_far = np.cumsum(wrongness[order]) / np.arange(1, len(top) + 1)
    last = np.append(np.diff(top[order]) < 0, [True])  # films of one probability are kept or left together
    fine = np.flatnonzero(last & (so_far <= error))
    if not fine.size:
        return 1.01
    return 0.0 if fine[-1] == len(top) - 1 else float(top[order[fine[-1]]])
