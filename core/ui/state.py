"""Every session_state key, behind typed accessors: what one visitor has chosen, accepted and dropped in.

A visitor's files and their names live here only, in the memory of the session, and go with it. What was decoded from
them stays in :mod:`core.ui.cache` for a while, by digest and without a name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, ParamSpec

import streamlit as st
from streamlit.errors import StreamlitAPIException

from core.certainty import LEVEL as LEVEL_AT_FIRST
from core.certainty import TARGET as TARGET_AT_FIRST
from core.checkpoint import Checkpoint
from core.render import Look
from core.xray import Facts

if TYPE_CHECKING:
    from core.evaluate import OperatingPoint
    from core.ui.job import Job

P = ParamSpec("P")

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
MODEL_TASK = "model_task"
METHOD = "method"
LAYERS = "layers"
TARGET = "target"
AGAINST = "against"
COLOURS = "look_colours"
OPACITY = "look_opacity"
CONTOUR = "look_contour"
LEVEL = "look_level"
STILL = "still_images"
ANYWAY = "show_anyway"
NAMES = "names_in_exports"
UNCALIBRATED = "uncalibrated"
SET_LEVEL = "set_level"
TARGET_ERROR = "target_error"
_KEPT = (
    MODEL, METHOD, LAYERS, TARGET, AGAINST, COLOURS, OPACITY, CONTOUR, LEVEL, STILL, ANYWAY, NAMES, UNCALIBRATED,
    SET_LEVEL, TARGET_ERROR,
)  # fmt: skip

_NO_VIEWER = "no_viewer"  # why it could not start in this visitor's browser

_LINKS = "links"

# Keys of the Performance page: its widgets, and what a click on a figure chose. All are in its link.
TASK = "performance_task"
SOURCES = "performance_sources"
VIEW = "performance_view"
CLASSES = "performance_classes"
SHARES = "performance_shares"
CELL = "performance_cell"
ORDER = "performance_order"
PAIR = ("performance_first", "performance_second")
GROUP = "performance_group"
ONE = "performance_one"
POSITIVE = "performance_positive"
THRESHOLD = "performance_threshold"
PREVALENCE = "performance_prevalence"
BINS = "performance_bins"
RAW = "performance_raw"
SCORE = "performance_score"
DAMAGE = "performance_damage"
LUNGS_FIGURE = "performance_lungs"
COLOUR_BY = "performance_colour_by"
FORMAT = "performance_format"
PAGE = "performance_page"
_PERFORMANCE = (
    TASK, SOURCES, VIEW, CLASSES, SHARES, CELL, ORDER, *PAIR, GROUP, ONE, POSITIVE, THRESHOLD, PREVALENCE, BINS, RAW,
    SCORE, DAMAGE, LUNGS_FIGURE, COLOUR_BY, FORMAT, PAGE,
)  # fmt: skip

# Keys of the Data set page, in the same way.
INDEX = "dataset_index"
SECTION = "dataset_section"
SPLITS = "dataset_splits"
LABELS = "dataset_labels"
PATIENT = "dataset_patient"
MERGED = "dataset_merged"
TRAIT = "dataset_trait"
FILM_ORDER = "dataset_order"
FILM_PAGE = "dataset_page"
_DATASET = (INDEX, SECTION, SPLITS, LABELS, PATIENT, MERGED, TRAIT, FILM_ORDER, FILM_PAGE)

# Keys of the Training page, in the same way.
RUNS = "training_runs"
ACCURACY = "training_accuracy"
MATRIX_OF = "training_matrix_of"
MATRIX_AT = "training_matrix_at"
_TRAINING = (RUNS, ACCURACY, MATRIX_OF, MATRIX_AT)

# Key of the Models page, in the same way.
CARD = "models_card"
_MODELS = (CARD,)

# Keys of the Compare page, in the same way. Which films are compared is in no link.
COMPARE = "compare"
COMPARE_TASK = "compare_task"
BACKBONES = "compare_backbones"
METHODS = "compare_methods"
SECOND_FILM = "compare_second_film"
COMPARED_LAYERS = "compare_layers"
COMPARED_CLASS = "compare_class"
COMPARED_AGAINST = "compare_against"
ONE_SCALE = "compare_one_scale"
WEAK_TOO = "compare_weak_too"
COMPARED_PAIR = "compare_pair"
_COMPARE = (
    COMPARE, COMPARE_TASK, BACKBONES, METHODS, SECOND_FILM, COMPARED_LAYERS, COMPARED_CLASS, COMPARED_AGAINST,
    ONE_SCALE, WEAK_TOO, COMPARED_PAIR,
)  # fmt: skip
_COMPARED = "compared"
_OWN_INDEX = "own_index"
_KNOWN = "performance_known"
_EXPLORED = "performance_explored"
_OWN = "own_predictions"
_OWN_ROUND = "own_round"
_OWN_LEFT_OUT = "own_left_out"
_POINT = "operating_point"
_MEASURED = "measured_maps"
_JOB = "job"
_INSISTED = "read_anyway_films"

MAX_TABLES: Final = 8
"""Tables of predictions one visitor may have here at once."""


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


def keep() -> None:
    """Hold on to the values of widgets that the page about to run may not draw. Call first in every run."""
    for key in (*_KEPT, *_PERFORMANCE, *_DATASET, *_TRAINING, *_MODELS, *_COMPARE):
        if key in st.session_state:
            with suppress(StreamlitAPIException):  # drawn already: this run has its value
                st.session_state[key] = st.session_state[key]


def fragment(draw: Callable[P, None], run_every: float | None = None) -> Callable[P, None]:
    """As ``st.fragment``. Drawn again alone, it holds on to what the rest of the page holds, as every run must."""

    @wraps(draw)
    def kept(*args: P.args, **kwargs: P.kwargs) -> None:
        keep()
        draw(*args, **kwargs)

    return st.fragment(kept, run_every=run_every)


def accepted() -> bool:
    """Whether this visitor has accepted the notice."""
    return bool(st.session_state.get(_ACCEPTED, False))


def accept() -> None:
    """Remember that they have."""
    st.session_state[_ACCEPTED] = True


def measured() -> set[tuple[str, ...]]:
    """Heatmaps, by their keys, that this visitor asked to have measured; add to it to ask for another."""
    found: set[tuple[str, ...]] = st.session_state.setdefault(_MEASURED, set())
    return found


def job() -> Job | None:
    """The long work that this visitor waits for, if any."""
    found: Job | None = st.session_state.get(_JOB)
    return found


def set_job(job: Job | None) -> None:
    """Wait for this, or for nothing."""
    st.session_state[_JOB] = job


def insisted() -> set[tuple[str, str]]:
    """Refused films that this visitor wants read all the same, with the key of the checkpoint; add to it."""
    found: set[tuple[str, str]] = st.session_state.setdefault(_INSISTED, set())
    return found


def films() -> tuple[Upload, ...]:
    """Every film given, in order."""
    return tuple(_films().values())


def add_films(files: Iterable[tuple[str, bytes, str]], *, aggregates: bool = False) -> None:
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
            tray[sha256] = Upload(sha256, name, data, note_of_film, aggregate=aggregates)
            size += len(data)
        first = first or sha256
    if first:
        st.session_state[_CHOSEN] = first
    st.session_state[_NOTE] = (
        f"{left_out} more did not fit: at most {MAX_FILMS} films, {MAX_BYTES // 2**20} MiB. Remove some first."
        if left_out
        else ""
    )


def replace_film(old: Upload, new: Upload) -> None:
    """Put a film in the place of another, and look at it."""
    kept = [new if film.sha256 == old.sha256 else film for film in films()]
    tray = _films()
    tray.clear()
    tray.update({film.sha256: film for film in kept})
    st.session_state[_CHOSEN] = new.sha256


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


def uncalibrated() -> bool:
    """Whether readings are shown as the network gave them, before calibration."""
    return bool(st.session_state.get(UNCALIBRATED, False))


def prepare_look() -> None:
    """Give the look's widgets their values, before they are drawn; kept while the viewer has controls of its own."""
    set_look(look())


