"""Downloads. What they hold is made when they are clicked, not before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import streamlit as st

from core import render, report
from core.checkpoint import Checkpoint
from core.explain import Heatmap
from core.lungs import LungFields
from core.render import Look
from core.ui import certainty, guard, lungs, state, widgets
from core.ui.kept import Film, Result

WINDOW: Final = "Grey values are the {}'s own, not as windowed or inverted on screen."
"""What pictures must say: the viewer windows in the browser, and nothing of it is known here; ``{}``: film or image."""


def one(result: Result, film: Film, heatmap: Heatmap | None, checkpoint: Checkpoint, look: Look) -> None:
    """Buttons for one film: overlay, heatmap and reading. ``heatmap`` is ``None`` when none is drawn."""
    weights, task = checkpoint.card.weights_sha256, checkpoint.task
    caveats = caveats_of(result, certainty.facts(checkpoint))  # asked now, as below
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if heatmap is not None:
            stem = heatmap.stem
            sure, raw_too = certainty.line(result, checkpoint), state.reading.uncalibrated()

            def overlay(heatmap: Heatmap = heatmap) -> bytes:
                assert result.reading is not None  # noqa: S101 - a heatmap came from it
                target, reading = heatmap.target, result.reading
                inside, window = lungs.short(result.upload, heatmap, task), WINDOW.format(task.image)
                told = (f"{sure}." if sure else "", inside, window)
                raw = reading.raw_by_class[target] if raw_too else None
                lines = report.lines(heatmap, reading.by_class[target], checkpoint, caveats, *told, raw=raw)
                picture = render.overlay(film.grey, heatmap.values, look)
                return report.overlay_png(render.plate(picture, heatmap, look, lines), heatmap, weights, caveats)

            def grey16(heatmap: Heatmap = heatmap) -> bytes:
                return report.heatmap_png16(heatmap, film.width, film.height, weights, caveats)

            def numbers(heatmap: Heatmap = heatmap) -> bytes:
                return report.heatmap_npz(heatmap, weights, caveats)

            widgets.download("Overlay PNG", overlay, f"{stem}.png", "image/png")
            widgets.download("Heatmap PNG, 16 bit", grey16, f"{stem}-heatmap16.png", "image/png")
            widgets.download("Heatmap NumPy", numbers, f"{stem}.npz", "application/octet-stream")
        found = lungs.fields(result.upload)
        if found is not None and found.plausible and checkpoint.task.chest:

            def mask(found: LungFields = found) -> bytes:
                return report.mask_png(found.mask(film.width, film.height), film.sha256, checkpoint, caveats)

            widgets.download("Lung mask PNG", mask, f"{film.key}-lungs.png", "image/png")
        readings((result,), checkpoint, f"{film.key}-{checkpoint.name}", "Reading")


def readings(results: Sequence[Result], checkpoint: Checkpoint, stem: str, label: str) -> None:
    """Buttons for the readings of one or several films, in the caller's row."""
    # Asked now: what a click starts runs outside the visitor's session, where nothing of it is known.
    named, sure = state.reading.names_in_exports(), certainty.facts(checkpoint)

    def rows() -> list[report.Row]:
        return [_row(result, checkpoint, sure, named=named) for result in results]

    widgets.download(f"{label} CSV", lambda: report.readings_csv(rows()), f"{stem}.csv", "text/csv")
    widgets.download(f"{label} JSON", lambda: report.readings_json(rows()), f"{stem}.json", "application/json")


def names() -> None:
    """Whether exports may hold the visitor's file names."""
    st.checkbox(
        "My file names in downloads",
        key=state.reading.NAMES,
        help="Otherwise films are named by a digest of their content: a patient's name in a file name stays here.",
    )


def _row(result: Result, checkpoint: Checkpoint, sure: certainty.Facts, *, named: bool) -> report.Row:
    card = checkpoint.card
    return report.Row(
        sha256=result.upload.sha256,
        model=card.name,
        weights_sha256=card.weights_sha256,
        task=card.task,
        temperature=card.temperature,
        probabilities=None if result.reading is None else result.reading.by_class,
        error=result.error,
        file=result.upload.name if named else None,
        caveats=caveats_of(result, sure),
    )


def caveats_of(result: Result, sure: certainty.Facts) -> report.Caveats:
    """What must be known of a reading, from what was asked in the visitor's session."""
    upload = result.upload
    told = guard.facts(result) | sure(result)
    return report.Caveats(**told, film_note=upload.note or None, original_sha256=upload.original)
