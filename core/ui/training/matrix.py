"""The confusion matrix of the validation films after an epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import streamlit as st

from core.runs import Confusion, Run
from core.tasks import TASKS, Task
from core.ui import cells, pickers, plot, state, widgets
from core.words import percent

LAST: Final = "last"
BEST: Final = "best"
_BY: Final = "val_accuracy"


def show(runs: Sequence[tuple[str, Run]]) -> None:
    """The section; nothing where no run wrote any down."""
    having = {run.key: (title, run) for title, run in runs if run.confusion and run.confusion.epochs}
    if not having:
        return
    st.subheader("Confusion matrix, validation films", anchor=False)
    left, right = st.columns([2, 3], gap="large")
    with left:
        titles = {key: title for key, (title, _) in having.items()}
        key = pickers.if_several(pickers.drop_down, "Of the run", titles, state.training.MATRIX_OF)
        title, run = having[key]
        epoch = _epoch(run)
    found = run.confusion
    assert found is not None  # noqa: S101 - only those that have one were asked for
    counts = found.epochs[epoch]
    order, words = _words(found, run)
    counts = counts[order][:, order]
    right_ones, whole = int(counts.trace()), int(counts.sum())
    with left:
        st.metric("Read right", f"{right_ones:,} of {whole:,} ({percent(right_ones / max(whole, 1), 1)})")
        st.caption("Films, and their share of the row. Shading follows the share.")
    with right:
        plot.show(
            cells.confusion(counts, words, widgets.palette()),
            key="training_matrix",
            alt=f"Confusion matrix of {title} after epoch {epoch}: {right_ones} of {whole} validation films read right",
        )


def _epoch(run: Run) -> int:
    """The epoch chosen: the last, so that a run that goes on is followed, the best, or one by number."""
    assert run.confusion is not None  # noqa: S101 - as above
    numbers = list(run.confusion.epochs)
    best = _best(run, numbers)
    options: dict[str, str] = {LAST: f"The last ({numbers[-1]})"}
    if best is not None:
        options[BEST] = f"Best validation accuracy ({best})"
    options |= {str(number): str(number) for number in numbers}
    chosen = pickers.drop_down("After epoch", options, state.training.MATRIX_AT)
    places: Mapping[str, int | None] = {LAST: numbers[-1], BEST: best}
    return places.get(chosen) or int(chosen)


def _best(run: Run, numbers: Sequence[int]) -> int | None:
    scores = {
        epoch.number: epoch.figures[_BY] for epoch in run.epochs if epoch.number in numbers and _BY in epoch.figures
    }
    return max(scores, key=scores.__getitem__) if scores else None


def _words(found: Confusion, run: Run) -> tuple[list[int], list[str]]:
    """Positions of the classes in the order of their task, and in words; of unknown ones as they stand."""
    task = _task(found, run)
    if task is None:
        return list(range(len(found.classes))), [name[:40] for name in found.classes]
    there = [name for name in task.classes if name in found.classes]
    return [found.classes.index(name) for name in there], [task.words[name] for name in there]


def _task(found: Confusion, run: Run) -> Task | None:
    named = run.progress.task if run.progress else ""
    known = [task for task in TASKS.values() if set(found.classes) <= set(task.classes)]
    return next((task for task in known if task.name == named), known[0] if known else None)
