"""What of the Performance page is in its address."""

from __future__ import annotations

from typing import Final

from core.ui import link, state
from core.ui.link import MANY, PERCENT, SHARE, SWITCH, TEXT, Kind, Part

_PAGE: Final = "performance"
_NONE: Final = ["none"]
_CHOSEN: Final = Kind(  # no model at all is a choice too: left out of the address, it would mean all
    lambda words: [] if words == _NONE else MANY.read(words),
    lambda value: _NONE if value == [] else MANY.write(value),
)
PARTS: Final = (
    Part("task", state.TASK),
    Part("view", state.VIEW),
    Part("model", state.SOURCES, _CHOSEN),
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
    Part("score", state.SCORE, TEXT, ("heatmaps",)),
    Part("damage", state.DAMAGE, TEXT, ("robustness",)),
    Part("lungs", state.LUNGS_FIGURE, TEXT, ("lungs",)),
    Part("colour", state.COLOUR_BY, TEXT, ("points",)),
)


def take() -> None:
    """Take over what the address says. Before any widget is drawn."""
    link.take(_PAGE, PARTS)


def give(view: str, hidden: frozenset[str] = frozenset()) -> None:
    """Say in the address what is shown, less the ``hidden`` names. After the widgets.

    Args:
        view: the section shown; empty when there is nothing to show.
        hidden: names that must not be in an address.
    """
    link.give(_PAGE, PARTS, view, hidden)