def set_look(look: Look) -> None:
    """Draw overlays like this from now on. Before its widgets are drawn."""
    st.session_state[COLOURS] = look.colours
    st.session_state[OPACITY] = round(look.opacity * 100)
    st.session_state[CONTOUR] = look.contour
    st.session_state[LEVEL] = round(look.level * 100)


def no_viewer() -> str:
    """Why this visitor's browser could not start the viewer; empty when it has not failed."""
    return str(st.session_state.get(_NO_VIEWER, ""))


def lose_viewer(reason: str) -> None:
    """The viewer cannot start in this visitor's browser."""
    st.session_state[_NO_VIEWER] = reason


def model(good: Mapping[str, Checkpoint]) -> Checkpoint | None:
    """The network selected last among those there are, else the first; ``None`` when there are none."""
    return good.get(str(st.session_state.get(MODEL))) or next(iter(good.values()), None)


def choose_model(name: str) -> None:
    """Select a network, on a page that does not draw the picker."""
    st.session_state[MODEL] = name


def prepare_target(film_sha256: str, checkpoint_key: str, predicted: str) -> None:
    """Explain the predicted class whenever another film or network comes up. Before the class picker is drawn."""
    pair = (film_sha256, checkpoint_key)
    if st.session_state.get(_EXPLAINED) != pair or not st.session_state.get(TARGET):
        st.session_state[_EXPLAINED] = pair
        st.session_state[TARGET] = predicted
        st.session_state[AGAINST] = ""
        st.session_state[ANYWAY] = False


