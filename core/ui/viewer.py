"""One film and its heatmap, side by side, with everything that must be said of them.

They are in the reading room, where nothing that is done needs the server; or still images where that cannot be. The
controls are a fragment: they redraw this part of the page only, and no network runs.
"""

from __future__ import annotations

from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.checkpoint import Checkpoint
from core.errors import PneumoLensError
from core.explain import METHODS, Heatmap
from core.render import Look
from core.tasks import Task
from core.ui import (
    cache,
    certainty,
    charts,
    cutoff,
    exports,
    hanging,
    look,
    lungs,
    making,
    plot,
    reading_room,
    state,
    trust,
    widgets,
)
from core.ui.kept import Film, Result, Wanted
from core.ui.state import Upload
from core.words import percent, probability, within

_PICKER: Final = 240  # pixels, the width of a picker beside others

CLOSE: Final = 0.15
"""Difference below which the words name the second class too: one name alone would sound surer than the network is."""


def show(result: Result, checkpoint: Checkpoint, method: str, layers: tuple[str, ...] = ()) -> None:
    """Words, numbers, pictures and downloads of one film that was read."""
    reading = result.reading
    if reading is None:
        raise ValueError("this film has no reading")
    _words(result, checkpoint)
    state.reading.prepare(result.upload.sha256, checkpoint.key, reading.prediction)
    state.look.prepare()
    _pictures(result, checkpoint, method, layers)


def _words(result: Result, checkpoint: Checkpoint) -> None:
    """The reading: in words, then as bars."""
    reading = result.reading
    assert reading is not None  # noqa: S101 - show() has looked
    words = checkpoint.task.words
    by_class = cutoff.shares(reading)
    said = probability(by_class[reading.prediction])
    left, right = st.columns([3, 2], gap="medium", vertical_alignment="center")
    with left:
        st.header(f"{words[reading.prediction]} {said}", anchor=False)
        second = sorted(by_class, key=by_class.__getitem__)[-2]
        with st.container(gap=None):
            if by_class[reading.prediction] - by_class[second] < CLOSE:
                st.markdown(f"Close: {words[second]} {probability(by_class[second])}")
            certainty.words(result, checkpoint)
        widgets.origin(result.upload.note)
    with right:
        colours = widgets.palette()
        figure = charts.probability_bars(
            [words[name] for name in reading.classes],
            list(by_class.values()),
            int(reading.probabilities.argmax()),
            colours,
        )
        spoken = ", ".join(f"{words[name]} {probability(share)}" for name, share in by_class.items())
        plot.show(figure, key="bars", alt=f"Probabilities: {spoken}")
        st.toggle(
            "Before calibration",
            key=state.reading.UNCALIBRATED,
            disabled=checkpoint.card.temperature == 1,  # as of an imported network: nothing was fitted
            help="The network's own softmax. Calibration divides its logits by a temperature fitted on validation "
            f"({checkpoint.card.temperature:.2f}), so that a percentage comes closer to how often it is right.",
        )


def _figure(result: Result, checkpoint: Checkpoint) -> str:
    """What the percentage is, and of which file."""
    fitted = checkpoint.card.temperature != 1 and not state.reading.uncalibrated()
    kind = (
        f"Calibrated softmax probability (temperature {checkpoint.card.temperature:.2f})"
        if fitted
        else "Softmax probability, not calibrated,"
    )
    chance = ", not this patient's chance of disease" if checkpoint.task.chest else ""
    return (
        f"**{widgets.verbatim(result.upload.name)}.** {kind} from {checkpoint.title}: "
        f"its share among {len(checkpoint.task.words)} classes that add up to 100 %{chance}."
    )


@state.fragment
def _pictures(result: Result, checkpoint: Checkpoint, method: str, layers: tuple[str, ...]) -> None:
    """Original and overlay; what changes here runs no network."""
    reading = result.reading
    assert reading is not None  # noqa: S101 - show() has looked
    _controls(checkpoint)
    target, drawn = state.reading.target(), state.look.look()
    try:
        film = cache.film(result.upload)
        wanted = Wanted(checkpoint, result.upload, reading, method, state.reading.against(), layers)
        (maps,) = making.maps([wanted])
    except PneumoLensError as error:
        widgets.say(error, f"This {checkpoint.task.image} cannot be shown.")
        return
    task, share, anyway = checkpoint.task, cutoff.shares(reading)[target], bool(state.value(state.reading.ANYWAY))
    heatmap = None if maps is None else maps[target]
    why_not = making.NOT_MADE if heatmap is None else cutoff.why_not(heatmap, share, task, asked=anyway)
    shown = None if why_not else heatmap
    if reading_room.usable():
        _room(result, film, shown, checkpoint, why_not or "")
    else:
        _stills(result, film, shown, checkpoint, why_not or "")
    if heatmap and not heatmap.problem and cutoff.weak(share, len(task.classes)):
        st.toggle("Show it anyway", key=state.reading.ANYWAY)
    if task.chest:
        lungs.line(lungs.fields(result.upload), shown)
    sides = hanging.of(result.upload, task, film.facts).sides
    st.caption(_figure(result, checkpoint))
    st.caption(f"{sides} {widgets.evidence(task)} **Trained on:** {task.population}")
    if shown:
        trust.panel(result, shown, checkpoint)
    exports.one(result, film, shown, checkpoint, drawn)


