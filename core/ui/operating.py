"""A visitor's own threshold on Diagnose: which it is, what it says of a film, and how to be rid of it."""

from __future__ import annotations

import streamlit as st

from core.checkpoint import Checkpoint
from core.errors import DataError
from core.tasks import TASKS
from core.ui import state, widgets
from core.ui.kept import Result


def panel() -> None:
    """Which threshold films are read with, or a place to give one."""
    point = state.reading.operating_point()
    if point is not None:
        said = TASKS[point.task].word(point.positive)
        st.markdown(f"**Your threshold:** {point.threshold:.3f} for {said}")
        st.button("Drop the threshold", key="drop_point", icon=":material/close:", on_click=_drop, width="stretch")
        return
    with st.expander("Your threshold", icon=":material/tune:"):
        st.caption("Choose one on the Performance page, or give the operating point (JSON) that was downloaded there.")
        given = st.file_uploader("Operating point", key="give_point", label_visibility="collapsed")
        if given is not None:
            _take(given.getvalue())


def verdict(result: Result, checkpoint: Checkpoint) -> None:
    """What the threshold says of a film, clearly; nothing where there is no threshold."""
    point, reading = state.reading.operating_point(), result.reading
    if point is None or reading is None:
        return
    said = TASKS[point.task].word(point.positive)
    if point.weights_sha256 != checkpoint.card.weights_sha256:
        st.warning(
            f"**Your threshold is not applied:** {point.threshold:.3f} for {said} was chosen for {point.model} "
            f"(weights {point.weights_sha256[:12]}), and this is {checkpoint.title}.",
            icon=":material/tune:",
        )
        return
    score = point.score(reading.by_class)
    side = "At or above" if score >= point.threshold else "Below"
    st.info(
        f"**{side} your threshold {point.threshold:.3f} for {said}:** probability {score:.3f}, calibrated. On the "
        f"{point.n:,} films of the {point.split} split this threshold has a sensitivity of {point.sensitivity} and a "
        f"specificity of {point.specificity}.",
        icon=":material/arrow_upward:" if score >= point.threshold else ":material/arrow_downward:",
    )


def _take(data: bytes) -> None:
    from core.evaluate import OperatingPoint

    try:
        state.reading.use_operating_point(OperatingPoint.from_json(data.decode("utf-8", "replace")))
    except DataError as error:
        widgets.say(error, "This threshold cannot be used.")
        return
    st.rerun()


def _drop() -> None:
    state.reading.use_operating_point(None)