def explain(film_sha256: str, checkpoint_key: str, wanted: str, against: str | None = None) -> None:
    """Explain this class, not the predicted one, when that film and network come up."""
    st.session_state[_EXPLAINED] = (film_sha256, checkpoint_key)
    st.session_state[TARGET] = wanted
    st.session_state[AGAINST] = against or ""
    st.session_state[ANYWAY] = False


def target() -> str:
    """The class being explained."""
    return str(st.session_state[TARGET])


def against() -> str | None:
    """The class it is explained against; ``None``: the class by itself."""
    return str(st.session_state.get(AGAINST) or "") or None


def set_level() -> float:
    """How often a prediction set shall hold the true class, 0…1."""
    return int(st.session_state.get(SET_LEVEL, round(100 * LEVEL_AT_FIRST))) / 100


def target_error() -> str:
    """Key in TARGETS: how often readings may be wrong before a film is left to a human reader."""
    return str(st.session_state.get(TARGET_ERROR) or TARGET_AT_FIRST)


def names_in_exports() -> bool:
    """Whether the visitor asked for their file names in exports."""
    return bool(st.session_state.get(NAMES, False))


def settle(key: str, options: Sequence[str]) -> str:
    """Give a picker a value that is one of its options, before it is drawn: the one it has, or the first."""
    if st.session_state.get(key) not in options:
        st.session_state[key] = options[0]
    return str(st.session_state[key])


def settle_many(key: str, options: Sequence[str], first: Sequence[str] | None = None) -> None:
    """Give a picker of several a value before it is drawn: what is left of its old one, or ``first`` (all) if nothing.

    An option that was not there when the picker was last drawn, such as a table just given, is chosen too, unless
    none of those there now was: then these are other things, such as networks of another task.
    """
    known = st.session_state.get(_KNOWN, [])
    old = st.session_state.get(key)
    fresh = [name for name in options if name not in known] if set(known) & set(options) else []
    kept = [] if old is None else [name for name in options if name in old or name in fresh]
    st.session_state[key] = kept if kept or old == [] else list(options if first is None else first)
    st.session_state[_KNOWN] = list(options)


def clamp(key: str, low: float, high: float) -> None:
    """Bring a number into its range before its widget is drawn; the lowest when there was none, or one too high."""
    found = st.session_state.get(key, low)
    st.session_state[key] = found if low <= found <= high else low


def figure_format() -> str:
    """What figures are saved as: "png" or "svg"."""
    return str(st.session_state.get(FORMAT) or "png")


def explores(positive: str) -> bool:
    """Whether the threshold on screen is of this class; from now on it is. A link's first one is taken as it is."""
    before = st.session_state.get(_EXPLORED)
    st.session_state[_EXPLORED] = positive
    return before in {None, positive}


def value(key: str) -> object:
    """What a widget of a study page holds, or what a link said of it; ``None`` when neither."""
    return st.session_state.get(key)


def put(key: str, value: object) -> None:
    """Set a widget of a study page before it is drawn, or what a click on a figure chose."""
    st.session_state[key] = value


