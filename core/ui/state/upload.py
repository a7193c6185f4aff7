"""A file that a visitor gave, and what they give it to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import streamlit as st

from core.xray import Facts


@dataclass(frozen=True, slots=True)
class Upload:
    """A file a visitor gave.

    Attributes:
        sha256: of its bytes; two copies of a film are one.
        name: as the visitor knows it; shown to them alone, exported only when they ask.
        data: its bytes.
        note: what must be said of it wherever it is shown ("An average of 1,349 films, not a patient"); often empty.
        facts: what the file said that this film was mended from; ``None`` for films as they were given.
        aggregate: whether this is one of our class averages: no film, and asked for as such.
    """

    sha256: str
    name: str
    data: bytes
    note: str = ""
    facts: Facts | None = None
    aggregate: bool = False

    @classmethod
    def of(cls, name: str, data: bytes) -> Upload:
        """A file just given."""
        return cls(hashlib.sha256(data).hexdigest(), name, data)


@dataclass(frozen=True, slots=True)
class Uploader:
    """An uploader of Streamlit's. It is emptied by getting another key, once its files are in our own hands.

    Attributes:
        name: tells it from others.
    """

    name: str

    @property
    def key(self) -> str:
        """Of the one now on screen."""
        return f"{self.name}_{st.session_state.get(self._rounds, 0)}"

    def renew(self) -> None:
        """Empty it."""
        st.session_state[self._rounds] = st.session_state.get(self._rounds, 0) + 1

    @property
    def _rounds(self) -> str:
        return f"{self.name}_rounds"
