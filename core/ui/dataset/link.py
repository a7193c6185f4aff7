"""The page's state in its address, so that a link reproduces a view."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import streamlit as st

from core.ui import state

_MANY: Final = MappingProxyType({"split": state.SPLITS, "class": state.LABELS})
_ONE: Final = MappingProxyType(
    {
        "index": state.INDEX,
        "view": state.SECTION,
        "patient": state.PATIENT,
        "merged": state.MERGED,
        "trait": state.TRAIT,
        "order": state.FILM_ORDER,
        "page": state.FILM_PAGE,
    }
)
_LONGEST: Final = 200  # characters; a longer word is none of ours


def take() -> None:
    """Take over what the address says, when it is not what we last made it. Before any widget is drawn.

    What is not in a link has its first value again, so that the same link always shows the same. Words that make no
    sense are dropped by the pickers.
    """
    given = {name: st.query_params.get_all(name) for name in st.query_params if name in _MANY.keys() | _ONE.keys()}
    given = {name: values for name, values in given.items() if all(len(value) <= _LONGEST for value in values)}
    # A visitor who is faster than the network sends a choice together with an address from before the last one.
    if not given or given == state.dataset_link() or state.dataset_chosen():
        return
    for key in state.DATASET:
        state.put(key, None)
    for name, values in given.items():
        if name in _MANY:
            state.put(_MANY[name], values)
        elif name == "page":
            state.put(state.FILM_PAGE, int(values[-1]) if values[-1].isdecimal() else 1)
        else:
            state.put(_ONE[name], values[-1] == "yes" if name == "merged" else values[-1])
    state.remember_dataset_link(given)


def give(*, public: bool) -> None:
    """Say in the address what is shown. After the widgets.

    Args:
        public: whether patients are numbers of a public set; others stay out of the address.
    """
    parts: dict[str, list[str]] = {}
    for name, key in (_MANY | _ONE).items():
        value = state.value(key)
        if not value or (value == 1 and name == "page") or (name == "patient" and not public):
            continue
        parts[name] = list(value) if isinstance(value, list) else ["yes" if value is True else str(value)]
    changed = parts != state.dataset_link() or not st.query_params
    state.remember_dataset_link(parts)
    if changed:
        st.query_params.from_dict(parts)
