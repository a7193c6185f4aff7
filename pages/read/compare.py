"""Compare: one film through several backbones and methods, or two films through one."""

import streamlit as st

from core.ui import certainty, state, tray, widgets
from core.ui.compare import choice, link, view
from core.ui.compare import seen as readings


def main() -> None:
    """The page."""
    link.take()
    with st.sidebar:
        chosen = choice.pick()
        if chosen is not None and chosen.backbones:
            # What is asked is asked of every network; the panel needs one of which something is known.
            certainty.panel(next(filter(certainty.usable, chosen.backbones), chosen.backbones[0]))
        runs_on = st.empty()
    if chosen is None:
        widgets.no_model()
        return
    link.give()
    if not chosen.backbones or not chosen.methods:
        st.info("Choose at least one backbone and one method at the left.", icon=":material/left_click:")
        return
    if not state.films.given():
        tray.empty(chosen.backbones[0], "Compare what networks see in {}")
        return
    if chosen.two and len(chosen.films) < len("AB"):
        st.info(
            "Two films are compared here, and there is one. Add another at the left.",
            icon=":material/add_photo_alternate:",
        )
    seen = readings.read(chosen)
    runs_on.caption(widgets.device())
    if seen:
        view.show(seen, chosen)


main()
