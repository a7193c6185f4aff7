"""What of the Performance page is in its address."""

from __future__ import annotations

from typing import Final

from core.ui import state
from core.ui.link import MANY, PERCENT, SHARE, SWITCH, TEXT, Address, Kind, Part

_NONE: Final = ["none"]
_CHOSEN: Final = Kind(  # no model at all is a choice too: left out of the address, it would mean all
    lambda words: [] if words == _NONE else MANY.read(words),
    lambda value: _NONE if value == [] else MANY.write(value),
)
ADDRESS: Final = Address(
    "performance",
    (
        Part("task", state.performance.TASK),
        Part("view", state.performance.VIEW),
        Part("model", state.performance.SOURCES, _CHOSEN),
        Part("classes", state.performance.CLASSES, TEXT, ("matrices", "comparison")),
        Part("shares", state.performance.SHARES, TEXT, ("matrices",)),
        Part("cell", state.performance.CELL, TEXT, ("matrices",)),
        Part("order", state.performance.ORDER, TEXT, ("matrices", "comparison", "points")),
        Part("first", state.performance.PAIR[0], TEXT, ("comparison",)),
        Part("second", state.performance.PAIR[1], TEXT, ("comparison",)),
        Part("films", state.performance.GROUP, TEXT, ("comparison",)),
        Part("of", state.performance.ONE, TEXT, ("threshold", "points")),
        Part("positive", state.performance.POSITIVE, TEXT, ("figures", "threshold")),
        Part("threshold", state.performance.THRESHOLD, SHARE, ("threshold",)),
        Part("prevalence", state.performance.PREVALENCE, PERCENT, ("threshold",)),
        Part("bins", state.performance.BINS, TEXT, ("calibration",)),
        Part("raw", state.performance.RAW, SWITCH, ("calibration",)),
        Part("score", state.performance.SCORE, TEXT, ("heatmaps",)),
        Part("damage", state.performance.DAMAGE, TEXT, ("robustness",)),
        Part("lungs", state.performance.LUNGS_FIGURE, TEXT, ("lungs",)),
        Part("colour", state.performance.COLOUR_BY, TEXT, ("points",)),
    ),
)


def take() -> None:
    """Take over what the address says. Before any widget is drawn."""
    if ADDRESS.take():
        state.performance.explore_anew()


def give(view: str, hidden: frozenset[str] = frozenset()) -> None:
    """Say in the address what is shown, less the ``hidden`` names. After the widgets.

    Args:
        view: the section shown; empty when there is nothing to show.
        hidden: names that must not be in an address.
    """
    ADDRESS.give(view, hidden)
