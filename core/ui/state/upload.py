"""A file that a visitor gave, and what they give it to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import streamlit as st


@dataclass(frozen=True, slots=True)
class Upload:
    """A file a visitor gave.

    Attributes:
        sha256: of its bytes, so that two copies of a film are one; a mended film is :func:`core.orientation.renamed`.
        name: as the visitor knows it; shown to them alone, exported only when they ask.
        data: its bytes.
        note: what must be said of it wherever it is shown ("An average of 1,349 films, not a patient"); often empty.
        mends: keys in MENDS, of what is done to the film once it is decoded; none for films as they were given.
        original: sha256 of the bytes where that is not ``sha256``: of mended films; else ``None``.
        aggregate: whether this is one of our class averages: no film, and asked for as such.
    """

    sha256: str
    name: str
    data: bytes
    note: str = ""
    mends: tuple[str, ...] = ()
    original: str | None = None
    aggregate: bool = False

    @classmethod
    def of(cls, name: str, data: bytes) -> Upload:
        """A file just given."""
        return cls(hashlib.sha256(data).hexdigest(), name, data)

    def mended(self, mend: str, sha256: str, note: str) -> Upload:
        """The same file, its film mended at the visitor's wish.

        Args:
            mend: key in MENDS.
            sha256: identity of what that makes of the film.
            note: what was done, in words; put behind what was said of the film before.
        """
        said = f"{self.note} {note}".strip()
        original = self.original or self.sha256
        return replace(self, sha256=sha256, note=said, mends=(*self.mends, mend), original=original)


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
