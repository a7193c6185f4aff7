"""The page below the sidebar. A fragment: what changes here runs no network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import streamlit as st

from core.certainty import HUMAN
from core.compare import Opinion, Verdict, judge
from core.errors import PneumoLensError
from core.ui import certainty, charts, cutoff, guard, look, making, plot, reading_room, state, viewer, widgets
from core.ui.compare import believed, page, panes, together
from core.ui.compare.choice import Choice
from core.ui.compare.panes import EACH, Pane
from core.ui.compare.seen import Seen, notes
from core.words import probability

if TYPE_CHECKING:
    from core.tasks import Task

_ICONS: Final = {
    "different verdict": ":orange[:material/call_split:]",
    "different evidence": ":orange[:material/alt_route:]",
    "mixed evidence": ":material/join_inner:",
    "similar evidence": ":green[:material/check_circle:]",
    "same verdict": ":material/drag_handle:",
    "one reading": "",
}
_ACROSS: Final = 2
"""Panes beside the original."""


@state.fragment
def show(seen: Sequence[Seen], chosen: Choice) -> None:
    """Verdict, readings, maps, agreement, export."""
    task = seen[0].checkpoint.task
    classes = seen[0].checkpoint.card.classes
    state.compare.prepare(tuple(one.key for one in seen), _first_question(seen, two=chosen.two))
    state.look.prepare()
    state.settle(state.compare.CLASS, [*classes, EACH])
    try:
        made = panes.make(seen, chosen)
    except PneumoLensError as error:
        widgets.say(error, f"These {task.image}s cannot be shown.")
        return
    pairs = together.pairs(made)
    verdict = judged(seen, pairs, task)
    st.subheader(f"{_ICONS[verdict.kind]} {verdict.title}".strip(), anchor=False)
    if verdict.adds:  # the readings themselves stand right below
        st.markdown(verdict.adds)
    _readings(seen)
    _controls(seen[0])
    if reading_room.usable():
        _room(seen, made)
    else:
        reading_room.note()
        _grid(seen, made)
    if any(pane.weak for pane in made):
        low = probability(cutoff.shown_from(len(classes)))
        st.toggle(f"Heatmaps of classes below {low} too", key=state.compare.WEAK_TOO)
    trusted = believed.show(made)
    pair = together.show(pairs)
    if making.busy():
        st.caption("The page can be downloaded once its maps are made.")
    elif made:
        sure = [f"{one.name}: {says}." for one in seen if (says := certainty.line(one.result, one.checkpoint))]
        page.buttons(page.Shown(verdict, seen, made, pairs, pair, trusted, sure))


def _first_question(seen: Sequence[Seen], *, two: bool) -> str:
    """The class explained until the visitor chooses: the one read most, or what each reads itself.

    Networks are asked the same question of one film, unless one of them hardly sees that class and would show nothing;
    two films that are read differently each have their own story.
    """
    classes = seen[0].checkpoint.card.classes
    mean = np.mean([[one.by_class[name] for name in classes] for one in seen], axis=0)
    favoured = classes[int(mean.argmax())]
    differ = len({one.prediction for one in seen}) > 1
    unseen = any(cutoff.weak(one.by_class[favoured], len(classes)) for one in seen)
    return EACH if differ and (two or unseen) else favoured


def judged(seen: Sequence[Seen], pairs: Sequence[together.Pair], task: Task) -> Verdict:
    """What the readings have in common, and the maps behind those of one film, whatever class is explained below."""
    opinions = [Opinion(one.name, one.prediction, one.share, one.human) for one in seen]
    return judge(opinions, [pair.agreement for pair in pairs if pair.behind_readings], task)


def _readings(seen: Sequence[Seen]) -> None:
    """Every reading in words and bars; where a film comes from beside it, or once where there is one film only."""
    if not seen[0].letter:
        widgets.origin(seen[0].result.upload.note)
    for place, (column, one) in enumerate(zip(widgets.side_by_side(len(seen)), seen, strict=True)):
        words, by_class = one.checkpoint.task.words, one.by_class
        with column:
            name = f" · {widgets.verbatim(one.result.upload.name)}" if one.letter else ""
            film = f" · {one.which}" if one.letter else ""
            who, verdict = f"{one.title}{film}:", f"{words[one.prediction]} {one.share}"
            human = f"**{who}** {certainty.HUMAN_ICON} **{HUMAN}.** {verdict}"
            st.markdown(f"{human if one.human else f'**{who} {verdict}**'}{name}")
            figure = charts.probability_bars(
                [words[label] for label in by_class],
                list(by_class.values()),
                list(by_class).index(one.prediction),
                widgets.palette(),
                dense=True,
            )
            spoken = ", ".join(f"{words[label]} {probability(share)}" for label, share in by_class.items())
            alt = f"Probabilities by {one.name}: {spoken}"
            plot.show(figure, key=f"compared_{place}", alt=alt)
            if one.letter:
                widgets.origin(one.result.upload.note)
            with st.container(gap=None):
                guard.short(one.result, one.checkpoint)
                certainty.short(one.result, one.checkpoint)


def _controls(one: Seen) -> None:
    words = {**one.checkpoint.task.words, EACH: "Each its own"}
    with viewer.controls():
        st.segmented_control(
            "Explain",
            [*one.checkpoint.card.classes, EACH],
            key=state.compare.CLASS,
            format_func=words.__getitem__,
            required=True,
            width="content",
        )
        target = str(state.value(state.compare.CLASS))
        viewer.against(one.checkpoint, state.compare.AGAINST, target, disabled=target == EACH)
        if not reading_room.usable():  # the viewer has a control of its own for it
            look.opacity()
        with look.display():
            st.toggle(
                "One colour scale",
                key=state.compare.ONE_SCALE,
                help="For maps that can be compared: those of one method, and between networks only where the method's "
                "cells add up to the logit. Otherwise every map is scaled to its own strongest place.",
            )


def _room(seen: Sequence[Seen], made: Sequence[Pane]) -> None:
    """All of it in the viewer: every film once, its maps beside it; below it the way to Diagnose."""
    films = {one.film.sha256: one for one in seen}
    shown, beside = [], []
    for sha256, one in films.items():
        task = one.checkpoint.task
        shown.append(viewer.in_room(one.result.upload, one.film, task))
        facts = widgets.sentence([one.hangs.state, *viewer.facts(one.film, task)])
        alt = f"The {task.image} as it is{one.of}"
        beside.append(reading_room.Pane(one.film.key, f"{one.hangs.title}{one.of}", alt, facts))
        beside += [panes.in_room(pane) for pane in made if pane.seen.film.sha256 == sha256]
    across = len(beside) // len(films) if len(films) > 1 else len(beside)
    reading_room.show("compare_room", shown, beside, columns=min(1 + _ACROSS, across))
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
        if made:
            st.caption("Open in Diagnose:", width="content")
        for place, pane in enumerate(made):
            panes.opener(pane, place, pane.title)
    _notes(seen)


def _grid(seen: Sequence[Seen], made: Sequence[Pane]) -> None:
    """The original once, its maps beside it; two films below each other."""
    drawn = state.look.look()
    place = 0
    for sha256, one in {one.film.sha256: one for one in seen}.items():
        mine = [pane for pane in made if pane.seen.film.sha256 == sha256]
        for start in range(0, max(1, len(mine)), _ACROSS):  # the original is there before any map is
            left, *right = st.columns(1 + _ACROSS, gap="small")
            with left:
                if start == 0:
                    _original(one)
                else:
                    _notes(seen)
            for column, pane in zip(right, mine[start : start + _ACROSS], strict=False):
                with column:
                    panes.show(pane, place, drawn)
                place += 1
    if all(len([pane for pane in made if pane.seen.film.sha256 == one.film.sha256]) <= _ACROSS for one in seen):
        _notes(seen)


def _original(one: Seen) -> None:
    task = one.checkpoint.task
    st.markdown(f"**{one.hangs.title}{one.of}**")
    st.image(one.film.picture, width="stretch", output_format="PNG", alt=f"The {task.image} as it is{one.of}")
    st.caption(widgets.sentence([one.hangs.state, *viewer.facts(one.film, task)]))


def _notes(seen: Sequence[Seen]) -> None:
    st.caption(f"{notes(seen)} **Trained on:** {seen[0].checkpoint.task.population}")
