"""SECTIONS: what the Performance page can show, one at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.table import Table
from core.tasks import Task
from core.ui import state
from core.ui.performance import (
    calibration,
    certainty,
    comparison,
    figures,
    heatmaps,
    link,
    lungs,
    matrices,
    points,
    robustness,
    threshold,
)
from core.ui.performance.sources import Source


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page.

    Attributes:
        name: key in the table and in addresses.
        title: on screen.
        show: draws it, from the sources chosen and their task.
    """

    name: str
    title: str
    show: Callable[[Sequence[Source], Task], None]


SECTIONS: Table[Section] = Table(
    "section",
    Section("matrices", "Confusion matrices", matrices.show),
    Section("figures", "Figures and curves", figures.show),
    Section("comparison", "Two models", comparison.show),
    Section("threshold", "Threshold", threshold.show),
    Section("calibration", "Calibration", calibration.show),
    Section("certainty", "Certainty", certainty.show),
    Section("points", "Map of films", points.show),
    Section("heatmaps", "Heatmaps", heatmaps.show),
    Section("lungs", "Lungs", lungs.show),
    Section("robustness", "What breaks it", robustness.show),
)


@state.fragment
def draw(section: Section, sources: Sequence[Source], task: Task, hidden: frozenset[str]) -> None:
    """A section as a fragment: what changes in it redraws it alone, and the address with it."""
    section.show(sources, task)
    link.give(section.name, hidden)
