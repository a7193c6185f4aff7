"""WORDINGS: words before numbers. Three levels of confidence, from one table; their cuts are found on validation."""

from __future__ import annotations

from dataclasses import dataclass

from core.certainty.deferral import Array, cut
from core.table import Table


@dataclass(frozen=True, slots=True)
class Wording:
    """A level of confidence.

    Attributes:
        name: key in the table.
        title: on screen.
        error: share of the validation films of this level and those above it that may be wrong, 0…1.
    """

    name: str
    title: str
    error: float


WORDINGS: Table[Wording] = Table(
    "confidence",
    Wording("high", "High confidence", 0.05),
    Wording("moderate", "Moderate confidence", 0.15),
    Wording("low", "Low confidence", 1.0),
)
"""From the highest; the last takes what is left."""


def cuts(top: Array, wrongness: Array) -> tuple[float, ...]:
    """The top probability from which each of WORDINGS is said, descending; the last is 0.

    Args:
        top: the highest probability of each of N validation films, ``[N]``.
        wrongness: see :func:`core.certainty.deferral.wrong`, ``[N]``.

    Returns:
        One per row; above 1 for a level that no films deserve.
    """
    return tuple(cut(top, wrongness, wording.error) if wording.error < 1 else 0.0 for wording in WORDINGS.values())


def level_of(top: float, found: tuple[float, ...]) -> Wording:
    """What is said of a top probability.

    Args:
        top: 0…1.
        found: see :func:`cuts`.
    """
    return next(wording for wording, low in zip(WORDINGS.values(), found, strict=True) if top >= low)
