"""What any widget holds, by its key."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any

import streamlit as st


def value(key: str) -> object:
    """What a widget of a study page holds, or what a link said of it; ``None`` when neither."""
    return st.session_state.get(key)


def put(key: str, value: object) -> None:
    """Set a widget of a study page before it is drawn, or what a click on a figure chose."""
    st.session_state[key] = value


def forget(key: str) -> None:
    """Let a widget of a study page have its first value again."""
    st.session_state.pop(key, None)


def settle(key: str, options: Sequence[str]) -> str:
    """Give a picker a value that is one of its options, before it is drawn: the one it has, or the first."""
    if st.session_state.get(key) not in options:
        st.session_state[key] = options[0]
    return str(st.session_state[key])


def kept(key: str, options: Container[str], first: Sequence[str] = ()) -> list[str]:
    """What a picker of several, or a link, held that is among today's options, each once.

    Args:
        key: of the picker.
        options: what there is today.
        first: taken where nothing is left; but not where a visitor chose nothing.
    """
    found = st.session_state.get(key)
    left = [name for name in dict.fromkeys(found) if name in options] if isinstance(found, list) else []
    return left if left or found == [] else list(first)


def settle_many(key: str, options: Sequence[str], first: Sequence[str] | None = None) -> None:
    """Give a picker of several a value before it is drawn: what is left of its old one, or ``first`` (all) if nothing.

    An option that was not there when the picker was last drawn, such as a table just given, is chosen too, unless
    none of those there now was: then these are other things, such as networks of another task, of which nobody has
    chosen anything, not even nothing.
    """
    drawn = f"{key}_known"  # the options of last time
    first_time, known = drawn not in st.session_state, st.session_state.get(drawn, [])
    old = st.session_state.get(key)
    same = bool(set(known) & set(options))
    fresh = [name for name in options if name not in known] if same else []
    kept = [] if old is None else [name for name in options if name in old or name in fresh]
    emptied = old == [] and (same or first_time)  # by a visitor, or by a link
    st.session_state[key] = kept if kept or emptied else list(options if first is None else first)
    st.session_state[drawn] = list(options)


def clamp(key: str, low: float, high: float) -> None:
    """Bring a number into its range before its widget is drawn; the lowest when there was none, or one too high."""
    found = st.session_state.get(key, low)
    st.session_state[key] = found if low <= found <= high else low


def picked(chart: str) -> list[dict[str, Any]]:
    """The points selected in a Plotly figure, as Streamlit describes them."""
    found = st.session_state.get(chart)
    return list(found.selection.points) if found else []


def selected_rows(table: str) -> list[int]:
    """Positions of the rows selected in a table."""
    found = st.session_state.get(table)
    return list(found.selection.rows) if found else []
