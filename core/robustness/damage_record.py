"""What is kept of one corruption in one strength. Loads no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from core.files import ASSETS
from core.robustness.corruptions import CORRUPTIONS, STRENGTHS
from core.words import percent

SHIPPED: Final = ASSETS / "robustness.csv"
"""Of every network: what `python -m core robustness` made."""

CLEAN: Final = "clean"

_MUCH: Final = 0.1
"""Share of the films that a corruption hardly to be seen must not cost, or it is said."""


@dataclass(frozen=True, slots=True)
class Damage:
    """What a corruption of one strength leaves, over films.

    Attributes:
        model: name of the checkpoint.
        weights_sha256: of its weights.
        corruption: key in CORRUPTIONS, or "clean".
        strength: 1…5; 0 for clean films.
        films: over how many.
        accuracy: share of films read right, 0…1.
        low, high: its 95 % interval, from a bootstrap of patients.
        ece: expected calibration error in ten bins, 0…1.
        stability: mean rank correlation of the map of the class read on the clean film with that on the altered one,
            -1…1; films on which either is empty do not count.
        stable_low, stable_high: its 95 % interval.
    """

    model: str
    weights_sha256: str
    corruption: str
    strength: int
    films: int
    accuracy: float
    low: float
    high: float
    ece: float
    stability: float
    stable_low: float
    stable_high: float


def in_words(rows: Sequence[Damage]) -> str:
    """What the slightest strength of each corruption costs one network, in a sentence."""
    clean = next(row for row in rows if row.corruption == CLEAN)
    lost = [row for row in rows if row.strength == 1 and clean.accuracy - row.accuracy > _MUCH]
    slightest = f"at the slightest of {STRENGTHS} strengths"
    if not lost:
        return f"No corruption tried costs more than {100 * _MUCH:.0f} points {slightest}."
    costs = (
        f"{CORRUPTIONS[row.corruption].title.lower()} leaves {percent(row.accuracy, 1)}"
        for row in sorted(lost, key=lambda row: row.accuracy)
    )
    was = f"{clean.films} films read right, of {percent(clean.accuracy, 1)}"
    return f"{slightest.capitalize()} {', '.join(costs)} of {was}."
