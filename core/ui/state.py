"""Every session_state key, behind typed accessors: what one visitor has chosen, accepted and dropped in.

A visitor's files and their names live here only, in the memory of the session, and go with it. What was decoded from
them stays in :mod:`core.ui.cache` for a while, by digest and without a name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import streamlit as st

from core.checkpoint import Checkpoint
from core.render import Look

MAX_FILMS: Final = 200
MAX_BYTES: Final = 512 * 2**20

_ACCEPTED = "accepted"
_FILMS = "films"
_CHOSEN = "chosen_film"
_NOTE = "films_note"
_ROUND = "uploader_round"
_EXPLAINED = "explained"

# Keys of widgets. Streamlit forgets a widget's value when its page is left; `keep` makes these outlive it.
MODEL = "model"
METHOD = "method"
TARGET = "target"
COLOURS = "look_colours"
OPACITY = "look_opacity"
CONTOUR = "look_contour"
LEVEL = "look_level"
ANYWAY = "show_anyway"
NAMES = "names_in_exports"
_KEPT = (MODEL, METHOD, TARGET, COLOURS, OPACITY, CONTOUR, LEVEL, ANYWAY, NAMES)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file a visitor gave.

    Attributes:
        sha256: of its bytes; two copies of a film are one.
        name: as the visitor knows it; shown to them alone, exported only when they ask.
        data: its bytes.
        note: what must be said of it wherever it is shown ("An average of 1,349 films, not a patient"); often empty.
    """

    sha256: str
    name: str
    data: bytes
    note: str = ""


def keep() -> None:
    """Hold on to the values of widgets that the page about to run may not draw. Call first in every run."""
    for key in _KEPT:
        if key in st.session_state:
            st.session_state[key] = st.session_state[key]


def accepted() -> bool:
    """Whether this visitor has accepted the notice."""
    return bool(st.session_state.get(_ACCEPTED, False))


def accept() -> None:
    """Remember that they have."""
    st.session_state[_ACCEPTED] = True


def films() -> tuple[Upload, ...]:
    """Every film given, in order."""
    return tuple(_films().values())


def add_films(files: Iterable[tuple[str, bytes, str]]) -> None:
    """Take in files: name, bytes, note. The first is chosen; :func:`note` tells of those that did not fit."""
    tray = _films()
    size = sum(len(film.data) for film in tray.values())
    first, left_out = None, 0
    for name, data, note_of_film in files:
        sha256 = hashlib.sha256(data).hexdigest()
        if sha256 not in tray:
            if len(tray) >= MAX_FILMS or size + len(data) > MAX_BYTES:
                left_out += 1
                continue
            tray[sha256] = Upload(sha256, name, data, note_of_film)
            size += len(data)
        first = first or sha256
    if first:
        st.session_state[_CHOSEN] = first
    st.session_state[_NOTE] = (
        f"{left_out} more did not fit: at most {MAX_FILMS} films, {MAX_BYTES // 2**20} MiB. Remove some first."
        if left_out
        else ""
    )


def clear_films() -> None:
    """Forget all films."""
    _films().clear()
    st.session_state[_NOTE] = ""


def note() -> str:
    """What went wrong when films were last added; empty when nothing did."""
    return str(st.session_state.get(_NOTE, ""))


def chosen_film() -> Upload | None:
    """The film being looked at."""
    tray = _films()
    chosen = tray.get(str(st.session_state.get(_CHOSEN)))
    return chosen or next(iter(tray.values()), None)


def choose_film(sha256: str) -> None:
    """Look at another one."""
    st.session_state[_CHOSEN] = sha256


def uploader_key() -> str:
    """Key of the uploader now on screen; :func:`renew_uploader` empties it by changing this."""
    return f"uploader_{st.session_state.get(_ROUND, 0)}"


def renew_uploader() -> None:
    """Empty the uploader: its files are in our own tray now."""
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1


def look() -> Look:
    """How overlays are drawn."""
    default = Look()
    return Look(
        colours=st.session_state.get(COLOURS) or default.colours,
        opacity=st.session_state.get(OPACITY, round(default.opacity * 100)) / 100,
        contour=st.session_state.get(CONTOUR, default.contour),
        level=st.session_state.get(LEVEL, round(default.level * 100)) / 100,
    )


def prepare_look() -> None:
    """Give the look's widgets their first values, before they are drawn."""
    default = Look()
    st.session_state.setdefault(COLOURS, default.colours)
    st.session_state.setdefault(OPACITY, round(default.opacity * 100))
    st.session_state.setdefault(CONTOUR, default.contour)
    st.session_state.setdefault(LEVEL, round(default.level * 100))


def model(good: Mapping[str, Checkpoint]) -> Checkpoint | None:
    """The network selected last among those there are, else the first; ``None`` when there are none."""
    return good.get(str(st.session_state.get(MODEL))) or next(iter(good.values()), None)


def choose_model(name: str) -> None:
    """Select a network, on a page that does not draw the picker."""
    st.session_state[MODEL] = name


def prepare_target(film_sha256: str, weights_sha256: str, predicted: str) -> None:
    """Explain the predicted class whenever another film or network comes up. Before the class picker is drawn."""
    pair = (film_sha256, weights_sha256)
    if st.session_state.get(_EXPLAINED) != pair or not st.session_state.get(TARGET):
        st.session_state[_EXPLAINED] = pair
        st.session_state[TARGET] = predicted
        st.session_state[ANYWAY] = False


def explain(film_sha256: str, weights_sha256: str, wanted: str) -> None:
    """Explain this class, not the predicted one, when that film and network come up."""
    st.session_state[_EXPLAINED] = (film_sha256, weights_sha256)
    st.session_state[TARGET] = wanted
    st.session_state[ANYWAY] = False


def target() -> str:
    """The class being explained."""
    return str(st.session_state[TARGET])


def names_in_exports() -> bool:
    """Whether the visitor asked for their file names in exports."""
    return bool(st.session_state.get(NAMES, False))


def _films() -> dict[str, Upload]:
    tray: dict[str, Upload] = st.session_state.setdefault(_FILMS, {})
    return tray
