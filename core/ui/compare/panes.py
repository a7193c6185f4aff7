"""Panes: one map each, of one reading by one method; what is drawn, or why nothing is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import streamlit as st

from core.compare import common
from core.explain import METHODS, Heatmap
from core.render import Look
from core.ui import cache, cutoff, look, lungs, making, reading_room, state, trust, widgets
from core.ui.compare.choice import Choice
from core.ui.compare.seen import Seen
from core.ui.kept import Wanted

EACH: Final = ""
"""In place of a class to explain: what each network read itself. No class is called so."""


@dataclass(frozen=True, slots=True, eq=False)
class Pane:
    """One map.

    Attributes:
        seen: the reading behind it.
        heatmap: the map, on its own scale.
        drawn: the map as it is drawn: the same, or on a scale it shares.
        scale: name of that scale; empty for its own.
        top: its high end in words; empty for its own.
        title: what tells it from the other panes.
        why_not: why it is not drawn, in Markdown; ``None`` when it is.
    """

    seen: Seen
    heatmap: Heatmap
    drawn: Heatmap
    scale: str
    top: str
    title: str
    why_not: str | None

    @property
    def key(self) -> tuple[str, ...]:
        """What tells the map from every other, with the film under it."""
        return trust.key_of(self.seen.result, self.heatmap, self.seen.checkpoint)

    @property
    def weak(self) -> bool:
        """Whether the class explained is below the cut-off."""
        return cutoff.weak(self.seen.by_class[self.heatmap.target], len(self.seen.by_class))

    @property
    def of_reading(self) -> bool:
        """Whether it explains what its network read, by itself: then it is the evidence behind the reading."""
        return self.heatmap.target == self.seen.prediction and self.heatmap.against is None


def make(seen: Sequence[Seen], chosen: Choice) -> list[Pane]:
    """A pane for every reading and method, in this order, from what the page's controls hold.

    Those of slow methods that are not made yet have none; a panel offers to make them.

    Raises:
        CheckpointError: a network was let go and cannot be loaded again.
    """
    target, against = str(state.value(state.compare.CLASS)), _against()
    methods = chosen.methods
    sources = [(one, method) for one in seen for method in methods]
    found = making.maps([_wanted(one, method, against, chosen) for one, method in sources])
    there = [(source, maps) for source, maps in zip(sources, found, strict=True) if maps is not None]
    sources = [source for source, _ in there]
    heatmaps = [maps[one.prediction if target == EACH else target] for (one, _), maps in there]
    drawn = [(heatmap, "", "") for heatmap in heatmaps]
    if state.value(state.compare.ONE_SCALE):
        drawn = [
            (one.heatmap, one.name, f"{one.top:.1f} logits" if one.in_logits else f"{one.top:.2g}")
            for one in common(heatmaps)
        ]
    return [
        Pane(one, heatmap, shown, scale, top, _title(one, method, seen, methods), _why_not(one, heatmap))
        for (one, method), heatmap, (shown, scale, top) in zip(sources, heatmaps, drawn, strict=True)
    ]


def _wanted(one: Seen, method: str, against: str | None, chosen: Choice) -> Wanted:
    if one.result.reading is None:
        raise ValueError("this film has no reading")
    layers = chosen.layers(one.checkpoint)
    return Wanted(one.checkpoint, one.result.upload, one.result.reading, method, against, layers)


def show(pane: Pane, place: int, drawn: Look) -> None:
    """One pane: title, picture, legend, and the way to Diagnose."""
    st.markdown(f"**{pane.title}**")
    _picture(pane, drawn)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        method = METHODS[pane.heatmap.method].title
        where = pane.heatmap.place
        named = where[0].upper() + where[1:] if method in pane.title else f"{method} · {where}"
        st.caption(named, width="content")
        opener(pane, place, "Diagnose")


def opener(pane: Pane, place: int, label: str) -> None:
    """The button that puts a pane into Diagnose."""
    if st.button(
        label,
        key=f"to_diagnose_{place}",
        icon=":material/open_in_new:",
        type="tertiary",
        help=f"Open {pane.title} in Diagnose",
    ):
        to_diagnose(pane)


def in_room(pane: Pane) -> reading_room.Pane:
    """One pane as the viewer shows it: the film with the map, or with the reason why there is none."""
    heatmap, film, image = pane.heatmap, pane.seen.film, pane.seen.checkpoint.task.image
    method = METHODS[heatmap.method].title
    scale = "Colours are on a shared scale." if pane.scale else "Colours are scaled within this image."
    named = widgets.sentence([method, heatmap.place])
    if pane.why_not:
        why_not = widgets.plain(pane.why_not)
        return reading_room.Pane(film.key, pane.title, f"The {image} as it is", named, why_not=why_not)
    return reading_room.Pane(
        film=film.key,
        title=pane.title,
        alt=f"The {image} with the {method} heatmap of {pane.seen.title} for "
        + pane.seen.checkpoint.task.words[heatmap.target],
        says=" ".join(part for part in (heatmap.note, inside(pane), f"{named}.", scale) if part),
        values=pane.drawn.values,
        high=reading_room.high_end(pane.drawn, pane.seen.checkpoint.task.words.__getitem__, pane.top),
        short=pane.title,
    )


def inside(pane: Pane) -> str:
    """How much of the evidence lies in the lungs; empty where that cannot be said."""
    return lungs.short(pane.seen.result.upload, pane.heatmap, pane.seen.checkpoint.task)


def _picture(pane: Pane, drawn: Look) -> None:
    """The overlay and its legend, or the film and why there is no overlay."""
    words, image = pane.seen.checkpoint.task.words, pane.seen.checkpoint.task.image
    says = words[pane.heatmap.target]
    if pane.why_not:
        st.image(pane.seen.film.picture, width="stretch", output_format="PNG", alt=f"The {image} as it is")
        st.info(pane.why_not, icon=":material/visibility_off:")
        return
    picture = cache.overlay(pane.seen.film, pane.drawn, pane.seen.key[1], drawn, pane.scale)
    alt = f"The {image} with the {METHODS[pane.heatmap.method].title} heatmap of {pane.seen.title} for {says}"
    st.image(picture, width="stretch", output_format="PNG", alt=alt)
    look.legend(drawn, pane.heatmap, pane.seen.checkpoint.task, pane.top)
    if pane.heatmap.note:
        st.caption(f":material/info: **{pane.heatmap.note}**")
    if told := inside(pane):
        st.caption(f":material/pulmonology: {told}")


def to_diagnose(pane: Pane) -> None:
    """Put a pane's film, network, method and class into Diagnose and go there."""
    state.films.choose(pane.seen.film.sha256)
    state.reading.choose_model(pane.seen.checkpoint.name)
    state.put(state.reading.METHOD, pane.heatmap.method)
    if pane.heatmap.layers:
        state.put(state.reading.LAYERS, list(pane.heatmap.layers))
    anyway = pane.weak and _weak_too()
    state.reading.explain(*pane.seen.key, pane.heatmap.target, pane.heatmap.against, anyway=anyway)
    widgets.to_diagnose()


def _against() -> str | None:
    """The class that others are explained against; none where that is the one explained, or each explains its own."""
    against = state.value(state.compare.AGAINST)
    return None if state.value(state.compare.CLASS) in {EACH, against} else str(against or "") or None


def _title(one: Seen, method: str, seen: Sequence[Seen], methods: Sequence[str]) -> str:
    parts = [one.name] if len(seen) > 1 or len(methods) == 1 else []
    return " · ".join([*parts, *([METHODS[method].title] if len(methods) > 1 else [])])


def _why_not(one: Seen, heatmap: Heatmap) -> str | None:
    return cutoff.why_not(heatmap, one.by_class[heatmap.target], one.checkpoint.task, asked=_weak_too())


def _weak_too() -> bool:
    """Whether maps of classes below the cut-off were asked for."""
    return bool(state.value(state.compare.WEAK_TOO))