def _controls(checkpoint: Checkpoint) -> None:
    """Class and opacity at hand; the rest, set once, behind a button."""
    words = checkpoint.task.words
    with controls():
        st.segmented_control(
            "Explain",
            list(checkpoint.card.classes),
            key=state.reading.TARGET,
            format_func=words.__getitem__,
            required=True,
            width="content",
        )
        against(checkpoint)
        if not reading_room.usable():  # the viewer has a control of its own for it
            look.opacity()
        look.display()


def controls() -> DeltaGenerator:
    """A row for what overlays show and how; on narrow screens it becomes two."""
    return st.container(horizontal=True, gap="small", vertical_alignment="bottom")


def _room(result: Result, film: Film, heatmap: Heatmap | None, checkpoint: Checkpoint, why_not: str) -> None:
    """Both in the viewer, or the film and why there is no heatmap."""
    task = checkpoint.task
    hangs = hanging.of(result.upload, task, film.facts)
    original = reading_room.Pane(
        film=film.key,
        title=hangs.title,
        alt=f"The {task.image} as it is",
        says=widgets.sentence([hangs.state, *facts(film, task)]),
    )
    if heatmap is None:
        over = reading_room.Pane(film.key, "No heatmap", original.alt, "", why_not=widgets.plain(why_not))
    else:
        over = reading_room.Pane(
            film=film.key,
            title="Overlay",
            alt=f"The {task.image} with the {METHODS[heatmap.method].title} heatmap for {task.words[heatmap.target]}",
            says=widgets.sentence([METHODS[heatmap.method].title, heatmap.place])
            + f" · {checkpoint.title}. Colours are scaled within this image.",
            values=heatmap.values,
            high=reading_room.high_end(heatmap, task.words.__getitem__),
        )
    reading_room.show("diagnose_room", [in_room(result.upload, film, task)], [original, over], columns=2)
    if heatmap and heatmap.note:
        st.caption(f":material/info: **{heatmap.note}**")


def in_room(upload: Upload, film: Film, task: Task) -> reading_room.Shown:
    """A film for the viewer; lungs and the patient's right are marked on chest films alone."""
    right, outline = hanging.of(upload, task, film.facts).right, lungs.drawn(upload) if task.chest else None
    return reading_room.Shown(film.key, cache.in_depth(upload), film.facts.view, right, outline)


def _stills(result: Result, film: Film, heatmap: Heatmap | None, checkpoint: Checkpoint, why_not: str) -> None:
    """Both as pictures, or the film twice and why there is no heatmap."""
    reading_room.note()
    with st.container(key="films"):
        left, right = st.columns(2, gap="small")
    with left:
        _untouched(film, checkpoint)
        hangs = hanging.of(result.upload, checkpoint.task, film.facts)
        st.caption(widgets.sentence([f"**{hangs.title}**, {within(hangs.state)}", *facts(film, checkpoint.task)]))
    with right:
        if heatmap is None:
            _untouched(film, checkpoint)
            st.info(why_not, icon=":material/visibility_off:")
        else:
            _overlay(film, heatmap, checkpoint, state.look.look())


def _untouched(film: Film, checkpoint: Checkpoint) -> None:
    alt = f"The {checkpoint.task.image} as it is"
    st.image(film.picture, width="stretch", output_format="PNG", alt=alt)


def against(
    checkpoint: Checkpoint, key: str = state.reading.AGAINST, target: str | None = None, *, disabled: bool = False
) -> None:
    """The picker of the class that the one explained is explained against.

    Args:
        checkpoint: whose classes.
        key: of the picker.
        target: the class explained; the one chosen here when ``None``.
        disabled: whether nothing can be picked.
    """
    words = {"": "(by itself)", **checkpoint.task.words}
    chosen = state.reading.target() if target is None else target
    options = ["", *(name for name in checkpoint.card.classes if name != chosen)]
    state.settle(key, options)
    st.selectbox(
        "Rather than",
        options,
        key=key,
        disabled=disabled,
        format_func=words.__getitem__,
        width=_PICKER,
        help="Why this class rather than that one: what is explained is the difference of their two logits, "
        "so what speaks for both cancels out.",
    )


def _overlay(film: Film, heatmap: Heatmap, checkpoint: Checkpoint, drawn: Look) -> None:
    """The film with the heatmap over it, and its legend."""
    says = checkpoint.task.words[heatmap.target]
    picture = cache.overlay(film, heatmap, checkpoint.key, drawn)
    alt = f"The {checkpoint.task.image} with the {METHODS[heatmap.method].title} heatmap for {says}"
    st.image(picture, width="stretch", output_format="PNG", alt=alt)
    look.legend(drawn, heatmap, checkpoint.task)
    line = f"Line at {percent(drawn.level)} of the scale. " if drawn.contour else ""
    if heatmap.note:
        st.caption(f":material/info: **{heatmap.note}**")
    st.caption(
        f"{METHODS[heatmap.method].title} · {heatmap.place} · {checkpoint.title}. "
        f"Colours are scaled within this image. {line}"
    )


def facts(film: Film, task: Task) -> list[str]:
    """What is known of a film's file, in words."""
    known = film.facts
    kind = " ".join(part for part in (known.format, known.modality, known.view) if part)
    return [kind, f"{film.width:,} x {film.height:,} px", f"{known.bits} bit", *known.notes, f"{task.image} {film.key}"]
