"""What of the Training page is in its address."""

from __future__ import annotations

from typing import Final

from core.ui import link, state
from core.ui.link import MANY, Part

_PAGE: Final = "training"
PARTS: Final = (
    Part("run", state.training.RUNS, MANY),
    Part("accuracy", state.training.ACCURACY),
    Part("matrix", state.training.MATRIX_OF),
    Part("epoch", state.training.MATRIX_AT),
)


def take() -> None:
    """Take over what the address says. Before any widget is drawn."""
    link.take(_PAGE, PARTS)


def give() -> None:
    """Say in the address what is shown. After the widgets."""
    link.give(_PAGE, PARTS)
