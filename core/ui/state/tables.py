"""Tables of predictions that a visitor gave."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import streamlit as st

from core.ui.state.upload import Upload, Uploader

MAX_TABLES: Final = 8
"""That one visitor may have here at once."""

_OWN = "own_predictions"
_LEFT_OUT = "own_left_out"

UPLOADER: Final = Uploader("tables")


def given() -> tuple[Upload, ...]:
    """Tables of predictions this visitor gave."""
    return tuple(_own().values())


def add(files: Iterable[tuple[str, bytes]]) -> None:
    """Take in tables of predictions: name, bytes. :func:`left_out` names those that did not fit."""
    own, too_many = _own(), []
    for table in (Upload.of(name, data) for name, data in files):
        if table.sha256 in own or len(own) < MAX_TABLES:
            own[table.sha256] = table
        else:
            too_many.append(table.name)
    st.session_state[_LEFT_OUT] = too_many


def left_out() -> list[str]:
    """Names of the tables given last that did not fit."""
    return list(st.session_state.get(_LEFT_OUT, []))


def remove(sha256: str) -> None:
    """Forget one."""
    _own().pop(sha256, None)
    st.session_state[_LEFT_OUT] = []


def _own() -> dict[str, Upload]:
    own: dict[str, Upload] = st.session_state.setdefault(_OWN, {})
    return own
