"""Confusion matrices side by side on one colour scale; a click on a cell lists its films."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.evaluate import Of, confusion, merged_decisions, shares
from core.tasks import Task
from core.ui import cells, pickers, plot, state, widgets
from core.ui.performance import controls, films
from core.ui.performance.sources import Source
from core.words import percent

_SHARES: Final[dict[Of, str]] = {"count": "Films", "true": "Share of the true class", "read": "Share of what was read"}
_SCALES: Final[dict[Of, str]] = {
    "count": "films in a cell",
    "true": "share of the films truly of the class (on the diagonal: recall)",
    "read": "share of the films read as the class (on the diagonal: precision)",
}
_PARTS: Final = 3  # of a cell in the address: model, true class, class read


def show(sources: Sequence[Source], task: Task) -> None:
    """The section."""
    with st.container(horizontal=True):
        grain = controls.grain(task)
        of = pickers.segments("Cells show", _SHARES, state.performance.SHARES)
    counted = [(source, *_counted(source, grain)) for source in sources]
    top = max((int(counts.max()) for _, _, counts in counted), default=1) if of == "count" else 1.0
    cell = _cell(counted)
    for place, (source, classes, counts) in zip(widgets.side_by_side(len(counted)), counted, strict=True):
        here = cell[1:] if cell and cell[0] is source else None
        with place:
            _matrix(source, classes, counts, of, top, here)
    _legend(of, top)
    if cell is None:
        st.info("Click a cell to see its films.", icon=":material/touch_app:")
        return
    source, true, read = cell
    classes, counts = _counted(source, grain)
    rows = members(source, grain, true, read)
    whole = int(counts[true].sum())
    share = f" of {whole:,} ({percent(len(rows) / whole)})" if whole else ""
    st.subheader(f"{source.title}: {len(rows):,}{share}", anchor=False)
    st.markdown(f"Truly **{source.task.word(classes[true])}**, read as **{source.task.word(classes[read])}**.")
    films.show(source, rows, f"{source.name}-{classes[true]}-{classes[read]}")


def members(source: Source, grain: str, true: int, read: int) -> NDArray[np.int64]:
    """Positions of the films in one cell, int64 ``[M]``."""
    labels, decisions = _grained(source, grain)
    return np.flatnonzero((labels == true) & (decisions == read))


def _grained(source: Source, grain: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """True and decided classes, int64 ``[N]`` each, merged when asked for."""
    found = source.predictions
    if grain == controls.MERGED:
        return np.array(source.task.merged_places)[found.labels], merged_decisions(found, source.task)
    return found.labels, found.decisions


def _counted(source: Source, grain: str) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Classes, and films by true and decided class, int64 ``[K, K]``."""
    classes = source.task.merged_classes if grain == controls.MERGED else source.task.classes
    return classes, confusion(*_grained(source, grain), len(classes))


def _matrix(  # noqa: PLR0913, PLR0917 - what a figure is made of
    source: Source,
    classes: Sequence[str],
    counts: NDArray[np.int64],
    of: Of,
    top: float,
    cell: tuple[int, int] | None,
) -> None:
    right, whole = int(counts.trace()), int(counts.sum())
    st.markdown(
        f"**{widgets.verbatim(source.title)}** · {right:,} of {whole:,} right ({percent(right / max(whole, 1), 1)})"
    )
    labels = [source.task.word(name) for name in classes]
    figure = cells.matrix(shares(counts, of), counts, labels, of, top, widgets.palette(), cell)
    key = f"cells_{source.name}"
    plot.pick(
        figure,
        f"Confusion matrix of {source.title}: {right} of {whole} films read right",
        key=key,
        name=f"confusion-{source.name}",
        picked=partial(_clicked, key, source.name, tuple(classes)),
        by=("points",),
    )


def _clicked(chart: str, name: str, classes: tuple[str, ...]) -> None:
    """Remember the cell that was clicked, by name, as the address has it."""
    chosen = state.picked(chart)
    if chosen:
        row, column = chosen[0]["y"], chosen[0]["x"]
        state.put(state.performance.CELL, f"{name},{classes[int(row)]},{classes[int(column)]}")
        state.put(state.performance.PAGE, 1)


def _cell(counted: Sequence[tuple[Source, tuple[str, ...], NDArray[np.int64]]]) -> tuple[Source, int, int] | None:
    """The cell chosen by a click or a link: source, row, column; ``None`` when there is none such now."""
    parts = str(state.value(state.performance.CELL) or "").rsplit(",", _PARTS - 1)
    if len(parts) != _PARTS:
        return None
    for source, classes, _ in counted:
        if source.name == parts[0] and parts[1] in classes and parts[2] in classes:
            return source, classes.index(parts[1]), classes.index(parts[2])
    return None


def _legend(of: Of, top: float) -> None:
    colours = widgets.palette()
    end = f"{top:,.0f}" if of == "count" else "100 %"
    st.html(
        '<div style="display:flex;align-items:center;gap:.6rem;font-size:.875rem"><span>0</span>'
        '<span role="img" aria-label="Colour scale" style="flex:0 1 12rem;height:.8rem;border-radius:3px;'
        f'border:1px solid {colours.muted};background:linear-gradient(90deg,{colours.panel},{colours.accent})"></span>'
        f"<span>{end}, {_SCALES[of]}; one scale for all</span></div>"
    )
