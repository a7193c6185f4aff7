"""How overlays look: the controls and the legend, the same wherever a heatmap is shown."""

from __future__ import annotations

import html

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.explain import Heatmap
from core.render import COLOUR_MAPS, Look, stops
from core.tasks import Task
from core.ui import reading_room, state


def opacity() -> None:
    """How strongly heatmaps cover their films."""
    st.slider("Heatmap opacity", 0, 100, step=5, format="%d %%", key=state.look.OPACITY, width=220)


def display() -> DeltaGenerator:
    """What is set once, behind a button: colours and contour, where the viewer has no controls for them.

    Returns:
        The panel, for what a page adds to it.
    """
    panel = st.popover("Display", icon=":material/palette:", width="content")
    with panel:
        reading_room.toggle()
        if reading_room.usable():
            return panel
        st.selectbox(
            "Colours", list(COLOUR_MAPS), key=state.look.COLOURS, format_func=lambda name: COLOUR_MAPS[name].title
        )
        st.toggle("Closed contour", key=state.look.CONTOUR)
        st.slider(
            "Contour at, of the scale",
            10,
            90,
            step=5,
            format="%d %%",
            key=state.look.LEVEL,
            disabled=not state.look.look().contour,
        )
    return panel


def legend(look: Look, heatmap: Heatmap, task: Task, top: str = "") -> None:
    """The colour scale, and what its high end is.

    Args:
        look: how the overlay was drawn.
        heatmap: what is drawn.
        task: what its classes are called.
        top: the high end as a figure, where the scale has one.
    """
    says = reading_room.high_end(heatmap, lambda name: f"<b>{html.escape(task.words[name])}</b>", top)
    # Over mid grey and with the overlay's own cover, so that the legend's colours are those in the picture.
    colours = stops(look.colours)
    covers = [round(255 * look.opacity * place / (len(colours) - 1)) for place in range(len(colours))]
    gradient = ", ".join(f"{colour}{cover:02x}" for colour, cover in zip(colours, covers, strict=True))
    st.html(
        '<div style="display:flex;align-items:center;gap:.6rem;font-size:.875rem;line-height:1.2">'
        "<span>low</span>"
        f'<span role="img" aria-label="Colour scale from low to high evidence" style="flex:0 1 12rem;height:.8rem;'
        f'border-radius:3px;border:1px solid #7f8a90;background:linear-gradient(90deg,{gradient}),#8a8a8a"></span>'
        f"<span>{says}</span></div>"
    )
