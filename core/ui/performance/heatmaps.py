"""Can the heatmaps be believed? Every method's measured faithfulness, network by network."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Final

import numpy as np
import pandas as pd
import streamlit as st

from core.errors import DataError
from core.explain import DEFAULT, METHODS
from core.records import grouped
from core.tasks import Task
from core.trust.scores import NOTABLE, SCORES
from core.trust.table import SHIPPED, Mean, ahead_of, by_method, clear
from core.ui import pickers, plot, state, widgets
from core.ui.measured import every
from core.ui.performance import dots, measured
from core.ui.performance.sources import Source
from core.words import percent

_FAR: Final = 0.05
"""Lead on one network by one figure that is named although on average there is none."""
_NAMED: Final = 2  # such leads, the farthest


def show(sources: Sequence[Source], _task: Task) -> None:
    """The section."""
    try:
        found = measured.by_source(Mean, SHIPPED, sources)
    except DataError as error:
        widgets.say(error, "The table of faithfulness cannot be used.")
        return
    if not found:
        st.info(
            "The heatmaps of these networks were not measured. `python -m core faithfulness --data DIR` does it.",
            icon=":material/straighten:",
        )
        return
    titles = {name: score.title for name, score in SCORES.items()}
    name = pickers.segments("Figure", titles, state.performance.SCORE)
    score = SCORES[name]
    st.markdown(f"{score.says} {'Higher' if score.higher else 'Lower'} is better. ({score.paper})")
    shown = [source for source in sources if source.name in found]
    means = [mean for means in found.values() for mean in means if mean.score == name]
    ends = dots.span(map(_dot, means), [value for mean in means for value in (mean.random, mean.blob)])
    for cell, source in zip(widgets.side_by_side(len(shown)), shown, strict=True):
        with cell:
            rows = [mean for mean in found[source.name] if mean.score == name]
            st.markdown(f"**{widgets.verbatim(source.title)}** · {max(mean.films for mean in rows)} films")
            plot.show(
                dots.drawn(
                    [_dot(mean) for mean in rows],
                    {
                        "Random map": sorted({mean.random for mean in rows}),  # measured at different times: several
                        "Centre of the film": sorted({mean.blob for mean in rows}),
                    },
                    ends,
                    score.title,
                    widgets.palette(),
                ),
                name=f"{name}-{source.name}",
                key=f"faithful_{source.name}",
                alt=f"{score.title} of every method on {source.title}: "
                + ", ".join(f"{METHODS[mean.method].title} {mean.value:.2f}" for mean in rows),
            )
            st.markdown(_verdict(rows))
    st.dataframe(_table(shown, found), width="stretch", hide_index=True, key="faithfulness")
    several = any(len({mean.random for mean in found[source.name] if mean.score == name}) > 1 for source in shown)
    times = "Several random maps: methods measured at different times, each beside its own. " if several else ""
    st.caption(
        "Means over test films, for the class each network read; whiskers and brackets: 95 %, bootstrap of patients. "
        "Clearly better: on the same films, with 95 % confidence of each. A random map and a blob at the centre know "
        "nothing of the film, and the centre of a chest film is where the lungs are. "
        f"{times}{_chosen(every(Mean, SHIPPED))}"
    )
    measured.missing(sources, found)


def _dot(mean: Mean) -> dots.Dot:
    title = METHODS[mean.method].title
    rivals = f"random map {mean.random:.3f}, centre {mean.blob:.3f}"
    note = f"{rivals}; beats both on {percent(mean.better)} of the films"
    return dots.Dot(title, mean.value, mean.low, mean.high, note)


def _verdict(rows: Sequence[Mean]) -> str:
    """Which methods beat both rivals by one score on one network, in a sentence."""
    better = [METHODS[mean.method].title for mean in rows if clear(mean)]
    if len(better) == len(rows):
        return "Every method is clearly better than a random map and than the centre of the film."
    if not better:
        return "**No method is clearly better than both a random map and the centre of the film.**"
    return f"Clearly better than both: {', '.join(better)}."


def _chosen(found: Sequence[Mean]) -> str:
    """How far other fast methods are ahead of the one chosen at first, over all networks and figures measured."""
    default, leads = METHODS[DEFAULT].title, ahead_of(DEFAULT, found)
    if not leads:
        return ""
    by = grouped(leads, lambda one: one[0].method)
    averages = {method: float(np.mean([lead for _, lead in each])) for method, each in by.items()}
    first, most = max(averages.items(), key=itemgetter(1))
    if most > NOTABLE:
        says = f"{METHODS[first].title} is ahead of {default}, which is chosen at first, by {most:.2f}."
    else:
        says = (
            f"no fast method is ahead of {default} by more than {NOTABLE:.2f}: of those that are about as good it is "
            "the simplest, and so it is chosen at first."
        )
    return f"On average over all networks and figures measured, {says}{_far_ahead(leads)}"


def _far_ahead(leads: Sequence[tuple[Mean, float]]) -> str:
    """Where a method is far ahead all the same: the farthest on each network by each figure."""
    farthest: dict[tuple[str, str], tuple[Mean, float]] = {}
    for mean, lead in sorted(leads, key=lambda one: -one[1]):
        farthest.setdefault((mean.weights_sha256, mean.score), (mean, lead))
    named = [
        f" On {mean.model} {METHODS[mean.method].title} is ahead by {lead:.2f} in {SCORES[mean.score].title}."
        for mean, lead in list(farthest.values())[:_NAMED]
        if lead > _FAR
    ]
    return "".join(named)


def _table(sources: Sequence[Source], found: dict[str, list[Mean]]) -> pd.DataFrame:
    rows = []
    for source in sources:
        for method, means in by_method(found[source.name]).items():
            row: dict[str, object] = {"Network": source.title, "Method": METHODS[method].title}
            for mean in means:
                title = SCORES[mean.score].title
                row[title] = f"{mean.value:.3f} ({mean.low:.3f} to {mean.high:.3f})"
                row[f"{title}: random, centre"] = f"{mean.random:.3f}, {mean.blob:.3f}"
                row[f"{title}: beats both"] = percent(mean.better)
            rows.append(row)
    return pd.DataFrame(rows)
