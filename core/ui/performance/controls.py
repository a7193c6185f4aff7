"""Pickers that several sections of the Performance page have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from core.tasks import Task
from core.ui import pickers, state
from core.ui.performance.sources import Source

ALL: Final = "all"
MERGED: Final = "merged"


def grain(task: Task) -> str:
    """All classes, or the two merged ones. Asked only where the two differ."""
    if len(task.merged_classes) == len(task.classes):
        return ALL
    merged = " / ".join(task.word(name) for name in task.merged_classes)
    return pickers.segments(
        "Classes", {ALL: f"All {len(task.classes)}", MERGED: f"Two: {merged}"}, state.performance.CLASSES
    )


def positives(task: Task) -> dict[str, str]:
    """What may be the positive class: the merged one that means disease first, then every class."""
    return {name: task.word(name) for name in (task.positive, *task.classes)}


def one_of(sources: Sequence[Source]) -> Source:
    """One of the sources, where a section shows only one."""
    by_name = {source.name: source for source in sources}
    return by_name[
        pickers.drop_down("Model", {name: source.title for name, source in by_name.items()}, state.performance.ONE)
    ]
