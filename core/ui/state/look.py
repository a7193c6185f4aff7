"""How overlays are drawn, and whether the viewer can start in this visitor's browser."""

from __future__ import annotations

from typing import Final

import streamlit as st

from core.render import Look

COLOURS = "look_colours"
OPACITY = "look_opacity"
CONTOUR = "look_contour"
LEVEL = "look_level"
STILL = "still_images"
KEYS: Final = (COLOURS, OPACITY, CONTOUR, LEVEL, STILL)

_NO_VIEWER = "no_viewer"  # why it could not start


def look() -> Look:
    """How overlays are drawn."""
    default = Look()
    return Look(
        colours=st.session_state.get(COLOURS) or default.colours,
        opacity=st.session_state.get(OPACITY, round(default.opacity * 100)) / 100,
        contour=st.session_state.get(CONTOUR, default.contour),
        level=st.session_state.get(LEVEL, round(default.level * 100)) / 100,
    )


def prepare() -> None:
    """Give the look's widgets their values, before they are drawn; kept while the viewer has controls of its own."""
    set_look(look())


def set_look(look: Look) -> None:
    """Draw overlays like this from now on. Before its widgets are drawn."""
    st.session_state[COLOURS] = look.colours
    st.session_state[OPACITY] = round(look.opacity * 100)
    st.session_state[CONTOUR] = look.contour
    st.session_state[LEVEL] = round(look.level * 100)


def no_viewer() -> str:
    """Why this visitor's browser could not start the viewer; empty when it has not failed."""
    return str(st.session_state.get(_NO_VIEWER, ""))


def lose_viewer(reason: str) -> None:
    """The viewer cannot start in this visitor's browser."""
    st.session_state[_NO_VIEWER] = reason
