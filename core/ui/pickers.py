"""Pickers of one thing among several, each drawn with a value that is one of its options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, TypeVar, cast

import streamlit as st

from core.ui import state

Name = TypeVar("Name", bound=str)


def segments(  # noqa: PLR0913 - what it says, what it holds, and how it looks
    label: str,
    options: Mapping[Name, str],
    key: str,
    hint: str = "",
    *,
    hidden: bool = False,
    width: Literal["content", "stretch"] = "content",
) -> Name:
    """One of several words in a row; its key in ``options``. ``hidden``: the label is for screen readers only."""
    state.settle(key, list(options))
    found = st.segmented_control(
        label,
        list(options),
        format_func=options.__getitem__,
        key=key,
        required=True,
        help=hint or None,
        label_visibility="collapsed" if hidden else "visible",
        width=width,
    )
    return cast("Name", found)  # one is always chosen: the key was settled


def drop_down(label: str, options: Mapping[str, str], key: str) -> str:
    """One of several words in a list that opens; its key in ``options``."""
    state.settle(key, list(options))
    return str(st.selectbox(label, list(options), format_func=options.__getitem__, key=key))


def if_several(
    pick: Callable[[str, Mapping[str, str], str], str], label: str, options: Mapping[str, str], key: str
) -> str:
    """A picker, drawn where there is a choice; the only option where there is none."""
    return pick(label, options, key) if len(options) > 1 else state.settle(key, list(options))
