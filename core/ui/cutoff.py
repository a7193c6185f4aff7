"""Below its cut-off a class shows no heatmap unless asked for.

A map is scaled to its own strongest place: that of a class the network does not see looks as hot as one it is sure of.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from core.explain import Heatmap
from core.tasks import Task
from core.ui import state
from core.words import probability

if TYPE_CHECKING:
    from core.classifier import Reading

SHOWN_FROM: Final = 0.15
"""Probability below which a class shows no map unless asked for: about half of what guessing among three would give."""

_FEW: Final = 3
"""Among more classes than these, guessing gives less, and so does this."""


def shares(reading: Reading) -> Mapping[str, float]:
    """Class → probability, calibrated or not as the visitor chose on Diagnose; other pages show calibrated ones."""
    return reading.raw_by_class if state.reading.uncalibrated() else reading.by_class


def shown_from(classes: int) -> float:
    """The probability below which one of so many classes shows no map unless asked for."""
    return SHOWN_FROM * min(1, _FEW / classes)


def weak(share: float, classes: int) -> bool:
    """Whether one of so many classes, of this probability, is below the cut-off."""
    return share < shown_from(classes)


def why_not(heatmap: Heatmap, share: float, task: Task, *, asked: bool) -> str | None:
    """Why a heatmap is not drawn, in Markdown; ``None`` when it is.

    Args:
        heatmap: which.
        share: probability of its class.
        task: whose words.
        asked: whether the visitor wants weak classes' maps, too.
    """
    says = task.words[heatmap.target]
    if heatmap.problem:
        return f"**No heatmap for {says}.** {heatmap.problem}"
    if weak(share, len(task.classes)) and not asked:
        return (
            f"**{says}: {probability(share)}.** Below {probability(shown_from(len(task.classes)))} no heatmap is drawn "
            "unless asked for: colours are scaled within the image, so weak evidence would look like strong."
        )
    return None
