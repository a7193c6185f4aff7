"""The films that a visitor dropped in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import streamlit as st

from core.ui.state.upload import Upload, Uploader

MAX_FILMS: Final = 200
MAX_BYTES: Final = 512 * 2**20

_FILMS = "films"
_CHOSEN = "chosen_film"
_NOTE = "films_note"
_ADDED = "films_times_added"
_INSISTED = "read_anyway_films"

UPLOADER: Final = Uploader("uploader")


def given() -> tuple[Upload, ...]:
    """Every film given, in order."""
    return tuple(_films().values())


def add(files: Iterable[tuple[str, bytes, str]], *, aggregates: bool = False) -> list[str]:
    """Take in files: name, bytes, note. The first is chosen; :func:`note` tells of those that did not fit.

    Returns:
        sha256 of those that did, in order.
    """
    tray = _films()
    size = sum(len(film.data) for film in tray.values())
    taken, left_out = [], 0
    for name, data, note_of_film in files:
        film = replace(Upload.of(name, data), note=note_of_film, aggregate=aggregates)
        if film.sha256 not in tray:
            if len(tray) >= MAX_FILMS or size + len(data) > MAX_BYTES:
                left_out += 1
                continue
            tray[film.sha256] = film
            size += len(data)
        taken.append(film.sha256)
    if taken:
        choose(taken[0])
    st.session_state[_ADDED] = times_added() + 1
    st.session_state[_NOTE] = (
        f"{left_out} more did not fit: at most {MAX_FILMS} films, {MAX_BYTES // 2**20} MiB. Remove all films first."
        if left_out
        else ""
    )
    return taken


def put_for(old: Upload, new: Upload) -> None:
    """Put a film in the place of another; look at it if the other was looked at."""
    looked_at = chosen()
    kept = [new if film.sha256 == old.sha256 else film for film in given()]
    tray = _films()
    tray.clear()
    tray.update({film.sha256: film for film in kept})
    if looked_at is None or looked_at.sha256 == old.sha256:
        st.session_state[_CHOSEN] = new.sha256


def clear() -> None:
    """Forget all films."""
    _films().clear()
    st.session_state[_NOTE] = ""


def note() -> str:
    """What went wrong when films were last added; empty when nothing did."""
    return str(st.session_state.get(_NOTE, ""))


def times_added() -> int:
    """How often films were added: names a table of films, whose selected row must not outlive the next ones."""
    return int(st.session_state.get(_ADDED, 0))


def chosen() -> Upload | None:
    """The film being looked at."""
    tray = _films()
    found = tray.get(str(st.session_state.get(_CHOSEN)))
    return found or next(iter(tray.values()), None)


def choose(sha256: str) -> None:
    """Look at another one."""
    st.session_state[_CHOSEN] = sha256


def insisted() -> set[tuple[str, str]]:
    """Refused films that this visitor wants read all the same, with the key of the checkpoint; add to it."""
    found: set[tuple[str, str]] = st.session_state.setdefault(_INSISTED, set())
    return found


def _films() -> dict[str, Upload]:
    tray: dict[str, Upload] = st.session_state.setdefault(_FILMS, {})
    return tray
