"""One film and its heatmap, side by side, with everything that must be said of them.

The controls are a fragment: they redraw this part of the page only, and no network runs.
"""

from __future__ import annotations

from typing import Final

import streamlit as st

from core.checkpoint import Checkpoint
from core.errors import EvidenceError, PneumoLensError
from core.explain import METHODS, Heatmap
from core.render import COLOUR_MAPS, Look, stops
from core.ui import cache, charts, exports, state, widgets
from core.ui.cache import Film, Result

SHOWN_FROM: Final = 0.15
"""Probability below which a class shows no map unless asked for: about half of what guessing among three would give.

A map is scaled to its own strongest place: that of a class the network does not see looks as hot as one it is sure of.
"""

CLOSE: Final = 0.15
"""Difference below which the words name the second class too: one name alone would sound surer than the network is."""


def show(result: Result, checkpoint: Checkpoint, method: str) -> None:
    """Words, numbers, pictures and downloads of one film that was read."""
    reading = result.reading
    if reading is None:
        raise ValueError("this film has no reading")
    _words(result, checkpoint)
    state.prepare_target(result.upload.sha256, reading.weights_sha256, reading.prediction)
    state.prepare_look()
    _pictures(result, checkpoint, method)


def _words(result: Result, checkpoint: Checkpoint) -> None:
    """The reading: in words, then as bars."""
    reading = result.reading
    assert reading is not None  # noqa: S101 - show() has looked
    words = checkpoint.task.words
    by_class = reading.raw_by_class if state.uncalibrated() else reading.by_class
    said = charts.percent(by_class[reading.prediction])
    left, right = st.columns([5, 6], gap="large", vertical_alignment="center")
    with left:
        st.header(f"{words[reading.prediction]} {said}", anchor=False)
        second = sorted(by_class, key=by_class.__getitem__)[-2]
        if by_class[reading.prediction] - by_class[second] < CLOSE:
            st.markdown(f"Close: {words[second]} {charts.percent(by_class[second])}")
        st.caption(
            f"**{widgets.verbatim(result.upload.name)}.** {_kind(checkpoint)} from {widgets.title_of(checkpoint)}: "
            f"its share among {len(words)} classes that add up to 100 %, not this patient's chance of disease."
        )
        if result.upload.note:
            st.info(result.upload.note, icon=":material/groups:")
    with right:
        colours = widgets.palette()
        figure = charts.probability_bars(
            [words[name] for name in reading.classes],
            list(by_class.values()),
            int(reading.probabilities.argmax()),
            colours,
        )
        spoken = ", ".join(f"{words[name]} {charts.percent(share)}" for name, share in by_class.items())
        st.plotly_chart(figure, width="stretch", config=charts.CONFIG, key="bars", alt=f"Probabilities: {spoken}")
        st.toggle(
            "Before calibration",
            key=state.UNCALIBRATED,
            help="The network's own softmax. Calibration divides its logits by a temperature fitted on validation "
            f"({checkpoint.card.temperature:.2f}), so that a percentage comes closer to how often it is right.",
        )


def _kind(checkpoint: Checkpoint) -> str:
    """What the percentage is."""
    if state.uncalibrated():
        return "Softmax probability, not calibrated,"
    return f"Calibrated softmax probability (temperature {checkpoint.card.temperature:.2f})"


@st.fragment
def _pictures(result: Result, checkpoint: Checkpoint, method: str) -> None:
    """Original and overlay; what changes here runs no network."""
    reading = result.reading
    assert reading is not None  # noqa: S101 - show() has looked
    try:
        film = cache.film(result.upload)
        heatmaps = cache.heatmaps(checkpoint, reading, method)
    except PneumoLensError as error:
        widgets.say(error, "This film cannot be shown.")
        return
    _controls(checkpoint)
    target, look = state.target(), state.look()
    heatmap = heatmaps[target]
    with st.container(key="films"):
        left, right = st.columns(2, gap="small")
    with left:
        st.image(film.picture, width="stretch", output_format="PNG", alt="The film as it is")
        st.caption(widgets.sentence(["**Original**, untouched", *_facts(film)]))
    with right:
        drawn = _overlay(film, heatmap, checkpoint, reading.by_class[target], look)
    st.caption(
        "Shown as stored, never flipped: on a standard frontal film the patient's right is on your left. "
        "A heatmap is evidence, not an outline of disease. "
        f"**Trained on:** {checkpoint.task.population}"
    )
    exports.one(result, film, heatmap if drawn else None, checkpoint, look)


