"""Does 80 % mean right in 80 of 100 films? Reliability diagrams and scores, before and after temperature scaling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import pandas as pd
import streamlit as st

from core.evaluate import Kind, Predictions, brier, ece, log_loss, reliability, tempered
from core.tasks import Task
from core.ui import cache, pickers, plot, state, widgets
from core.ui.performance import charts
from core.ui.performance.sources import Source

_KINDS: Final[dict[Kind, str]] = {"equal-width": "Equal width", "adaptive": "Equal films (adaptive)"}


def show(sources: Sequence[Source], _task: Task) -> None:
    """The section."""
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        kind = pickers.segments("Bins", _KINDS, state.performance.BINS)
    scaled = [source for source in sources if raw(source) is not None]
    with right:
        before = bool(st.toggle("Before temperature scaling", key=state.performance.RAW, disabled=not scaled))
    for place, (cell, source) in enumerate(zip(widgets.side_by_side(len(sources)), sources, strict=True)):
        with cell:
            _diagram(source, place, kind, before=before)
    st.dataframe(_table(sources), width="stretch", hide_index=True, key="calibration")
    st.caption(
        "A network that is sure as often as it is right lies on the dotted line; below, it is too sure, above, not "
        "sure enough. Whiskers: 95 % (Wilson, by patient). ECE: distance from the line, averaged over films, 10 bins. "
        "Brier: squared distance of all probabilities from the truth, 0 to 2. Log loss: how improbable the truth was "
        "held. Lower is better for all. The temperature was fitted on validation films and changes no decision."
    )


def raw(source: Source) -> Source | None:
    """The source as its network says it, before its temperature; ``None`` where there is none to undo."""
    checkpoint = source.checkpoint
    if checkpoint is None or checkpoint.card.temperature == 1:
        return None
    return replace(
        source,
        key=f"{source.key}/raw",
        predictions=cache.computed(
            "raw", (source.key,), lambda: tempered(source.predictions, 1 / checkpoint.card.temperature)
        ),
    )


def _diagram(source: Source, place: int, kind: Kind, *, before: bool) -> None:
    shown = (raw(source) or source) if before else source
    found, error = cache.computed(
        "reliability",
        (shown.key, kind),
        lambda: (reliability(shown.predictions, kind=kind), ece(shown.predictions, kind=kind)),
    )
    st.markdown(f"**{widgets.verbatim(source.title)}** · ECE {error:.3f}, {_KINDS[kind].lower()}")
    plot.show(
        charts.reliability(found, widgets.palette(), place),
        name=f"reliability-{source.name}",
        key=f"reliability_{source.name}",
        alt=f"Reliability diagram of {source.title}: expected calibration error {error:.3f}",
    )
    st.caption(_temperature(source, before=before))


def _temperature(source: Source, *, before: bool) -> str:
    if source.checkpoint is None:
        return "As given in the table."
    temperature = source.checkpoint.card.temperature
    if temperature == 1:
        return "No temperature scaling: its card says 1."
    if before:
        return f"Before: as if the temperature were 1. Diagnose shows it after, with {temperature:.3f}."
    return f"After: logits divided by a temperature of {temperature:.3f}. This is what Diagnose shows."


def _table(sources: Sequence[Source]) -> pd.DataFrame:
    rows = []
    for source in sources:
        before = raw(source)
        for said, one in (("before", before), ("after", source)) if before else (("", source),):
            assert one is not None  # noqa: S101 - only one that is there gets a row
            scores = cache.computed("scores", (one.key,), partial(_scores, one.predictions))
            rows.append({"Model": source.title, "Temperature scaling": said or "none", **scores})
    return pd.DataFrame(rows)


def _scores(found: Predictions) -> dict[str, str]:
    return {
        "ECE, equal width": f"{ece(found):.3f}",
        "ECE, adaptive": f"{ece(found, kind='adaptive'):.3f}",
        "Brier score": f"{brier(found):.3f}",
        "Log loss": f"{log_loss(found):.3f}",
    }
