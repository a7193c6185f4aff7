"""What the readings owe to the lungs: evidence inside the lung fields, and what is read without them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import streamlit as st

from core.errors import DataError
from core.explain import METHODS
from core.lungs.probe import SHIPPED as PROBE
from core.lungs.probe import VIEWS, Probed, in_words
from core.lungs.shares import SHIPPED as SHARES
from core.lungs.shares import MeanInside
from core.tasks import Task
from core.ui import pickers, plot, state, widgets
from core.ui.performance import dots, measured
from core.ui.performance.dots import Dot
from core.ui.performance.sources import Source
from core.words import percent

_SHOWN: Final = {"inside": "Evidence in the lungs", "probe": "Shortcut probe"}


def show(sources: Sequence[Source], task: Task) -> None:
    """The section."""
    name = pickers.segments("Figure", _SHOWN, state.performance.LUNGS_FIGURE)
    try:
        _FIGURES[name](sources, task)
    except DataError as error:
        widgets.say(error, "The table of lung fields cannot be used.")


def _inside(sources: Sequence[Source], _task: Task) -> None:
    found = measured.by_source(MeanInside, SHARES, sources)
    if not found:
        _nothing("measure")
        return
    st.markdown(
        "How much of a heatmap lies in the lung fields, beside the share of the film that they cover: "
        "evidence spread evenly over the film would have that."
    )
    rows = {
        name: [
            Dot(
                METHODS[one.method].title,
                one.inside,
                one.low,
                one.high,
                f"{percent(one.outside)} of films mostly outside",
            )
            for one in of_one
        ]
        for name, of_one in found.items()
    }
    rivals = {name: {"Lungs' share of the film": (of_one[0].share,)} for name, of_one in found.items()}
    said = {
        name: f"Most of the evidence lies outside the lungs on {_range([one.outside for one in of_one])} of "
        f"{of_one[0].films} films."
        for name, of_one in found.items()
    }
    _side_by_side(sources, rows, rivals, "Share of the evidence", said)
    st.caption(
        "Means over test films with plausible lungs, for the class that was read; whiskers: 95 %, bootstrap of "
        "patients. Coarse maps reach beyond the lungs however well they are placed."
    )
    measured.missing(sources, found)


def _probe(sources: Sequence[Source], _task: Task) -> None:
    found = measured.by_source(Probed, PROBE, sources)
    if not found:
        _nothing("probe")
        return
    st.markdown(
        "How often a network reads films right when it is not shown the lungs, and when it is shown nothing else. "
        "A network that needs no lungs reads something else."
    )
    rows = {
        name: [
            Dot(
                VIEWS[one.view].title,
                one.accuracy,
                one.low,
                one.high,
                f"{percent(one.merged, 1)} for the two merged classes",
            )
            for one in of_one
        ]
        for name, of_one in found.items()
    }
    rivals = {name: {"Always the commonest class": (of_one[0].commonest,)} for name, of_one in found.items()}
    _side_by_side(sources, rows, rivals, "Share read right", {name: in_words(of_one) for name, of_one in found.items()})
    st.caption(
        "Share of test films with plausible lungs that were read right, all classes; whiskers: 95 %, bootstrap of "
        "patients. A hidden lung still has an outline, so its shape and size can be read."
    )
    measured.missing(sources, found)


def _nothing(what: str) -> None:
    st.info(
        f"This was not measured for these networks. `python -m core lungs {what} --data DIR` does it.",
        icon=":material/pulmonology:",
    )


def _side_by_side(
    sources: Sequence[Source],
    rows: Mapping[str, Sequence[Dot]],
    rivals: Mapping[str, Mapping[str, Sequence[float]]],
    title: str,
    said: Mapping[str, str],
) -> None:
    """A figure for every network, on one axis of that title, and a sentence under it."""
    shown = [source for source in sources if source.name in rows]
    ends = dots.span(
        (dot for of_one in rows.values() for dot in of_one),
        [value for of_one in rivals.values() for values in of_one.values() for value in values],
    )
    for cell, source in zip(widgets.side_by_side(len(shown)), shown, strict=True):
        with cell:
            st.markdown(f"**{widgets.verbatim(source.title)}**")
            plot.show(
                dots.drawn(rows[source.name], rivals[source.name], ends, title, widgets.palette()),
                name=f"lungs-{source.name}",
                key=f"lungs_{source.name}",
                alt=f"{source.title}: " + ", ".join(f"{dot.title} {dot.value:.2f}" for dot in rows[source.name]),
            )
            st.markdown(said[source.name])


def _range(shares: Sequence[float]) -> str:
    low, high = percent(min(shares)), percent(max(shares))
    return low if low == high else f"{low} to {high} (by method)"


_FIGURES: Final = {"inside": _inside, "probe": _probe}
