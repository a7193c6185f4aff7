"""The page's state in its address, so that a link reproduces a comparison. Films are never named in it."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import streamlit as st

from core.ui import state

_MANY: Final = MappingProxyType({"backbone": state.BACKBONES, "method": state.METHODS})
_LONGEST: Final = 200  # characters; a longer word is none of ours


def take() -> None:
    """Take over what the address says, when it is not what we last made it. Before any widget is drawn."""
    given = {name: st.query_params.get_all(name) for name in ("films", *_MANY) if name in st.query_params}
    if (
        not given
        or given == state.compare_link()
        or any(len(one) > _LONGEST for many in given.values() for one in many)
    ):
        return
    for name, key in _MANY.items():
        if name in given:
            state.put(key, given[name])
    state.put(state.COMPARE, "two" if given.get("films") == ["two"] else "one")
    state.remember_compare_link(given)


def give() -> None:
    """Say in the address what is compared. After the widgets."""
    parts = {name: list(found) for name, key in _MANY.items() if isinstance(found := state.value(key), list) and found}
    if state.value(state.COMPARE) == "two":
        parts["films"] = ["two"]
    if parts != state.compare_link() or not st.query_params:
        state.remember_compare_link(parts)
        st.query_params.from_dict(parts)
