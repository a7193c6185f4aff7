"""Diagnose: an X-ray in, probabilities and heatmaps out."""

from collections.abc import Sequence

import streamlit as st

from core.checkpoint import Checkpoint
from core.errors import CheckpointError
from core.ui import cache, cautions, certainty, exports, guard, operating, state, tray, trust, viewer, widgets
from core.ui.kept import Result


def main() -> None:
    """The page."""
    with st.sidebar:
        checkpoint = widgets.pick_model()
        runs_on = st.empty()
        method = widgets.pick_method()
        layers = widgets.pick_layers(checkpoint, method) if checkpoint else ()
        if checkpoint:
            trust.beforehand(checkpoint, method, layers)
    if checkpoint is None:
        widgets.no_model()
        return
    runs_on.caption(widgets.device())
    films = state.films.given()
    if not films:
        if state.reading.operating_point():
            with st.sidebar:
                operating.panel()
        tray.empty(checkpoint)
        return
    with st.sidebar:
        widgets.uploader("Add films")
        st.button("Remove all films", on_click=state.films.clear, icon=":material/delete:", width="stretch")
        certainty.panel(checkpoint)
        operating.panel()
        exports.names()
    results = read(checkpoint, films)
    if results is None:
        return
    runs_on.caption(widgets.device())
    results = guard.screened(results, checkpoint)
    chosen = tray.choose(results, checkpoint) if len(results) > 1 else results[0]
    if guard.refusal(chosen, checkpoint):
        return
    if chosen.error:
        widgets.say(chosen.error, f"{widgets.verbatim(chosen.upload.name)} cannot be read.")
    else:
        cautions.show(chosen, checkpoint)
        operating.verdict(chosen, checkpoint)
        viewer.show(chosen, checkpoint, method, layers)
        certainty.behind(chosen, checkpoint)
        certainty.spread(chosen, checkpoint)


def read(checkpoint: Checkpoint, films: Sequence[state.Upload]) -> list[Result] | None:
    """Readings of all films, saying what takes time; ``None`` after a panel that says why there are none."""
    try:
        widgets.load(checkpoint)
        todo = len(cache.unread(checkpoint, films))
        place = st.empty()
        if todo:
            place.progress(0.0, f"Reading {todo} of {len(films)} films …")

        def progress(done: int, of: int) -> None:
            place.progress(done / of, f"Reading films: {done} of {of}")

        results = cache.read(checkpoint, films, progress)
        place.empty()
    except CheckpointError as error:
        widgets.say(error, f"{checkpoint.title} cannot be loaded.")
        st.markdown("Choose another backbone at the left, or repair this one and reload the page. Your films are kept.")
        return None
    widgets.device_notice()
    return results


main()
