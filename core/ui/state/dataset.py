"""The Data set page, and an index that a visitor gave. All but that is in its link."""

from __future__ import annotations

from typing import Final

import streamlit as st

from core.ui.state.upload import Upload

INDEX = "dataset_index"
SECTION = "dataset_section"
SPLITS = "dataset_splits"
LABELS = "dataset_labels"
PATIENT = "dataset_patient"
MERGED = "dataset_merged"
TRAIT = "dataset_trait"
FILM_ORDER = "dataset_order"
FILM_PAGE = "dataset_page"
KEYS: Final = (INDEX, SECTION, SPLITS, LABELS, PATIENT, MERGED, TRAIT, FILM_ORDER, FILM_PAGE)

_OWN_INDEX = "own_index"


def own_index() -> Upload | None:
    """The index this visitor gave, if any."""
    found: Upload | None = st.session_state.get(_OWN_INDEX)
    return found


def use_index(name: str, data: bytes) -> None:
    """Take in an index: name, bytes. It replaces the one given before."""
    st.session_state[_OWN_INDEX] = Upload.of(name, data)


def forget_index() -> None:
    """Let it go."""
    st.session_state.pop(_OWN_INDEX, None)
