"""A list of films behind a figure: a table, small pictures where the films are there, and the way to Diagnose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from core.ui import archive, cache, pickers, state, widgets
from core.ui.performance import downloads
from core.ui.performance.sources import Source
from core.words import probability

ROWS: Final = 2000
"""Films a table shows; its download has all."""

PAGE: Final = 12
"""Small pictures at once."""

_ACROSS: Final = 6
_SHORT: Final = "Diagnose"
_HIGH: Final = 8  # rows of the table in view
_ORDERS: Final = {"surest": "Surest first", "closest": "Closest first"}

Places = NDArray[np.int64]


def show(source: Source, rows: Places, name: str, beside: Source | None = None) -> None:
    """Films of a source.

    Args:
        source: whose readings are listed.
        rows: positions of the films among its predictions, int64 ``[M]``.
        name: of the list, for the file it can be downloaded as.
        beside: another source whose reading of the same films is shown too.
    """
    if not len(rows):
        st.info("No film is here.", icon=":material/hide_image:")
        return
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        order = pickers.segments(
            "Order", _ORDERS, state.performance.ORDER, hint="By the margin between the first and second class"
        )
    with right, st.container(horizontal=True, horizontal_alignment="right"):
        downloads.films(source, rows, name)
    margin = source.predictions.margins[rows]
    rows = rows[np.argsort(-margin if order == "surest" else margin, kind="stable")]
    chosen = _table(source, rows[:ROWS], f"films_{name}_{order}", beside)
    if len(rows) > ROWS:
        st.caption(f"The first {ROWS:,} of {len(rows):,}; the download has all.")
    if archive.root() is None:
        archive.absent()
        return
    if chosen is not None:
        _open(source, int(rows[chosen]), "Open the selected film in Diagnose", f"open_row_{name}")
    _pictures(source, rows, name, beside)


def readings(source: Source, rows: Places) -> list[str]:
    """Each film's reading in a few words: "Viral pneumonia 62 %"."""
    shares = source.predictions.probabilities[rows]
    words = [source.task.words[name] for name in source.predictions.classes]
    decided = shares.argmax(axis=1)
    return [
        f"{words[place]} {probability(share)}"
        for place, share in zip(decided.tolist(), shares.max(axis=1).tolist(), strict=True)
    ]


def truths(source: Source, rows: Places) -> list[str]:
    """Each film's true class in words."""
    words = [source.task.words[name] for name in source.predictions.classes]
    return [words[place] for place in source.predictions.labels[rows].tolist()]


def places(source: Source, files: Iterable[str]) -> Places:
    """Where films, by name, are among a source's predictions, int64 ``[M]``; it must have all of them."""
    where: Mapping[str, int] = cache.computed(
        "places", (source.key,), lambda: {file: place for place, file in enumerate(source.predictions.files)}
    )
    return np.array([where[file] for file in files], dtype=np.int64)


def _table(source: Source, rows: Places, key: str, beside: Source | None) -> int | None:
    """The films as a table; the position of the selected row, if any."""
    found, words = source.predictions, [source.task.words[name] for name in source.predictions.classes]
    files = [found.files[row] for row in rows]
    columns: dict[str, object] = {
        "File": files,
        "Patient": [found.patients[row] for row in rows],
        "Truly": truths(source, rows),
        f"{source.title} reads" if beside else "Read as": [words[place] for place in found.decisions[rows].tolist()],
    }
    if beside is not None:
        columns[f"{beside.title} reads"] = readings(beside, places(beside, files))
    columns["Margin"] = 100 * found.margins[rows]
    shares = {label: 100 * found.probabilities[rows, place] for place, label in enumerate(words)}
    columns |= shares
    numbers = {label: st.column_config.NumberColumn(format="%.1f %%", width=140) for label in shares}
    event = st.dataframe(
        pd.DataFrame(columns),
        width="stretch",
        height=widgets.table_height(min(_HIGH, len(rows))),
        hide_index=True,
        column_config={
            **numbers,
            "Margin": st.column_config.NumberColumn(format="%.1f %%", width=75),
            "File": st.column_config.TextColumn(width=280),
            "Patient": st.column_config.TextColumn(width=130),
        },
        on_select="rerun",
        selection_mode="single-row",
        key=key,
    )
    selected = event.selection.rows
    return selected[0] if selected and selected[0] < len(rows) else None


def _pictures(source: Source, rows: Places, name: str, beside: Source | None) -> None:
    there = [int(row) for row in rows[:ROWS] if archive.has(source.predictions.files[row])]
    if not there:
        st.caption(":material/hide_image: None of these films is in the folder of films on this server.")
        return
    pages = -(-len(there) // PAGE)
    page = 1
    if pages > 1:
        state.clamp(state.performance.PAGE, 1, pages)
        page = int(st.number_input(f"Pictures, page of {pages}", 1, pages, key=state.performance.PAGE, width=180))
    shown = there[(page - 1) * PAGE : page * PAGE]
    for start in range(0, len(shown), _ACROSS):
        for cell, row in zip(st.columns(_ACROSS), shown[start : start + _ACROSS], strict=False):
            with cell:
                _card(source, row, f"{name}_{row}", beside)


def _card(source: Source, row: int, key: str, beside: Source | None) -> None:
    if not archive.picture(source.predictions.files[row], "A small picture of the film"):
        return
    here = np.array([row])
    files = [source.predictions.files[row]]
    other = "" if beside is None else f"{beside.title}: {readings(beside, places(beside, files))[0]}"
    says = f"{source.title}: {readings(source, here)[0]}" if beside else f"**{readings(source, here)[0]}**"
    st.caption(
        "  \n".join(line for line in (says, widgets.verbatim(other), f"Truly {truths(source, here)[0]}") if line)
    )
    _open(source, row, _SHORT, f"open_{key}")


def _open(source: Source, row: int, label: str, key: str) -> None:
    """A button that takes the film to Diagnose, with this backbone and the class that it read."""
    if not st.button(label, key=key, icon=":material/radiology:", width="stretch" if label == _SHORT else "content"):
        return
    found = source.predictions
    model = source.checkpoint.name if source.checkpoint else None
    archive.open_in_diagnose(found.files[row], found.classes[int(found.decisions[row])], model)