def _controls(checkpoint: Checkpoint) -> None:
    """Class and opacity at hand; the rest, set once, behind a button."""
    words = checkpoint.task.words
    explain, opacity, display = st.columns([6, 3, 2], gap="medium", vertical_alignment="bottom")
    with explain:
        st.segmented_control(
            "Explain", list(checkpoint.card.classes), key=state.TARGET, format_func=words.__getitem__, required=True
        )
    with opacity:
        st.slider("Heatmap opacity", 0, 100, step=5, format="%d %%", key=state.OPACITY)
    with display, st.popover("Display", icon=":material/palette:", width="stretch"):
        st.selectbox("Colours", list(COLOUR_MAPS), key=state.COLOURS, format_func=lambda name: COLOUR_MAPS[name].title)
        st.toggle("Closed contour", key=state.CONTOUR)
        st.slider(
            "Contour at, of the strongest",
            10,
            90,
            step=5,
            format="%d %%",
            key=state.LEVEL,
            disabled=not state.look().contour,
        )


def _overlay(film: Film, heatmap: Heatmap, checkpoint: Checkpoint, share: float, look: Look) -> bool:
    """The picture with the heatmap, or why there is none. Says whether it was drawn."""
    says = checkpoint.task.words[heatmap.target]
    try:
        heatmap.require()
    except EvidenceError as error:
        st.image(film.picture, width="stretch", output_format="PNG", alt="The film as it is")
        st.warning(f"**No heatmap for {says}.** {error}", icon=":material/visibility_off:")
        return False
    if share < SHOWN_FROM and not st.session_state.get(state.ANYWAY):
        st.image(film.picture, width="stretch", output_format="PNG", alt="The film as it is")
        st.info(
            f"**{says}: {charts.percent(share)}.** Below {SHOWN_FROM:.0%} no heatmap is drawn unless asked for: "
            "colours are scaled within the image, so weak evidence would look like strong.",
            icon=":material/visibility_off:",
        )
        st.toggle("Show it anyway", key=state.ANYWAY)
        return False
    picture = cache.overlay(film, heatmap, checkpoint.card.weights_sha256, look)
    st.image(
        picture, width="stretch", output_format="PNG", alt=f"The film with the {heatmap.method} heatmap for {says}"
    )
    _legend(heatmap, checkpoint, look)
    if share < SHOWN_FROM:
        st.toggle("Show it anyway", key=state.ANYWAY)
    return True


def _legend(heatmap: Heatmap, checkpoint: Checkpoint, look: Look) -> None:
    # Over mid grey and with the overlay's own cover, so that the legend's colours are those in the picture.
    colours = stops(look.colours)
    covers = [round(255 * look.opacity * place / (len(colours) - 1)) for place in range(len(colours))]
    gradient = ", ".join(f"{colour}{cover:02x}" for colour, cover in zip(colours, covers, strict=True))
    line = f"Line at {look.level:.0%} of the strongest. " if look.contour else ""
    st.html(
        '<div style="display:flex;align-items:center;gap:.6rem;font-size:.875rem;line-height:1.2">'
        "<span>low</span>"
        f'<span role="img" aria-label="Colour scale from low to high evidence" style="flex:0 1 12rem;height:.8rem;'
        f'border-radius:3px;border:1px solid #7f8a90;background:linear-gradient(90deg,{gradient}),#8a8a8a"></span>'
        f"<span>high evidence for <b>{checkpoint.task.words[heatmap.target]}</b></span></div>"
    )
    st.caption(
        f"{METHODS[heatmap.method].title} · layer {heatmap.layer} · {widgets.title_of(checkpoint)}. "
        f"Colours are scaled within this image. {line}"
    )


def _facts(film: Film) -> list[str]:
    facts = film.facts
    kind = " ".join(part for part in (facts.format, facts.modality, facts.view) if part)
    return [kind, f"{film.width:,} x {film.height:,} px", f"{facts.bits} bit", *facts.notes, f"film {film.key}"]
