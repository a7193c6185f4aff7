"""Sources and the tables of figures that come with the networks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import streamlit as st

from core.ui import measured
from core.ui.measured import R
from core.ui.performance.sources import Source


def by_source(kind: type[R], path: Path, sources: Sequence[Source]) -> dict[str, list[R]]:
    """Name of a source → its rows, of those that have any; as :func:`core.ui.measured.of`."""
    found = {
        source.name: measured.of(kind, path, source.checkpoint.card.weights_sha256)
        for source in sources
        if source.checkpoint
    }
    return {name: rows for name, rows in found.items() if rows}


def missing(sources: Sequence[Source], there: Collection[str]) -> None:
    """Name the sources that were not measured."""
    titles = [source.title for source in sources if source.name not in there]
    if titles:
        st.caption(f"Not measured: {', '.join(titles)}.")
