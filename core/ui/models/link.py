"""What of the Models page is in its address: whose card is shown."""

from __future__ import annotations

from typing import Final

from core.ui import link, state
from core.ui.link import Part

_PAGE: Final = "models"
PARTS: Final = (Part("model", state.models.CARD),)


def take() -> None:
    """Take over what the address says. Before any widget is drawn."""
    link.take(_PAGE, PARTS)


def give() -> None:
    """Say in the address whose card is shown. After the widgets."""
    link.give(_PAGE, PARTS)
