"""The map of the films: what a network's features have in common, in two dimensions. A lasso lists films."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.errors import DataError
from core.evaluate.film_map import Point
from core.records import load
from core.tasks import Task
from core.ui import cache, pickers, plot, state, widgets
from core.ui.performance import cloud, controls, films
from core.ui.performance.sources import Source

Groups = dict[str, NDArray[np.int64]]

_CONFIDENCE: Final = "confidence"
_COLOURS: Final = {"class": "True class", "outcome": "Right or wrong", _CONFIDENCE: "Confidence"}


def show(sources: Sequence[Source], _task: Task) -> None:
    """The section."""
    mapped = [source for source in sources if source.checkpoint and source.checkpoint.film_map.is_file()]
    if not mapped:
        st.info(
            "None of the chosen models has a map of its films. Choose another at the left, or make one: "
            "`python -m core map --model NAME --data DIR`.",
            icon=":material/scatter_plot:",
        )
        return
    left, right = st.columns(2)
    with left:
        source = controls.one_of(mapped)
    with right:
        by = pickers.segments("Colour", _COLOURS, state.performance.COLOUR_BY)
    try:
        rows, xy = placed(source)
    except DataError as error:
        widgets.say(error, f"The map of {source.title} cannot be shown.")
        return
    found, colours = source.predictions, widgets.palette()
    texts = [
        f"Truly {truly}<br>read as {read}"
        for truly, read in zip(films.truths(source, rows), films.readings(source, rows), strict=True)
    ]
    if by == _CONFIDENCE:
        figure = cloud.shaded_points(xy, found.probabilities[rows].max(axis=1), "Probability", texts, colours)
    else:
        figure = cloud.points(xy, _GROUPS[by](source, rows), texts, colours)
    key = f"map_{source.name}_{by}"
    event = plot.pick(
        figure,
        f"Map of {len(rows)} films as {source.title} sees them",
        key=key,
        name=f"map-{source.name}",
        picked=partial(state.put, state.performance.PAGE, 1),
        by=("lasso", "box", "points"),
    )
    st.caption(
        f"Every dot is a film; films that {widgets.verbatim(source.title)} sees alike lie close together. "
        "A projection: distances far across it mean little."
    )
    chosen = sorted({int(point["customdata"]) for point in event.selection.points})
    if not chosen:
        st.info("Draw a lasso around dots, or click one, to see their films.", icon=":material/gesture_select:")
        return
    st.subheader(f"{len(chosen):,} film{'s' * (len(chosen) != 1)} selected", anchor=False)
    films.show(source, rows[chosen], f"{source.name}-map")


def placed(source: Source) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Films that are on the map: positions among the predictions, int64 ``[M]``, and points, float64 ``[M, 2]``.

    Raises:
        DataError: the map cannot be read, or is of other films.
    """
    assert source.checkpoint is not None  # noqa: S101 - only checkpoints have maps
    path = source.checkpoint.film_map

    def make() -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        where = {point.file: (point.x, point.y) for point in load(Point, path)}
        rows = np.array([row for row, file in enumerate(source.predictions.files) if file in where], dtype=np.int64)
        if not len(rows):
            raise DataError("It is a map of other films than the test predictions. Make both again.")
        return rows, np.array([where[source.predictions.files[row]] for row in rows])

    return cache.computed("map", (source.key, str(path), cache.stamp(path)), make)


def _by_class(source: Source, rows: NDArray[np.int64]) -> Groups:
    labels, classes = source.predictions.labels[rows], source.predictions.classes
    return {source.task.words[name]: np.flatnonzero(labels == place) for place, name in enumerate(classes)}


def _by_outcome(source: Source, rows: NDArray[np.int64]) -> Groups:
    right = (source.predictions.labels == source.predictions.decisions)[rows]
    return {"Read right": np.flatnonzero(right), "Read wrong": np.flatnonzero(~right)}


_GROUPS: Final[Mapping[str, Callable[[Source, NDArray[np.int64]], Groups]]] = {
    "class": _by_class,
    "outcome": _by_outcome,
}