def forget(key: str) -> None:
    """Let a widget of a study page have its first value again."""
    st.session_state.pop(key, None)


def came_from_us(page: str, address: Mapping[str, list[str]]) -> bool:
    """Whether this is what a page's address was last set to."""
    found = st.session_state.get(_LINKS, {}).get(page)
    return found is not None and found[0] == address


def chosen_since(page: str) -> bool:
    """Whether the visitor has chosen something on a page since its address was last set."""
    found = st.session_state.get(_LINKS, {}).get(page)
    return found is not None and any(value(key) != held for key, held in found[1].items())


def remember_link(page: str, address: Mapping[str, list[str]], keys: Iterable[str]) -> None:
    """Remember what a page's address was set to, and what its widgets held then."""
    st.session_state.setdefault(_LINKS, {})[page] = dict(address), {key: value(key) for key in keys}


def picked(chart: str) -> list[dict[str, Any]]:
    """The points selected in a Plotly figure, as Streamlit describes them."""
    found = st.session_state.get(chart)
    return list(found.selection.points) if found else []


def selected_rows(table: str) -> list[int]:
    """Positions of the rows selected in a table."""
    found = st.session_state.get(table)
    return list(found.selection.rows) if found else []


def own_tables() -> tuple[Upload, ...]:
    """Tables of predictions this visitor gave."""
    return tuple(_own().values())


def add_tables(files: Iterable[tuple[str, bytes]]) -> None:
    """Take in tables of predictions: name, bytes. :func:`tables_left_out` names those that did not fit."""
    own, left_out = _own(), []
    for name, data in files:
        sha256 = hashlib.sha256(data).hexdigest()
        if sha256 in own or len(own) < MAX_TABLES:
            own[sha256] = Upload(sha256, name, data)
        else:
            left_out.append(name)
    st.session_state[_OWN_LEFT_OUT] = left_out


def tables_left_out() -> list[str]:
    """Names of the tables given last that did not fit."""
    return list(st.session_state.get(_OWN_LEFT_OUT, []))


def table_uploader_key() -> str:
    """Key of the uploader of tables now on screen; :func:`renew_table_uploader` empties it by changing this."""
    return f"tables_{st.session_state.get(_OWN_ROUND, 0)}"


def renew_table_uploader() -> None:
    """Empty the uploader: its files are among our own tables now."""
    st.session_state[_OWN_ROUND] = st.session_state.get(_OWN_ROUND, 0) + 1


def remove_table(sha256: str) -> None:
    """Forget one."""
    _own().pop(sha256, None)
    st.session_state[_OWN_LEFT_OUT] = []


def prepare_comparison(compared: tuple[tuple[str, str], ...], favoured: str) -> None:
    """Explain the class that is read most whenever other films or networks come up. Before the pickers are drawn.

    Args:
        compared: sha256 of film and weights of every reading.
        favoured: that class.
    """
    if st.session_state.get(_COMPARED) != compared:
        st.session_state[_COMPARED] = compared
        st.session_state[COMPARED_CLASS] = favoured
        st.session_state[COMPARED_AGAINST] = ""
        st.session_state[WEAK_TOO] = False


def own_index() -> Upload | None:
    """The index this visitor gave, if any."""
    found: Upload | None = st.session_state.get(_OWN_INDEX)
    return found


def use_index(name: str, data: bytes) -> None:
    """Take in an index: name, bytes. It replaces the one given before."""
    st.session_state[_OWN_INDEX] = Upload(hashlib.sha256(data).hexdigest(), name, data)


def forget_index() -> None:
    """Let it go."""
    st.session_state.pop(_OWN_INDEX, None)


def operating_point() -> OperatingPoint | None:
    """The threshold this visitor reads films with, if any."""
    found: OperatingPoint | None = st.session_state.get(_POINT)
    return found


def use_operating_point(point: OperatingPoint | None) -> None:
    """Read films with this threshold, or with none."""
    st.session_state[_POINT] = point


def _own() -> dict[str, Upload]:
    own: dict[str, Upload] = st.session_state.setdefault(_OWN, {})
    return own


def _films() -> dict[str, Upload]:
    tray: dict[str, Upload] = st.session_state.setdefault(_FILMS, {})
    return tray
