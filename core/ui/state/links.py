"""What the addresses of pages were last set to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import streamlit as st

from core.ui.state.values import value

_LINKS = "links"


def came_from_us(page: str, address: Mapping[str, list[str]]) -> bool:
    """Whether this is what a page's address was last set to."""
    found = st.session_state.get(_LINKS, {}).get(page)
    return found is not None and found[0] == address


def chosen_since(page: str) -> bool:
    """Whether the visitor has chosen something on a page since its address was last set."""
    found = st.session_state.get(_LINKS, {}).get(page)
    return found is not None and any(value(key) != held for key, held in found[1].items())


def remember(page: str, address: Mapping[str, list[str]], keys: Iterable[str]) -> None:
    """Remember what a page's address was set to, and what its widgets held then."""
    st.session_state.setdefault(_LINKS, {})[page] = dict(address), {key: value(key) for key in keys}
