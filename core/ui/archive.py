"""Films that are there on the server: their bytes, small pictures of them, and the way to Diagnose.

Which folder, only whoever starts the app can say: the environment variable PNEUMOLENS_DATA, or
``python -m core.ui --data DIR``, which sets it. No page takes a path from a visitor.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Final

import streamlit as st
from PIL import Image

from core import render, settings
from core.dataset.archive import Archive, open_archive
from core.errors import DataError, PneumoLensError
from core.ui import cache, measured, state, widgets
from core.xray import read_xray

SIDE: Final = 224
"""Longer side of a small picture, pixels: sharp on a screen of two pixels a point, at about 8 kB."""

_QUALITY: Final = 85
_SHOWN: Final = (
    f"start the app with {settings.DATA} set to the data set's folder, or with `python -m core.ui --data DIR`."
)


def root() -> Path | None:
    """The data set's folder, to which the names of films are relative; ``None`` when there is none on this server."""
    found = _archive()
    return None if found is None else found.root


def absent() -> None:
    """Say that films are not on this server, and how they would be."""
    st.caption(
        ":material/hide_image: The films themselves are not on this server. To see them here and open them in "
        f"Diagnose, {_SHOWN}"
    )


def data(file: str) -> bytes:
    """A film's bytes.

    Args:
        file: below :func:`root`, as in an index or in predictions: ``test/NORMAL/IM-0001-0001.jpeg``.

    Raises:
        DataError: there are no films on this server, not this one, or the name leads out of the folder.
    """
    return _need().data(file)


def has(file: str) -> bool:
    """Whether the film is there."""
    found = _archive()
    if found is None:
        return False
    try:
        found.path(file)
    except DataError:
        return False
    return True


def thumbnail(file: str) -> bytes:
    """A small picture of a film as JPEG, its longer side :data:`SIDE` pixels; made once, then kept on disk.

    Raises:
        DataError: as :func:`data`.
        XrayError: the file holds no film that can be read.
    """
    path = _need().path(file)
    at = path.stat()
    key = hashlib.sha256(f"{path}\0{at.st_mtime_ns}\0{at.st_size}\0{SIDE}\0{_QUALITY}".encode()).hexdigest()
    kept = cache.thumbnails().get(key)
    if kept is None:
        grey = render.on_screen(read_xray(data(file)), SIDE)
        buffer = io.BytesIO()
        Image.fromarray(grey).save(buffer, "JPEG", quality=_QUALITY)
        kept = buffer.getvalue()
        cache.thumbnails().put(key, kept)
    return kept


def picture(file: str, alt: str) -> bool:
    """Draw a film's small picture, or say why there is none; whether it was drawn.

    Args:
        file: as for :func:`data`.
        alt: what it shows, in words.
    """
    try:
        st.image(thumbnail(file), width="stretch", alt=alt)
    except PneumoLensError as error:
        st.caption(f":material/broken_image: {error}")
        return False
    return True


def open_in_diagnose(file: str, target: str, model: str | None = None) -> None:
    """Put a film into the visitor's tray and go to Diagnose, or say why not. Call it in the script, not in a callback.

    Args:
        file: as for :func:`data`.
        target: class whose heatmap is shown first, if the network knows it.
        model: name of the checkpoint to select; the one selected last when ``None`` or not there.
    """
    try:
        film = _taken(file)
    except DataError as error:
        widgets.say(error, "This film cannot be opened.")
        return
    good = measured.offered()
    chosen = good.get(model or "") or state.reading.model(good)
    if chosen is not None:
        state.reading.choose_model(chosen.name)
        if target in chosen.card.classes:
            state.reading.explain(hashlib.sha256(film).hexdigest(), chosen.key, target)
    widgets.to_diagnose()


def _taken(file: str) -> bytes:
    """Put a film into the tray.

    Raises:
        DataError: as :func:`data`, or the tray is full.
    """
    film = data(file)
    state.films.add([(file, film, "")])
    if state.films.note():
        raise DataError(state.films.note())
    return film


def _archive() -> Archive | None:
    folder = settings.path(settings.DATA)
    return open_archive(folder) if folder else None


def _need() -> Archive:
    found = _archive()
    if found is None:
        raise DataError(f"There are no films on this server. To see them, {_SHOWN}")
    return found
