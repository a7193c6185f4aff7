"""From which probability on is a film positive? The operating point on the curve, in the matrix and in figures."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

import numpy as np
import streamlit as st

from core.errors import PneumoLensError
from core.evaluate import (
    PRESETS,
    Measured,
    OperatingPoint,
    measure,
    one_against_rest,
    operating_point,
    predictive_values,
)
from core.tasks import Task
from core.ui import cache, cells, pickers, plot, state, widgets
from core.ui.performance import charts, controls, downloads
from core.ui.performance.figures import curve
from core.ui.performance.sources import Source
from core.words import percent

_STEP: Final = 0.001


def show(sources: Sequence[Source], _task: Task) -> None:
    """The section."""
    left, right = st.columns(2)
    with left:
        source = controls.one_of(sources)
    with right:
        positive = pickers.drop_down("Positive class", controls.positives(source.task), state.performance.POSITIVE)
    try:
        _prepare(source, positive)
        line = charts.Line(source.title, curve("roc", source, positive), list(sources).index(source))
    except PneumoLensError as error:
        widgets.say(error, "There is no threshold to explore.")
        return
    _controls(source, positive)
    threshold = float(str(state.value(state.performance.THRESHOLD)))
    found = measure(source.predictions, positive, threshold)
    _numbers(found, float(str(state.value(state.performance.PREVALENCE))) / 100)
    roc, histogram, matrix = widgets.side_by_side(3)
    said = source.task.word(positive)
    with roc:
        st.markdown("**ROC curve**")
        mark = (1 - found.specificity, found.sensitivity)
        figure = charts.curves([line], ("1 - specificity", "Sensitivity"), widgets.palette(), mark)
        plot.show(
            figure, f"ROC curve with the operating point at {threshold:.3f}", name=f"roc-{source.name}-{positive}"
        )
    with histogram:
        st.markdown("**Films by probability**")
        truth, score = one_against_rest(source.predictions, positive)
        figure = charts.scores(score, truth, threshold, (said, "Others"), widgets.palette())
        plot.show(figure, f"Films by their probability of {said}", name=f"scores-{source.name}-{positive}")
    with matrix:
        st.markdown("**Films at this threshold**")
        labels = ["Others", said]
        figure = cells.confusion(found.matrix, labels, widgets.palette())
        plot.show(figure, "Confusion matrix at the threshold", name=f"matrix-{source.name}-{positive}")
    _take_away(source, positive, threshold)


def _prepare(source: Source, positive: str) -> None:
    """Give slider and prevalence their first values: Youden's threshold, and the share of positives in these films.

    For another class they begin anew; for another model they stay, so that models can be held against each other.
    """
    if not state.performance.explores(source.task.name, positive):
        state.put(state.performance.THRESHOLD, None)
        state.put(state.performance.PREVALENCE, None)
    if not isinstance(state.value(state.performance.THRESHOLD), float):
        state.put(state.performance.THRESHOLD, _preset(source, positive, "youden"))
    if not isinstance(state.value(state.performance.PREVALENCE), float):
        share = one_against_rest(source.predictions, positive)[0].mean()
        state.put(state.performance.PREVALENCE, round(100 * float(share), 1))


def _preset(source: Source, positive: str, name: str) -> float:
    return cache.computed(
        f"preset {name}", (source.key, positive), lambda: PRESETS[name].choose(source.predictions, positive)
    )


def _controls(source: Source, positive: str) -> None:
    slider, prevalence = st.columns([4, 1], gap="large", vertical_alignment="bottom")
    with slider:
        st.slider(
            f"Threshold: positive when the probability of {source.task.word(positive)} is this or more",
            0.0,
            1.0,
            step=_STEP,
            format="%.3f",
            key=state.performance.THRESHOLD,
        )
    with prevalence:
        st.number_input(
            "Prevalence, %",
            0.0,
            100.0,
            step=1.0,
            format="%.1f",
            key=state.performance.PREVALENCE,
            help="How many of 100 of those who will be asked have it. The predictive values are for these (Bayes).",
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        for name, preset in PRESETS.items():
            st.button(
                preset.title, key=f"preset_{name}", help=preset.says, on_click=partial(_choose, source, positive, name)
            )
        st.caption("Chosen and measured on the same films, a threshold looks better than it is: confirm it on others.")


def _choose(source: Source, positive: str, name: str) -> None:
    try:
        state.put(state.performance.THRESHOLD, _preset(source, positive, name))
    except PneumoLensError as error:
        st.toast(str(error), icon=":material/error:")


def _numbers(found: Measured, prevalence: float) -> None:
    positive, negative = predictive_values(found.sensitivity, found.specificity, prevalence)
    said = {
        "Sensitivity": (found.sensitivity, f"{found.tp:,} of {found.tp + found.fn:,} positives found"),
        "Specificity": (found.specificity, f"{found.tn:,} of {found.tn + found.fp:,} others left alone"),
        "PPV": (positive, f"at a prevalence of {percent(prevalence, 1)}"),
        "NPV": (negative, f"at a prevalence of {percent(prevalence, 1)}"),
        "Accuracy": (found.accuracy, f"{found.tp + found.tn:,} of {found.n:,} films"),
    }
    for cell, (title, (share, words_below)) in zip(st.columns(len(said)), said.items(), strict=True):
        cell.metric(title, "never said" if np.isnan(share) else f"{100 * share:.1f} %")
        cell.caption(words_below)


def _take_away(source: Source, positive: str, threshold: float) -> None:
    checkpoint = source.checkpoint
    if checkpoint is None:
        st.caption("An operating point can be downloaded and used in Diagnose for our networks only: this is a table.")
        return
    point: OperatingPoint = cache.computed(
        "point",
        (source.key, positive, f"{threshold:.6f}"),
        lambda: operating_point(
            source.predictions,
            positive,
            threshold,
            model=checkpoint.name,
            weights_sha256=checkpoint.card.weights_sha256,
            task=checkpoint.card.task,
            split=source.split,
        ),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        downloads.point(point)
        if st.button("Use in Diagnose", icon=":material/radiology:", type="primary", key="use_point"):
            state.reading.use_operating_point(point)
            state.reading.choose_model(checkpoint.name)
            widgets.to_diagnose()
        st.caption(
            f"Sensitivity {point.sensitivity}, specificity {point.specificity}: 95 % intervals by patient. "
            "On the command line: python -m core read --threshold FILE."
        )
