"""What is kept of one corruption in one strength. Loads no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CLEAN: Final = "clean"


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
        stability: mean rank correlation of the map of the class read on the clean film with that on the clean film,
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
