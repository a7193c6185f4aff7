"""Which runs are looked at."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import streamlit as st

from core import checkpoint, runs
from core.ui import measured, state

MOST: Final = 6
"""Runs on one page: as many as there are colours."""


def there() -> dict[str, Path]:
    """Every run and every curve of a checkpoint, by key."""
    return runs.keys(weights=checkpoint.folders())


def pick(found: Mapping[str, Path]) -> list[str]:
    """The picker: keys of the runs chosen. At first those that go on, or else the newest.

    Where there is no run, it is the curve of the network one reads with.
    """
    held = state.value(state.training.RUNS)
    kept = [key for key in held if key in found] if isinstance(held, list | tuple) else []
    if not kept and held != []:
        alive = [key for key, path in found.items() if runs.load(key, path).standing() == "running"]
        kept = alive or _at_rest(found)
    state.put(state.training.RUNS, kept[:MOST])
    return list(
        st.multiselect(
            "Runs",
            list(found),
            format_func=title,
            key=state.training.RUNS,
            max_selections=MOST,
            placeholder="Choose at least one",
            help="Folders of runs, the newest first; then the curves that lie beside trained weights.",
        )
    )


def _at_rest(found: Mapping[str, Path]) -> list[str]:
    """The newest run; without one the curve of the network selected, or of any that has one."""
    first = next(iter(found))
    if first.startswith("runs/"):
        return [first]
    reading = state.reading.model(measured.offered())
    own = f"weights/{reading.name}" if reading else first
    return [own if own in found else first]


def title(key: str) -> str:
    """A run's name on screen."""
    kind, name = key.split("/", 1)
    return name if kind == "runs" else f"{name} (weights)"
