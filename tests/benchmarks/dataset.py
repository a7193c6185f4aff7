"""Server time of the page "Data set" with an index of the size of NIH ChestX-ray14: first paint, filters, sections."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streamlit.testing.v1 import AppTest

from core.ui import state
from core.ui.dataset.source import SERVER, VARIABLE
from tests import indexes

FILMS = 112_120
FIRST, AGAIN = 2000, 300
"""Targets in milliseconds: the page for the first time, and whatever is chosen after that."""

APP = Path(__file__).parent.parent.parent / "app.py"


def measure(rounds: int = 5, films: int = FILMS) -> dict[str, float]:
    """Milliseconds from a request to the last element sent: the first with nothing in any cache but Python's modules.

    Of the processor, not of the clock: what else the machine does is not counted, and the page waits for nothing.
    """
    import streamlit as st

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.csv"
        path.write_bytes(indexes.csv(films))
        with _environment(VARIABLE, str(path)):
            app = AppTest.from_file(str(APP), default_timeout=300).run()
            app.button(key="accept").click().run()
            app.switch_page("pages/study/dataset.py").run()  # modules are loaded; the index is not
            st.cache_resource.clear()
            app.session_state[state.dataset.INDEX] = SERVER
            results = {"dataset_first_ms": _run(app)}
            classes = iter(indexes.CLASSES * rounds)
            splits = iter(("train", "test") * rounds)

            def by_class() -> float:
                app.multiselect(key=state.dataset.LABELS).set_value([next(classes)])
                return _run(app)

            def by_split() -> float:
                app.multiselect(key=state.dataset.SPLITS).set_value([next(splits)])
                return _run(app)

            # Every turn is a choice nobody has made before, so nothing of it is in a cache.
            turns = [(by_class(), by_split()) for _ in range(rounds)][1:]
            results["dataset_class_ms"] = statistics.median(turn[0] for turn in turns)
            results["dataset_split_ms"] = statistics.median(turn[1] for turn in turns)
            app.multiselect(key=state.dataset.LABELS).set_value([])
            app.multiselect(key=state.dataset.SPLITS).set_value([])
            for section in ("health", "measurements", "films", "balance"):
                app.session_state[state.dataset.SECTION] = section
                results[f"dataset_{section}_ms"] = _run(app)
    return results


def _run(app: AppTest) -> float:
    started = time.process_time()
    app.run()
    assert not app.exception, app.exception
    return (time.process_time() - started) * 1000


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        os.environ.pop(name)
        if before is not None:
            os.environ[name] = before


if __name__ == "__main__":
    for what, milliseconds in measure().items():
        print(f"{what:28}{milliseconds:8.0f} ms")
