"""Which index is looked at: the shipped one, one named when the app was started, or one the visitor gives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from core import settings
from core.dataset.census import COLUMNS, SHIPPED, Census
from core.errors import DataError
from core.ui import cache, pickers, state, widgets

PUBLIC, SERVER, OWN = "public", "server", "own"
"""Names of the sources in a link. What a file is called is never part of one."""


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """An index with all that the page needs to know of it.

    Attributes:
        name: PUBLIC, SERVER or OWN.
        title: on screen.
        key: names exactly this table, for caches.
        census: the table.
    """

    name: str
    title: str
    key: str
    census: Census

    def word(self, label: str) -> str:
        """A class, or a coarser one, in words."""
        if self.census.task and label in self.census.task.words:
            return self.census.task.words[label]
        plain = label.replace("_", " ")
        return plain.capitalize() if plain.replace(" ", "").isalpha() and plain.isupper() else plain

    @staticmethod
    def split(name: str) -> str:
        """A split in words."""
        return {"train": "Training", "val": "Validation", "test": "Test", "": "No split"}.get(name, name)


def pick() -> Source | None:
    """The picker, and a way to give an index; ``None`` after a panel that says why there is none."""
    titles = {PUBLIC: "Public pneumonia set"}
    server = settings.path(settings.INDEX)
    if server:
        titles[SERVER] = server.stem
    own = state.dataset.own_index()
    if own:
        titles[OWN] = own.name.removesuffix(".csv")
        if titles[OWN] in {titles[PUBLIC], titles.get(SERVER)}:  # a picker tells options apart by what they are called
            titles[OWN] += " (yours)"
    if state.value(state.dataset.INDEX) == OWN and not own:
        st.info(
            "This link shows an index that a visitor gave; it is not kept on the server. Give it again at the left.",
            icon=":material/upload_file:",
        )
    with st.sidebar:
        name = pickers.drop_down("Index", titles, state.dataset.INDEX)
        _give(own)
    try:
        return Source(name, titles[name], *_found(name, server))
    except DataError as error:
        widgets.say(error, "This index cannot be used.")
        st.markdown(
            "Mend the table, or have it made: `python -m core index DIR --out index.csv` reads a folder of films. "
            "Then give it again at the left, or choose another index there."
        )
        return None


def _found(name: str, server: Path | None) -> tuple[str, Census]:
    """Key and table of a source.

    Raises:
        DataError: the table cannot be used.
    """
    own = state.dataset.own_index()
    if name == OWN and own:
        return own.sha256, cache.own_census(own.sha256, own.name, own.data)
    path = server if name == SERVER and server else SHIPPED
    return f"{path}@{cache.stamp(path)}", cache.census(path)


def _give(own: state.Upload | None) -> None:
    """The visitor's own index."""

    def forget() -> None:
        state.dataset.forget_index()
        state.put(state.dataset.INDEX, PUBLIC)  # taken back by the visitor: no link has promised it

    def take() -> None:
        file = st.session_state.get("index_uploader")
        if file is None:
            forget()
        else:
            state.dataset.use_index(file.name, file.getvalue())
            state.put(state.dataset.INDEX, OWN)

    with st.expander("Your own data set", icon=":material/upload_file:", expanded=own is not None):
        st.file_uploader(
            "Index (CSV)",
            key="index_uploader",
            on_change=take,
            help="One row per film.",
        )
        if own and st.session_state.get("index_uploader") is None:  # given before another page was visited
            st.button(f"Remove {widgets.verbatim(own.name)}", key="index_remove", on_click=forget)
        st.caption("Make one of a folder of films, which stays where it is:")
        st.code("python -m core index DIR --out index.csv", language="bash", wrap_lines=True)
        st.caption("`--task own`: classes are what its folders are called after.")
        st.caption("The table stays in this server's memory; nobody else sees it.")
        st.markdown("**Columns**")
        st.caption(
            "  \n".join(
                f"`{name}`{' (needed)' if column.needed else ''}: {column.says}" for name, column in COLUMNS.items()
            )
        )
