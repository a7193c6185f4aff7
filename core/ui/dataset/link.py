"""What of the Data set page is in its address."""

from __future__ import annotations

from typing import Final

from core.ui import link, state
from core.ui.link import MANY, PAGE, SWITCH, Part

_PAGE: Final = "dataset"
_PATIENT: Final = Part("patient", state.dataset.PATIENT)
PARTS: Final = (
    Part("index", state.dataset.INDEX),
    Part("view", state.dataset.SECTION),
    Part("split", state.dataset.SPLITS, MANY),
    Part("class", state.dataset.LABELS, MANY),
    _PATIENT,
    Part("merged", state.dataset.MERGED, SWITCH),
    Part("trait", state.dataset.TRAIT),
    Part("order", state.dataset.FILM_ORDER),
    Part("page", state.dataset.FILM_PAGE, PAGE),
)


def take() -> None:
    """Take over what the address says. Before any widget is drawn."""
    link.take(_PAGE, PARTS)


def give(*, public: bool) -> None:
    """Say in the address what is shown. After the widgets.

    Args:
        public: whether patients are numbers of a public set; others stay out of the address.
    """
    link.give(_PAGE, PARTS if public else [part for part in PARTS if part is not _PATIENT])
