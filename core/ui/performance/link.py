"""What of the Performance page is in its address."""

from __future__ import annotations

from typing import Final

from core.ui import link, state
from core.ui.link import MANY, PERCENT, SHARE, SWITCH, TEXT, Part

_PAGE: Final = "performance"
PARTS: Final = (
    Part("task", state.TASK),
    Part("view", state.VIEW),
    Part("model", state.SOURCES, MANY),
    Part("classes", state.CLASSES, TEXT, ("matrices", "comparison")),
    Part("shares", state.SHARES, TEXT, ("matrices",)),
    Part("cell", state.CELL, TEXT, ("matrices",)),
    Part("order", state.ORDER, TEXT, ("matrices", "comparison", "points")),
    Part("first", state.PAIR[0], TEXT, ("comparison",)),
    Part("second", state.PAIR[1], TEXT, ("comparison",)),
    Part("films", state.GROUP, TEXT, ("comparison",)),
    Part("of", state.ONE, TEXT, ("threshold", "points")),
    Part("positive", state.POSITIVE, TEXT, ("figures", "threshold")),
    Part("threshold", state.THRESHOLD, SHARE, ("threshold",)),
    Part("prevalence", state.PREVALENCE, PERCENT, ("threshold",)),
    Part("bins", state.BINS, TEXT, ("calibration",)),
    Part("raw", state.RAW, SWITCH, ("calibration",)),
    Part("colour", state.COLOUR_BY, TEXT, ("points",)),
)


def take() -> None:
    """Take over what the address says. Before any widget is drawn."""
    link.take(_PAGE, PARTS)


def give(view: str, hidden: frozenset[str]) -> None:
    """Say in the address what is shown, less the ``hidden`` names. After the widgets."""
    link.give(_PAGE, PARTS, view, hidden)
