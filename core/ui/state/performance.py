"""The Performance page: its widgets, and what a click on a figure chose.

All are in its link but the format that figures are saved in, on any page, and the page of small pictures.
"""

from __future__ import annotations

from typing import Final

import streamlit as st

TASK = "performance_task"
SOURCES = "performance_sources"
VIEW = "performance_view"
CLASSES = "performance_classes"
SHARES = "performance_shares"
CELL = "performance_cell"
ORDER = "performance_order"
PAIR = ("performance_first", "performance_second")
GROUP = "performance_group"
ONE = "performance_one"
POSITIVE = "performance_positive"
THRESHOLD = "performance_threshold"
PREVALENCE = "performance_prevalence"
BINS = "performance_bins"
RAW = "performance_raw"
SCORE = "performance_score"
DAMAGE = "performance_damage"
LUNGS_FIGURE = "performance_lungs"
COLOUR_BY = "performance_colour_by"
FORMAT = "performance_format"
PAGE = "performance_page"
KEYS: Final = (
    TASK, SOURCES, VIEW, CLASSES, SHARES, CELL, ORDER, *PAIR, GROUP, ONE, POSITIVE, THRESHOLD, PREVALENCE, BINS, RAW,
    SCORE, DAMAGE, LUNGS_FIGURE, COLOUR_BY, FORMAT, PAGE,
)  # fmt: skip

_EXPLORED = "performance_explored"


def figure_format() -> str:
    """What figures are saved as: "png" or "svg"."""
    return str(st.session_state.get(FORMAT) or "png")


def explores(task: str, positive: str) -> bool:
    """Whether the threshold on screen is of this task's class; from now on it is. A link's is taken as it is."""
    before = st.session_state.get(_EXPLORED)
    st.session_state[_EXPLORED] = (task, positive)
    return before in {None, (task, positive)}


def explore_anew() -> None:
    """The threshold is a link's now, whatever class was explored before."""
    st.session_state.pop(_EXPLORED, None)
