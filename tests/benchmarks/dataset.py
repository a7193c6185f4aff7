"""Server time of the page "Data set" with an index of the size of NIH ChestX-ray14: first paint, filters, sections."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from core import settings
from core.ui import state
from core.ui.dataset.source import SERVER
from tests import indexes
from tests.benchmarks.page import environment, opened, run

FILMS = 112_120
FIRST, AGAIN = 2000, 300
"""Targets in milliseconds: the page for the first time, and whatever is chosen after that."""


def measure(rounds: int = 5, films: int = FILMS) -> dict[str, float]:
    """Milliseconds of a request: the first with nothing in any cache but Python's modules."""
    import streamlit as st

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.csv"
        path.write_bytes(indexes.csv(films))
        with environment(settings.INDEX, str(path)):
            app = opened()
            app.switch_page("pages/study/dataset.py").run()  # modules are loaded; the index is not
            st.cache_resource.clear()
            app.session_state[state.dataset.INDEX] = SERVER
            results = {"dataset_first_ms": run(app)}
            classes = iter(indexes.CLASSES * rounds)
            splits = iter(("train", "test") * rounds)

            def by_class() -> float:
                app.multiselect(key=state.dataset.LABELS).set_value([next(classes)])
                return run(app)

            def by_split() -> float:
                app.multiselect(key=state.dataset.SPLITS).set_value([next(splits)])
                return run(app)

            # Every turn is a choice nobody has made before, so nothing of it is in a cache.
            turns = [(by_class(), by_split()) for _ in range(rounds)][1:]
            results["dataset_class_ms"] = statistics.median(turn[0] for turn in turns)
            results["dataset_split_ms"] = statistics.median(turn[1] for turn in turns)
            app.multiselect(key=state.dataset.LABELS).set_value([])
            app.multiselect(key=state.dataset.SPLITS).set_value([])
            for section in ("health", "measurements", "films", "balance"):
                app.session_state[state.dataset.SECTION] = section
                results[f"dataset_{section}_ms"] = run(app)
    return results
