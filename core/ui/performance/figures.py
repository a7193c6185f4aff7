"""Every figure with its interval, and the ROC and precision-recall curves with their bands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import streamlit as st

from core.checkpoint import Interval
from core.errors import PneumoLensError
from core.evaluate import (
    AREAS,
    METRICS,
    Curve,
    Predictions,
    classes_behind,
    figures,
    one_against_rest,
    precision_recall,
    roc,
    undefined,
)
from core.tasks import Task
from core.ui import cache, pickers, plot, state, widgets
from core.ui.performance import charts, controls, downloads
from core.ui.performance.sources import Source
from core.words import percent

_OVERALL: Final = {
    "accuracy": "Accuracy, all classes",
    "merged_accuracy": "Accuracy, two classes",
    "merged_sensitivity": "Sensitivity, two classes",
    "merged_specificity": "Specificity, two classes",
    "merged_auroc": "AUROC, two classes",
}
_MEANS: Final = {"macro": "Mean over classes (macro)", "weighted": "Mean weighted by films"}
NOTHING: Final = "\N{EN DASH}"
"""In place of a figure that is not defined."""


def _auroc(found: Curve) -> float:
    return float(np.trapezoid(found.y, found.x))


def _auprc(found: Curve) -> float:
    return float(np.diff(found.x) @ found.y[1:])  # average precision: steps, not lines


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of curve: key, title, axes, what makes it, and the area that sums it up, with its title."""

    name: str
    title: str
    axes: tuple[str, str]
    make: Callable[[Predictions, str], Curve]
    area: Callable[[Curve], float]
    area_title: str


_KINDS: Final = (
    _Kind("roc", "ROC curve", ("1 - specificity", "Sensitivity"), roc, _auroc, "AUROC"),
    _Kind(
        "precision_recall",
        "Precision-recall curve",
        ("Recall (sensitivity)", "Precision (PPV)"),
        precision_recall,
        _auprc,
        "AUPRC",
    ),
)
_CURVES: Final = {kind.name: kind for kind in _KINDS}


def show(sources: Sequence[Source], task: Task) -> None:
    """The section."""
    with st.spinner("Drawing 2,000 samples of patients …"):
        found = [(source, measured(source)) for source in sources]
    st.dataframe(
        _table(found, task),
        width="stretch",
        height=widgets.table_height(13.5),
        hide_index=True,
        column_config={"Figure": st.column_config.TextColumn(width="medium")},
        key="figures",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        downloads.metrics(found)
        st.caption(
            "Value and 95 % interval from 2,000 bootstrap samples of patients: all films of a patient stay together; "
            "Wilson's interval by patient where all samples agree. "
            f"Two classes: {' / '.join(task.word(name) for name in task.merged_classes)}, the decision made coarser."
        )
    st.subheader("Curves", anchor=False)
    positive = pickers.drop_down("Positive class", controls.positives(task), state.performance.POSITIVE)
    drawn = [(place, source) for place, source in enumerate(sources) if _has_both(source, positive)]
    shown = {place for place, _ in drawn}
    if left_out := [source.title for place, source in enumerate(sources) if place not in shown]:
        st.caption(f"Without a curve, for want of films of this class or of others: {', '.join(left_out)}.")
    if not drawn:
        return
    cells = st.columns(2, gap="medium")
    for cell, kind in zip(cells, _KINDS, strict=True):
        with cell:
            st.markdown(f"**{kind.title}**")
            try:
                with st.spinner("Drawing 2,000 samples of patients …"):
                    lines = _lines(kind, drawn, positive)
                share = float(one_against_rest(drawn[0][1].predictions, positive)[0].mean())
                guess = None if kind.name == "roc" else share
                _draw(kind, lines, guess, f"{kind.name}-{positive}".replace("_", "-"))
            except PneumoLensError as error:
                widgets.say(error, "These curves cannot be drawn.")
    st.caption(
        "Bands: 95 % of the curves of 2,000 bootstrap samples of patients, at each point of the horizontal axis; "
        "without width where all samples agree, which is no certainty. "
        "Dotted: a guess. A merged class' probability is the sum of its members'."
    )


def measured(source: Source) -> Mapping[str, Interval]:
    """Every figure of a source, worked out once."""
    return cache.computed("figures", (source.key,), lambda: figures(source.predictions, source.task))


def curve(kind: str, source: Source, positive: str) -> Curve:
    """A curve of a source with its band, worked out once.

    Raises:
        DataError: there is no film of the class, or none of another.
    """
    return cache.computed(kind, (source.key, positive), lambda: _CURVES[kind].make(source.predictions, positive))


def _has_both(source: Source, positive: str) -> bool:
    """Whether it has films of the class and of others: a table of two classes does not even know the finer ones."""
    try:
        truth = one_against_rest(source.predictions, positive)[0]
    except PneumoLensError:
        return False
    return bool(truth.any() and not truth.all())


def _table(found: Sequence[tuple[Source, Mapping[str, Interval]]], task: Task) -> pd.DataFrame:
    rows: list[dict[str, str]] = []

    def add(figure: str, of: str, name: str) -> None:
        cells = {source.title: _cell(source, figures, name, len(task.classes)) for source, figures in found}
        if any(cells.values()):
            rows.append({"Figure": figure, "Of": of, **cells})

    for name, title in _OVERALL.items():
        add(title, "all films", name)
    titles = {metric.name: metric.title for metric in METRICS.values()}
    titles |= {area.name: area.title for area in AREAS.values()}
    for metric, title in titles.items():
        for name in task.classes:
            add(title, task.word(name), f"{metric}.{name}")
        for name, mean in _MEANS.items():
            add(title, mean, f"{metric}.{name}")
    return pd.DataFrame(rows)


def _cell(source: Source, found: Mapping[str, Interval], name: str, most: int) -> str:
    """A figure with its interval, or why there is none; empty for a class that a table of two classes does not know."""
    metric, _, of = name.partition(".")
    if of and of not in {*source.task.classes, *_MEANS}:
        return ""
    figure = found.get(name)
    if figure is None:
        return f"{NOTHING} not defined: {undefined(name, source.predictions, source.task)}"
    ends = f"{100 * figure.low:.1f} to {100 * figure.high:.1f}" if figure.told else "interval cannot be told"
    behind, size = classes_behind(found, metric, source.task.classes), len(source.task.classes)
    over = f", over {behind}{f' of {size}' if behind < size else ''} classes" if of in _MEANS and behind < most else ""
    return f"{100 * figure.value:.1f} %  ({ends}){over}"


def _lines(kind: _Kind, drawn: Sequence[tuple[int, Source]], positive: str) -> list[charts.Line]:
    """A line per source, its area in its title."""
    lines = []
    for place, source in drawn:
        found = curve(kind.name, source, positive)
        lines.append(charts.Line(f"{source.title}, {kind.area_title} {percent(kind.area(found), 1)}", found, place))
    return lines


def _draw(kind: _Kind, lines: Sequence[charts.Line], guess: float | None, name: str) -> None:
    plot.show(
        charts.curves(lines, kind.axes, widgets.palette(), chance=guess),
        name=name,
        key=f"curve_{kind.name}",
        alt=f"{kind.title} of {', '.join(line.title for line in lines)}",
    )
