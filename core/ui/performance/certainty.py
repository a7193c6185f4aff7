"""How sure are the networks, really? Prediction sets, films left to a human reader, and words, as measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import pandas as pd
import streamlit as st

from core.certainty import (
    LEVELS,
    TARGETS,
    TOLD,
    WORDINGS,
    Certainty,
    Coverage,
    Right,
    Risk,
    coverage,
    kept,
    risk,
    said,
)
from core.tasks import Task
from core.ui import cache, plot, widgets
from core.ui import certainty as fitted
from core.ui.performance import selective
from core.ui.performance.sources import Source
from core.words import percent, within

V = TypeVar("V")


def show(sources: Sequence[Source], task: Task) -> None:
    """The section."""
    known = {source.name: found for source in sources if (found := _fitted(source)) is not None}
    _sets([source for source in sources if source.name in known], known, task)
    _without([source for source in sources if source.name not in known])
    st.subheader("Left to a human reader", anchor=False)
    _risk(sources)
    st.dataframe(_risks(sources), width="stretch", hide_index=True, key="risks")
    st.caption(
        "The films with the lowest highest probability are left to a reader first. AURC: area under this curve, the "
        "share that is wrong averaged over all shares read; lower is better. Bands and brackets: 95 % of 2,000 "
        "bootstrap samples of patients."
    )
    if known:
        rows = [row for source in sources if source.name in known for row in _cuts(source, known[source.name])]
        st.dataframe(pd.DataFrame(rows), width="stretch", hide_index=True, key="cuts")
        st.caption("Brackets here: Wilson's 95 % interval by patient, slightly different from a bootstrap's.")
        st.subheader("Words for it", anchor=False)
        rows = [row for source in sources if source.name in known for row in _words(source, known[source.name])]
        st.dataframe(pd.DataFrame(rows), width="stretch", hide_index=True, key="words")
        st.caption(
            "Cuts were found on validation films, what they are worth was measured on the films of this page. "
            "Brackets: Wilson's 95 % interval by patient."
        )


def _fitted(source: Source) -> Certainty | None:
    return None if source.checkpoint is None else fitted.usable(source.checkpoint)


def _measured(source: Source, found: Certainty, measure: Callable[..., V]) -> V:
    assert source.checkpoint is not None  # noqa: S101 - only networks have validation films
    return fitted.on_test(source.checkpoint, source.key, source.predictions, found, measure)


def _sets(sources: Sequence[Source], known: dict[str, Certainty], task: Task) -> None:
    st.subheader("Prediction sets", anchor=False)
    if not sources:
        return
    measured = {source.name: _measured(source, known[source.name], coverage) for source in sources}
    lowest, named = _lowest(measured.values()), {name: task.word(name) for name in task.classes}
    for cell, source in zip(widgets.side_by_side(len(sources)), sources, strict=True):
        with cell:
            found = measured[source.name]
            st.markdown(f"**{widgets.verbatim(source.title)}**")
            plot.show(
                selective.coverage(found, named, lowest, widgets.palette()),
                name=f"coverage-{source.name}",
                key=f"coverage_{source.name}",
                alt=f"Coverage of prediction sets of {source.title}: "
                + ", ".join(f"{percent(found.overall[at].value)} at {percent(LEVELS[at])}" for at in TOLD),
            )
    rows = [row for source in sources for row in _coverages(source, measured[source.name], task)]
    st.dataframe(pd.DataFrame(rows), width="stretch", hide_index=True, key="coverage", height="content")
    fitted = " and ".join(str(films) for films in sorted({known[source.name].films for source in sources}))
    slips = _slips(task) if any(known[source.name].allowing for source in sources) else ""
    st.caption(
        f"Sets were fitted to {fitted} validation films, class by class (split conformal prediction, Mondrian), "
        "and measured on the films of this page. Above the dotted line a set holds the true class more often than "
        f"asked. Films of another hospital, age or view may lie anywhere. {slips}Brackets: 95 %, "
        "bootstrap of patients."
    )


def _slips(task: Task) -> str:
    """Which labels are mistaken for each other, and that this is allowed for."""
    alike = [
        [within(task.word(name)) for name, at in zip(task.classes, task.sure_places, strict=True) if at == group]
        for group in sorted(set(task.sure_places))
    ]
    said = "; ".join(" for ".join(names) for names in alike if len(names) > 1)
    return (
        f"Films are now and then labelled {said}, or the other way round; how often was estimated from the same "
        "validation films and is allowed for. "
    )


def _lowest(found: Iterable[Coverage]) -> float:
    """Where the axis of shares begins: a little below the lowest."""
    values = [one.value for each in found for ends in (each.overall, *each.by_class.values()) for one in ends]
    return max(0.0, min(values) - 0.03)


def _coverages(source: Source, found: Coverage, task: Task) -> list[dict[str, str]]:
    return [
        {
            "Model": source.title,
            "Level": percent(LEVELS[at]),
            "All films": str(found.overall[at]),
            **{task.word(name): str(ends[at]) if ends else "no films" for name, ends in found.by_class.items()},
            "Classes in a set": f"{found.size[at]:.2f}",
            "Several": percent(found.several[at]),
            "Empty": percent(found.empty[at]),
        }
        for at in TOLD
    ]


def _without(sources: Sequence[Source]) -> None:
    """Those of which no set can be made, and what to run."""
    for source in sources:
        if source.checkpoint is None:
            st.caption(f"{source.title}: no prediction sets, for want of validation predictions.")
        else:
            st.info(str(fitted.of(source.checkpoint)), icon=":material/help:")


def _risk(sources: Sequence[Source]) -> None:
    found = {source.title: _curve(source) for source in sources}
    plot.show(
        selective.risk(found, widgets.palette()),
        name="risk-coverage",
        key="risk_coverage",
        alt="Risk-coverage curves: " + ", ".join(f"{name}, area {one.area.value:.3f}" for name, one in found.items()),
    )


def _curve(source: Source) -> Risk:
    return cache.computed("risk", (source.key,), lambda: risk(source.predictions))


def _risks(sources: Sequence[Source]) -> pd.DataFrame:
    rows = []
    for source in sources:
        found = _curve(source)
        rows.append(
            {
                "Model": source.title,
                "AURC": f"{found.area:.3f}",
                **{f"Accuracy, {percent(share)} read": str(value) for share, value in found.accuracy_at.items()},
            }
        )
    return pd.DataFrame(rows)


def _cuts(source: Source, found: Certainty) -> list[dict[str, str]]:
    return [
        {
            "Model": source.title,
            "Wrong readings allowed": TARGETS[name].title,
            "Read from a probability of": _probability(found.cuts[name]),
            **_group(group, "Read"),
        }
        for name, group in _measured(source, found, kept).items()
    ]


def _words(source: Source, found: Certainty) -> list[dict[str, str]]:
    measured = _measured(source, found, said)
    return [
        {
            "Model": source.title,
            "Said": WORDINGS[name].title,
            "From a probability of": _probability(low),
            **_group(measured[name], "Films"),
        }
        for name, low in zip(WORDINGS, found.said_from, strict=True)
    ]


def _group(group: Right, title: str) -> dict[str, str]:
    return {
        title: f"{group.films} of {group.of} ({percent(group.films / group.of)})",
        "Right": "no films" if group.right is None else str(group.right),
    }


def _probability(low: float) -> str:
    return "none is enough" if low > 1 else f"{low:.2f}"
