"""Which films of an index are looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.ui import state, widgets
from core.ui.dataset.source import PUBLIC, Source
from core.words import within

_NAMES: Final = {state.dataset.SPLITS: "split", state.dataset.LABELS: "class", state.dataset.PATIENT: "patient"}
"""The filters."""


def choose(source: Source) -> tuple[Source, bool]:
    """The pickers in the sidebar.

    Returns:
        The source with the chosen films only, its classes merged when asked for, its key saying so; and whether these
        are all of its films.
    """
    with st.sidebar:
        if source.census.task and len(source.census.task.merged_classes) < len(source.census.classes):
            state.put(state.dataset.MERGED, state.value(state.dataset.MERGED) is True)
            names = " / ".join(within(source.word(name)) for name in source.census.task.merged_classes)
            st.toggle("Merge classes", key=state.dataset.MERGED, help=f"Two classes: {names}")
            source = _merged(source)
        else:
            state.put(state.dataset.MERGED, None)
        splits = _several("Split", state.dataset.SPLITS, source.census.splits, source.split)
        labels = _several("Class", state.dataset.LABELS, source.census.classes, source.word)
        patient = _patient(source)
    keep = np.logical_and.reduce([np.ones(len(source.census), bool), *_kept(source).values()])
    if keep.all():
        return source, True
    key = "|".join((source.key, ",".join(splits), ",".join(labels), patient))
    return replace(source, key=key, census=source.census.where(keep)), False


def nothing(source: Source) -> None:
    """The panel for filters that no film matches: what was asked for, and which filter to let go."""
    source = _merged(source)
    kept = _kept(source)
    st.info(
        f"**No film matches:** {widgets.verbatim('; '.join(_asked(source)))}. Let go of a filter, or change it at the "
        "left.",
        icon=":material/filter_alt:",
    )
    with st.container(horizontal=True):
        for key in kept if len(kept) > 1 else ():
            others = [flags for other, flags in kept.items() if other != key]
            left = int(np.logical_and.reduce(others).sum())
            label = f"Any {_NAMES[key]} ({left:,} film{'s' * (left != 1)})"
            st.button(label, key=f"any_{_NAMES[key]}", on_click=_clear, args=(key,), disabled=not left)
        st.button("Show all films", on_click=clear, icon=":material/filter_alt_off:")


def clear() -> None:
    """All films again."""
    for key in _NAMES:
        _clear(key)


def _clear(key: str) -> None:
    state.put(key, "" if key == state.dataset.PATIENT else [])
    _first_page()


def _chosen(key: str) -> list[str]:
    found = state.value(key)
    return [str(name) for name in found] if isinstance(found, list) else []


def _typed() -> str:
    return str(state.value(state.dataset.PATIENT) or "").strip()


def _kept(source: Source) -> dict[str, NDArray[np.bool_]]:
    """Filter in use → the films that it keeps, bool ``[N]``."""
    census, found = source.census, {}
    if splits := _chosen(state.dataset.SPLITS):
        found[state.dataset.SPLITS] = np.isin(census.split_places, [census.splits.index(name) for name in splits])
    if labels := _chosen(state.dataset.LABELS):
        found[state.dataset.LABELS] = np.isin(census.labels, [census.classes.index(name) for name in labels])
    if patient := _typed():
        contains = census.rows["patient"].str.contains(patient, case=False, regex=False)
        found[state.dataset.PATIENT] = contains.to_numpy(bool)
    return found


def _asked(source: Source) -> list[str]:
    """What the filters in use ask for, in words."""
    splits, labels = _chosen(state.dataset.SPLITS), _chosen(state.dataset.LABELS)
    said = (
        f"split {' or '.join(source.split(name).lower() for name in splits)}" if splits else "",
        f"class {' or '.join(within(source.word(name)) for name in labels)}" if labels else "",
        f"'{_typed()}' in the patient's number" if _typed() else "",
    )
    return [says for says in said if says]


def _merged(source: Source) -> Source:
    """With merged classes, when asked for."""
    if state.value(state.dataset.MERGED) is not True:
        return source
    return replace(source, key=f"{source.key}|merged", census=source.census.merged())


def _several(label: str, key: str, options: tuple[str, ...], words: Callable[[str], str]) -> list[str]:
    """A picker of none, one or several; none means all."""
    state.put(key, state.kept(key, options))
    if len(options) < 2:  # noqa: PLR2004 - nothing to choose
        state.put(key, [])
        return []
    return st.multiselect(label, options, key=key, format_func=words, placeholder="All", on_change=_first_page)


def _patient(source: Source) -> str:
    if "patient" not in source.census.given:
        state.put(state.dataset.PATIENT, "")
        return ""
    kept = state.value(state.dataset.PATIENT)
    state.put(state.dataset.PATIENT, kept if isinstance(kept, str) else "")
    note = "" if source.name == PUBLIC else " What you type stays out of the page's address."
    typed = st.text_input(
        "Patient",
        key=state.dataset.PATIENT,
        placeholder="All",
        max_chars=80,
        on_change=_first_page,
        help=f"Any part of a patient's number.{note}",
    )
    return typed.strip()


def _first_page() -> None:
    """Other films: the gallery begins anew."""
    state.put(state.dataset.FILM_PAGE, 1)
