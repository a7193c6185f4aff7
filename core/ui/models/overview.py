"""All networks in one table; a click on a row opens its card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

import pandas as pd
import streamlit as st

from core.checkpoint import Checkpoint
from core.tasks import OWN
from core.ui import state, widgets
from core.ui.models import judged

_TABLE: Final = "models_overview"


def show(good: Mapping[str, Checkpoint]) -> None:
    """The table. Columns can be sorted by a click on their heading."""
    rows = list(good.values())
    table = pd.DataFrame([_row(checkpoint) for checkpoint in rows])
    st.dataframe(
        table,
        width="stretch",
        height=widgets.table_height(len(rows)),
        hide_index=True,
        column_config={
            "Parameters": st.column_config.NumberColumn(format="%.2f M", help="Weights of trunk and head"),
            "File": st.column_config.NumberColumn(format="%.1f MB"),
            "Input": st.column_config.NumberColumn(format="%d px"),
            "Accuracy": st.column_config.NumberColumn(format="%.1f %%", help="All classes, test films"),
            "95 % interval": st.column_config.TextColumn(help="Of the accuracy; bootstrap of patients"),
            "Two classes": st.column_config.NumberColumn(format="%.1f %%", help="Accuracy, the decision made coarser"),
            "ECE": st.column_config.NumberColumn(
                format="%.3f", help="Expected calibration error: how far probabilities are from being right as often"
            ),
        },
        on_select=partial(_open, [checkpoint.name for checkpoint in rows]),
        selection_mode="single-row",
        key=_TABLE,
    )
    st.caption(
        "Figures are of each network's own test films: compare those of one task only. Select a row for its card."
    )


def _open(names: Sequence[str]) -> None:
    """Show the card of the row that was clicked."""
    rows = state.selected_rows(_TABLE)
    if rows and rows[0] < len(names):
        state.put(state.models.CARD, names[rows[0]])


def _row(checkpoint: Checkpoint) -> dict[str, object]:
    card = checkpoint.card
    accuracy, merged = card.metrics.get("accuracy"), card.metrics.get("merged_accuracy")
    two = merged if checkpoint.task.coarser else None
    return {
        "Network": checkpoint.title,
        "Family": checkpoint.architecture.family,
        "Task": "own classes" if card.task == OWN else card.task,
        "Input": checkpoint.preprocessing.size,
        "Parameters": card.parameters / 1e6,
        "File": card.weights_bytes / 1e6,
        "Accuracy": 100 * accuracy.value if accuracy else None,
        "95 % interval": f"{100 * accuracy.low:.1f} to {100 * accuracy.high:.1f}" if accuracy else "",
        "Two classes": 100 * two.value if two else None,
        "ECE": judged.calibration_error(checkpoint),
    }
