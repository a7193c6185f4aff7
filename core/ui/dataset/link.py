"""What of the Data set page is in its address."""

from __future__ import annotations

from typing import Final

from core.ui import state
from core.ui.link import MANY, PAGE, SWITCH, Address, Part

ADDRESS: Final = Address(
    "dataset",
    (
        Part("index", state.dataset.INDEX),
        Part("view", state.dataset.SECTION),
        Part("split", state.dataset.SPLITS, MANY),
        Part("class", state.dataset.LABELS, MANY),
        Part("patient", state.dataset.PATIENT),
        Part("merged", state.dataset.MERGED, SWITCH),
        Part("trait", state.dataset.TRAIT),
        Part("order", state.dataset.FILM_ORDER),
        Part("page", state.dataset.FILM_PAGE, PAGE),
    ),
)
take = ADDRESS.take


def give(*, public: bool) -> None:
    """Say in the address what is shown. After the widgets.

    Args:
        public: whether patients are numbers of a public set; others stay out of the address.
    """
    ADDRESS.give(less=frozenset() if public else frozenset({"patient"}))
