"""Below its cut-off a class shows no heatmap unless asked for.

A map is scaled to its own strongest place: that of a class the network does not see looks as hot as one it is sure of.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from core.explain import Heatmap
from core.tasks import Task
from core.ui import state
from core.words import percent, probability

if TYPE_CHECKING:
    from core.classifier import Reading

SHOWN_FROM: Final = 0.15
"""Probability below which a class shows no map unless asked for: about half of what guessing among three would give."""


def shares(reading: Reading) -> Mapping[str, float]:
    """Class → probability, calibrated or not as the visitor chose on Diagnose; other pages show calibrated ones."""
    return reading.raw_by_class if state.reading.uncalibrated() else reading.by_class


def weak(share: float) -> bool:
    """Whether a class of this probability is below the cut-off."""
    return share < SHOWN_FROM


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
    if weak(share) and not asked:
        return (
            f"**{says}: {probability(share)}.** Below {percent(SHOWN_FROM)} no heatmap is drawn unless asked for: "
            "colours are scaled within the image, so weak evidence would look like strong."
        )
    return None
