"""The notice that meets every visitor, and the work they wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from core.ui.job import Job

_ACCEPTED = "accepted"
_JOB = "job"


def accepted() -> bool:
    """Whether this visitor has accepted the notice."""
    return bool(st.session_state.get(_ACCEPTED, False))


def accept() -> None:
    """Remember that they have."""
    st.session_state[_ACCEPTED] = True


def job() -> Job | None:
    """The long work that this visitor waits for, if any."""
    found: Job | None = st.session_state.get(_JOB)
    return found


def wait_for(job: Job | None) -> None:
    """Wait for this, or for nothing."""
    st.session_state[_JOB] = job
