"""What the page shows of the chosen runs. Drawn again by itself, and alone, while one of them goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import streamlit as st

from core import runs
from core.runs import Run
from core.ui import pickers, plot, state, widgets
from core.ui.training import charts, choice, link, matrix, standing, table
from core.ui.training.charts import Curve, Plot

EVERY: Final = 3.0
"""Seconds after which a run that goes on is looked at again."""

_LIVELY: Final = frozenset({"running", "dead"})
"""Standings that may change by themselves: a dead run may be started again."""

_DASHED: Final = "dash"
_TEN: Final = ".0%", ".2%"
_ACCURACIES: Final = {
    "accuracy": ("All classes", (Curve("train_accuracy", "training", _DASHED), Curve("val_accuracy", "validation"))),
    "macro_recall": ("Mean recall of all classes", (Curve("val_macro_recall", "validation"),)),
    "merged_accuracy": ("Two classes", (Curve("val_merged_accuracy", "validation"),)),
    "merged_macro_recall": ("Mean recall of two classes", (Curve("val_merged_macro_recall", "validation"),)),
}
_LOSS: Final = Plot("loss", "Loss", (Curve("train_loss", "training", _DASHED), Curve("val_loss", "validation")))
_RATE: Final = Plot("learning-rate", "Learning rate", (Curve("rate"),), ".1e", ".2e", zero=True)
_SPEED: Final = Plot("images-per-second", "Images per second", (Curve("images_per_second"),), "", ".1f", zero=True)


def show(chosen: Mapping[str, Path]) -> None:
    """Standings, curves, matrix and table; as a fragment that runs again every few seconds while a run goes on."""
    lively = any(runs.load(key, path).standing() in _LIVELY for key, path in chosen.items())
    state.fragment(_draw, run_every=EVERY if lively else None)(dict(chosen), lively=lively)


def _draw(chosen: Mapping[str, Path], *, lively: bool) -> None:
    found = [(choice.title(key), runs.load(key, path)) for key, path in chosen.items()]
    for title, run in found:
        standing.show(title, run)
    _curves([(title, run) for title, run in found if run.epochs], {key: place for place, key in enumerate(chosen)})
    link.give()
    if lively and not any(run.standing() in _LIVELY for _, run in found):
        st.rerun()  # the whole page, which then no longer looks again


def _curves(found: Sequence[tuple[str, Run]], places: Mapping[str, int]) -> None:
    if not found:
        st.info("No epoch is finished yet. Curves appear with the first.", icon=":material/hourglass_top:")
        return
    accuracy = _accuracy({name for _, run in found for name in run.columns})
    top, bottom = st.columns(2, gap="medium"), st.columns(2, gap="medium")
    with top[0]:
        _plot("loss", _LOSS, found, places)
    with top[1]:
        _plot("accuracy", accuracy, found, places)
    with bottom[0]:
        _plot("rate", _RATE, found, places)
    with bottom[1]:
        _plot("speed", _SPEED, found, places)
    st.caption(
        "Dashed: training, on augmented films, so it may lie above validation. Solid: validation, on films of other "
        "patients. Dotted uprights: from here on films of another size. Losses of runs compare only where their "
        "recipes do (label smoothing and class weights raise the training loss)."
    )
    matrix.show(found)
    st.subheader("Every epoch", anchor=False)
    table.show(found)


def _accuracy(held: set[str]) -> Plot:
    """The accuracy asked for, among those that the runs have."""
    there = {
        name: title
        for name, (title, curves) in _ACCURACIES.items()
        if any(curve.column in held for curve in curves) or name == "accuracy"
    }
    chosen = pickers.if_several(pickers.segments, "Accuracy of", there, state.training.ACCURACY)
    title, curves = _ACCURACIES[chosen]
    return Plot(chosen.replace("_", "-"), f"Accuracy: {title.lower()}", curves, *_TEN)


def _plot(place: str, drawn: Plot, found: Sequence[tuple[str, Run]], places: Mapping[str, int]) -> None:
    having = [(title, run) for title, run in found if {curve.column for curve in drawn.curves} & set(run.columns)]
    st.markdown(f"**{drawn.title}**")
    if not having:
        st.caption("Not in these histories.")
        return
    plot.show(
        charts.curves(drawn, having, places, widgets.palette()),
        name=f"training-{drawn.name}",
        key=f"curve_of_{place}",
        alt=f"{drawn.title} by epoch of {', '.join(title for title, _ in having)}",
    )
