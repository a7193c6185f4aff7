"""Which films of an index are looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import streamlit as st

from core.ui import state
from core.ui.dataset.source import PUBLIC, Source


def choose(source: Source) -> tuple[Source, bool]:
    """The pickers in the sidebar.

    Returns:
        The source with the chosen films only, its classes merged when asked for, its key saying so; and whether these
        are all of its films.
    """
    with st.sidebar:
        if source.census.task and len(source.census.task.merged_classes) < len(source.census.classes):
            _settle_switch(state.MERGED)
            names = " / ".join(source.word(name).lower() for name in source.census.task.merged_classes)
            if st.toggle("Merge classes", key=state.MERGED, help=f"Two classes: {names}"):
                source = replace(source, key=f"{source.key}|merged", census=source.census.merged())
        else:
            state.put(state.MERGED, None)
        splits = _several("Split", state.SPLITS, source.census.splits, source.split)
        labels = _several("Class", state.LABELS, source.census.classes, source.word)
        patient = _patient(source)
    census = source.census
    keep = np.ones(len(census), bool)
    if splits:
        keep &= np.isin(census.split_places, [census.splits.index(name) for name in splits])
    if labels:
        keep &= np.isin(census.labels, [census.classes.index(name) for name in labels])
    if patient:
        keep &= census.rows["patient"].str.contains(patient, case=False, regex=False).to_numpy(bool)
    if keep.all():
        return source, True
    key = "|".join((source.key, ",".join(splits), ",".join(labels), patient))
    return replace(source, key=key, census=census.where(keep)), False


def clear() -> None:
    """All films again."""
    for key in (state.SPLITS, state.LABELS, state.PATIENT):
        state.put(key, "" if key == state.PATIENT else [])


def _several(label: str, key: str, options: tuple[str, ...], words: Callable[[str], str]) -> list[str]:
    """A picker of none, one or several; none means all."""
    kept = state.value(key)
    state.put(key, [name for name in kept if name in options] if isinstance(kept, list) else [])
    if len(options) < 2:  # noqa: PLR2004 - nothing to choose
        state.put(key, [])
        return []
    return st.multiselect(label, options, key=key, format_func=words, placeholder="All", on_change=_first_page)


def _patient(source: Source) -> str:
    if "patient" not in source.census.given:
        state.put(state.PATIENT, "")
        return ""
    kept = state.value(state.PATIENT)
    state.put(state.PATIENT, kept if isinstance(kept, str) else "")
    note = "" if source.name == PUBLIC else " What you type stays out of the page's address."
    typed = st.text_input(
        "Patient",
        key=state.PATIENT,
        placeholder="All",
        max_chars=80,
        on_change=_first_page,
        help=f"Any part of a patient's number.{note}",
    )
    return typed.strip()


def _first_page() -> None:
    """Other films: the gallery begins anew."""
    state.put(state.FILM_PAGE, 1)


def _settle_switch(key: str) -> None:
    state.put(key, state.value(key) is True)
