"""A visitor's own tables of predictions, from any program."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from core.evaluate import Predictions, to_csv
from core.tasks import Task
from core.ui import state, widgets
from core.ui.performance import downloads


def panel(task: Task) -> None:
    """The drop area, what a table must hold, and the tables given so far."""
    with st.expander("Your own predictions", icon=":material/upload_file:", expanded=bool(state.tables.given())):
        key = state.tables.UPLOADER.key

        def take() -> None:
            state.tables.add((file.name, file.getvalue()) for file in st.session_state.get(key) or ())
            state.tables.UPLOADER.renew()

        st.file_uploader("Drop tables (CSV) of any program", accept_multiple_files=True, key=key, on_change=take)
        fine, coarse = (widgets.verbatim(", ".join(names)) for names in (task.classes, task.merged_classes))
        st.caption(
            "UTF-8, a header and one row per film. **file**: its name, once; **patient**: whose film, for the "
            "intervals; **label**: its true class; and a probability per class, adding up to 1, in columns named "
            f"**{fine}**, or **{coarse}**. Tables stay in this server's memory."
        )
        downloads.button("An example", partial(_example, task), "predictions-example.csv", "text/csv")
        if left_out := state.tables.left_out():
            st.warning(
                f"**Not taken in:** {widgets.verbatim(', '.join(left_out))}. Only {state.tables.MAX_TABLES} tables "
                "fit. Remove one, then give it again.",
                icon=":material/inventory_2:",
            )
        for table in state.tables.given():
            st.button(
                f"Remove {widgets.verbatim(table.name)}",
                key=f"remove_{table.sha256}",
                icon=":material/delete:",
                on_click=partial(state.tables.remove, table.sha256),
                width="stretch",
            )


def _example(task: Task) -> bytes:
    """One made-up film per class, as a table must be written."""
    size = len(task.classes)
    shares = np.full((size, size), 0.1) + np.eye(size) * (1 - 0.1 * size)
    names = tuple(f"folder/film-{number}.png" for number in range(1, size + 1))
    people = tuple(f"patient-{number}" for number in range(1, size + 1))
    return to_csv(Predictions(task.classes, names, people, np.arange(size, dtype=np.int64), shares)).encode()
