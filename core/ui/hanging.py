"""How a film hangs: what may be said of its sides, beside it and in the viewer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from core.tasks import Task
from core.ui.state import Upload
from core.xray import Facts


@dataclass(frozen=True, slots=True)
class Hanging:
    """One way that a film came to hang as it does.

    Attributes:
        title: what the film is called beside its overlay.
        state: what was done to it, the first of its facts.
        sides: where the patient's right is, and how far that can be trusted.
        right: the same, behind what the viewer says of it; empty: it says nothing.
    """

    title: str
    state: str
    sides: str
    right: str


STORED: Final = Hanging(
    "Original",
    "Untouched",
    "Shown as stored, never flipped: on a standard frontal film the patient's right is on your left.",
    "Shown as stored, never flipped: on a frontal film that hangs as usual the patient's right is at the left.",
)
REVERSED: Final = Hanging(
    "Original",
    "Untouched",
    "The file says that the patient's right is on your right. Shown as stored, never flipped.",
    "",
)
MENDED: Final = Hanging(
    "Mended film",
    "Mended at your wish",
    "Not shown as stored: it was mended at your wish. If it now hangs as a standard frontal film does, the patient's "
    "right is on your left; only a side marker on the film can tell.",
    "Mended, not as stored: if it now hangs as usual, the patient's right is at the left. Only a side marker can tell.",
)
AVERAGE: Final = Hanging(
    "Average",
    "Untouched",
    "An average of many films as they are stored, none flipped: no patient's right or left is on it.",
    "",
)
IMAGE: Final = Hanging("Original", "Untouched", "Shown as stored, never flipped.", "")


def of(upload: Upload, task: Task, facts: Facts) -> Hanging:
    """How a film hangs; of images that are no films of a chest nothing is said of a patient's sides."""
    if not task.chest:
        return IMAGE
    if upload.aggregate:
        return AVERAGE
    if upload.mends:
        return MENDED
    return REVERSED if facts.right_on_right else STORED
