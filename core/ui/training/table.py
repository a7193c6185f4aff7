"""The history as a table, on screen and as CSV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd
import streamlit as st

from core.report import csv_file
from core.runs import Run
from core.ui import widgets

_SHARE: Final = "%.2f %%"  # of figures times 100: Streamlit's own "percent" leaves out zeros at the end
_TITLES: Final = {
    "size": ("Film side", "%d px"),
    "rate": ("Learning rate", "%.2e"),
    "train_loss": ("Loss, training", "%.4f"),
    "val_loss": ("Loss, validation", "%.4f"),
    "train_accuracy": ("Accuracy, training", _SHARE),
    "val_accuracy": ("Accuracy, validation", _SHARE),
    "val_macro_recall": ("Mean recall", _SHARE),
    "val_merged_accuracy": ("Accuracy, two classes", _SHARE),
    "val_merged_macro_recall": ("Mean recall, two classes", _SHARE),
    "seconds": ("Time", "%.0f s"),
    "images_per_second": ("Images/s", "%.1f"),
}
_ROWS: Final = 12


def show(runs: Sequence[tuple[str, Run]]) -> None:
    """Every epoch of every run, and the same to take away."""
    columns = _columns(runs)
    rows = [
        {"Run": title, "Epoch": epoch.number, **{name: _figure(epoch.figures.get(name), name) for name in columns}}
        for title, run in runs
        for epoch in run.epochs
    ]
    settings = {name: _setting(name) for name in columns}
    st.dataframe(
        pd.DataFrame(rows),
        width="stretch",
        height=widgets.table_height(min(len(rows), _ROWS)),
        hide_index=True,
        column_config=settings,
        key="training_table",
    )
    widgets.download("History CSV", lambda: to_csv(runs), "history.csv", "text/csv", key="history")


def to_csv(runs: Sequence[tuple[str, Run]]) -> bytes:
    """One row per run and epoch, with every column that any of them has."""
    columns = _columns(runs)
    rows = (
        [title, epoch.number, *(epoch.figures.get(name, "") for name in columns)]
        for title, run in runs
        for epoch in run.epochs
    )
    return csv_file(["run", "epoch", *columns], rows)


def _columns(runs: Sequence[tuple[str, Run]]) -> list[str]:
    """Those with a title first, in its order; then whatever else the files hold."""
    held = dict.fromkeys(name for _, run in runs for name in run.columns)
    return [name for name in _TITLES if name in held] + [name for name in held if name not in _TITLES]


def _column(name: str) -> tuple[str, str]:
    """Its title, and how its figures are written."""
    return _TITLES.get(name, (name, "%.4f"))


def _figure(value: float | None, name: str) -> float | None:
    return 100 * value if value is not None and _column(name)[1] == _SHARE else value


def _setting(name: str) -> Any:  # noqa: ANN401 - Streamlit does not name the type
    title, form = _column(name)
    return st.column_config.NumberColumn(title, format=form)
