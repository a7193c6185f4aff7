"""Two models on the same films: is one better, or was it luck?"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.errors import PneumoLensError
from core.evaluate import Comparison, Signed, compare
from core.tasks import Task
from core.ui import cache, cells, pickers, plot, state, widgets
from core.ui.performance import controls, downloads, films
from core.ui.performance.sources import Source

Flags = NDArray[np.bool_]
"""Bool ``[N]``, one per film."""


_GROUPS: Final[Mapping[str, tuple[str, Callable[[Flags, Flags, Flags], Flags]]]] = {
    "differing": ("Decided differently", lambda _a, _b, differ: differ),
    "only_a": ("Only {a} right", lambda a, b, _: a & ~b),
    "only_b": ("Only {b} right", lambda a, b, _: b & ~a),
    "both_wrong": ("Both wrong", lambda a, b, _: ~a & ~b),
}
"""Which films may be listed: of whether each network is right and whether they differ."""

_PAIR: Final = 2


def show(sources: Sequence[Source], _task: Task) -> None:
    """The section."""
    if len(sources) < _PAIR:
        st.info(
            "Choose two models or tables at the left: here two are compared, film by film.", icon=":material/compare:"
        )
        return
    titles = {source.name: source.title for source in sources}
    left, middle, right = st.columns([2, 2, 3])
    with left:
        first = pickers.drop_down("First", titles, state.performance.PAIR[0])
    with middle:
        others = {name: title for name, title in titles.items() if name != first}
        second = pickers.drop_down("Second", others, state.performance.PAIR[1])
    a, b = (next(source for source in sources if source.name == name) for name in (first, second))
    if a.task != b.task:
        st.warning(
            f"**{a.title} and {b.title} cannot be compared:** one knows {len(a.task.classes)} classes, the other "
            f"{len(b.task.classes)}. Choose two with the same classes.",
            icon=":material/compare:",
        )
        return
    with right:
        coarse = controls.grain(a.task) == controls.MERGED
    try:
        found = cache.computed(
            "comparison",
            (a.key, b.key, str(coarse)),
            lambda: compare(a.predictions, b.predictions, a.task, coarse=coarse),
        )
    except PneumoLensError as error:
        widgets.say(error, f"{widgets.verbatim(a.title)} and {widgets.verbatim(b.title)} cannot be compared.")
        return
    st.subheader(_unbroken(widgets.verbatim(found.sentence(a.title, b.title))), anchor=False)
    _numbers(found, a, b)
    matrix, table = st.columns([5, 6], gap="large")
    with matrix:
        st.markdown(f"**{widgets.verbatim(a.title)} less {widgets.verbatim(b.title)}**, films")
        labels = [a.task.word(name) for name in found.classes]
        plot.show(
            cells.difference(found.difference, labels, widgets.palette()),
            name=f"difference-{a.name}-{b.name}",
            key="difference",
            alt=f"Difference of the confusion matrices of {a.title} and {b.title}",
        )
    with table:
        _fourfold(found, a, b)
        downloads.comparison(found, a, b)
    _films(found, a, b, coarse=coarse)


def groups(a: Source, b: Source, files: Sequence[str], *, coarse: bool) -> dict[str, NDArray[np.int64]]:
    """Positions, among the first's predictions, of the films in each group.

    Args:
        a: the first.
        b: the second.
        files: that both have.
        coarse: by merged classes.
    """
    places = [films.places(source, files) for source in (a, b)]
    group = np.array(a.task.merged_places) if coarse else np.arange(len(a.task.classes))
    labels = group[a.predictions.labels[places[0]]]
    said = [group[source.predictions.decisions[place]] for source, place in zip((a, b), places, strict=True)]
    right = [one == labels for one in said]
    return {name: places[0][of(right[0], right[1], said[0] != said[1])] for name, (_, of) in _GROUPS.items()}


def _unbroken(sentence: str) -> str:
    """With "p = .40" on one line."""
    return re.sub(r"p ([=<]|\\<) ", lambda sign: sign[0].replace(" ", "\u00a0"), sentence)


def _numbers(found: Comparison, a: Source, b: Source) -> None:
    accuracy, agreement, test, common = st.columns(4)
    accuracy.metric(
        "Difference of accuracy",
        f"{100 * found.accuracy.value:+z.1f} points",
        help=f"{a.title} less {b.title}, paired, 95 % bootstrap interval by patient",
    )
    accuracy.caption(_ends(found.accuracy, 100))
    kappa = found.kappa.value
    agreement.metric(
        "Cohen's kappa",
        "not defined" if np.isnan(kappa) else f"{kappa:z.2f}",
        help="Agreement of their decisions beyond chance",
    )
    agreement.caption(_ends(found.kappa, 1))
    test.metric("McNemar's p", f"{found.p:.3f}" if found.p >= 0.001 else "< 0.001", help="Exact, two-sided, by film")  # noqa: PLR2004
    test.caption(f"{found.only_a} against {found.only_b} films")
    common.metric("Films of both", f"{len(found):,}")
    common.caption(f"{len(found.differing):,} decided differently")


def _ends(figure: Signed, scale: float) -> str:
    if np.isnan(figure.value):
        return "Both decide every film alike, for one class"
    if not figure.told:
        return "95 % interval cannot be told: all samples agree"
    form = "+z.1f" if scale > 1 else "z.2f"  # as the figure itself
    return f"95 % interval {scale * figure.low:{form}} to {scale * figure.high:{form}}"


def _fourfold(found: Comparison, a: Source, b: Source) -> None:
    first, second = (widgets.verbatim(source.title) for source in (a, b))
    st.markdown(
        f"| Films | {second} right | {second} wrong |\n|---|---:|---:|\n"
        f"| **{first} right** | {found.both_right:,} | **{found.only_a:,}** |\n"
        f"| **{first} wrong** | **{found.only_b:,}** | {found.both_wrong:,} |"
    )
    st.caption(
        "McNemar's test looks at the two bold numbers: were neither model better, a disagreement would fall on either "
        "side like a coin. It takes films for independent; the interval of the difference keeps a patient's films "
        "together."
    )


def _films(found: Comparison, a: Source, b: Source, *, coarse: bool) -> None:
    st.subheader("Films", anchor=False)
    rows = cache.computed("groups", (a.key, b.key, str(coarse)), lambda: groups(a, b, found.files, coarse=coarse))
    titles = {
        name: f"{title.format(a=a.title, b=b.title)} ({len(rows[name]):,})" for name, (title, _) in _GROUPS.items()
    }
    group = pickers.segments("Which", titles, state.performance.GROUP)
    films.show(a, rows[group], f"{a.name}-{b.name}-{group}", beside=b)
