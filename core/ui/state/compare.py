"""The Compare page. Which films are compared is in no link."""

from __future__ import annotations

from typing import Final

import streamlit as st

CHOSEN = "compare"
TASK = "compare_task"
BACKBONES = "compare_backbones"
METHODS = "compare_methods"
SECOND_FILM = "compare_second_film"
LAYERS = "compare_layers"
CLASS = "compare_class"
AGAINST = "compare_against"
ONE_SCALE = "compare_one_scale"
WEAK_TOO = "compare_weak_too"
PAIR = "compare_pair"
KEYS: Final = (
    CHOSEN, TASK, BACKBONES, METHODS, SECOND_FILM, LAYERS, CLASS, AGAINST, ONE_SCALE, WEAK_TOO, PAIR,
)  # fmt: skip

_COMPARED = "compared"


def put_for(old: str, new: str) -> None:
    """Compare the film of digest ``new`` where that of digest ``old`` was the second one."""
    if st.session_state.get(SECOND_FILM) == old:
        st.session_state[SECOND_FILM] = new


def prepare(compared: tuple[tuple[str, str], ...], favoured: str) -> None:
    """Explain the class that is read most whenever other films or networks come up. Before the pickers are drawn.

    Args:
        compared: sha256 of film and weights of every reading.
        favoured: that class.
    """
    if st.session_state.get(_COMPARED) != compared:
        st.session_state[_COMPARED] = compared
        st.session_state[CLASS] = favoured
        st.session_state[AGAINST] = ""
        st.session_state[WEAK_TOO] = False
