"""The network, and what is asked of a film."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import streamlit as st

from core.certainty import LEVEL
from core.certainty import TARGET as TARGET_AT_FIRST
from core.checkpoint import Checkpoint

if TYPE_CHECKING:
    from core.evaluate import OperatingPoint

MODEL = "model"
MODEL_TASK = "model_task"
METHOD = "method"
LAYERS = "layers"
TARGET = "target"
AGAINST = "against"
ANYWAY = "show_anyway"
NAMES = "names_in_exports"
UNCALIBRATED = "uncalibrated"
SET_LEVEL = "set_level"
TARGET_ERROR = "target_error"
KEYS: Final = (MODEL, METHOD, LAYERS, TARGET, AGAINST, ANYWAY, NAMES, UNCALIBRATED, SET_LEVEL, TARGET_ERROR)

_EXPLAINED = "explained"
_MEASURED = "measured_maps"
_POINT = "operating_point"


def model(good: Mapping[str, Checkpoint]) -> Checkpoint | None:
    """The network selected last among those there are, else the first; ``None`` when there are none."""
    return good.get(str(st.session_state.get(MODEL))) or next(iter(good.values()), None)


def choose_model(name: str) -> None:
    """Select a network, on a page that does not draw the picker."""
    st.session_state[MODEL] = name


def prepare(film_sha256: str, checkpoint_key: str, predicted: str) -> None:
    """Explain the predicted class whenever another film or network comes up. Before the class picker is drawn."""
    pair = (film_sha256, checkpoint_key)
    if st.session_state.get(_EXPLAINED) != pair or not st.session_state.get(TARGET):
        st.session_state[_EXPLAINED] = pair
        st.session_state[TARGET] = predicted
        st.session_state[AGAINST] = ""
        st.session_state[ANYWAY] = False


def explain(
    film_sha256: str, checkpoint_key: str, wanted: str, against: str | None = None, *, anyway: bool = False
) -> None:
    """Explain this class, not the predicted one, when that film and network come up.

    Args:
        film_sha256: of the film.
        checkpoint_key: of the network.
        wanted: the class.
        against: that it is explained against; ``None``: the class by itself.
        anyway: whether its map was asked for although the class is below its cut-off.
    """
    st.session_state[_EXPLAINED] = (film_sha256, checkpoint_key)
    st.session_state[TARGET] = wanted
    st.session_state[AGAINST] = against or ""
    st.session_state[ANYWAY] = anyway


def target() -> str:
    """The class being explained."""
    return str(st.session_state[TARGET])


def against() -> str | None:
    """The class it is explained against; ``None``: the class by itself."""
    return str(st.session_state.get(AGAINST) or "") or None


def measured() -> set[tuple[str, ...]]:
    """Heatmaps, by their keys, that this visitor asked to have measured; add to it to ask for another."""
    found: set[tuple[str, ...]] = st.session_state.setdefault(_MEASURED, set())
    return found


def uncalibrated() -> bool:
    """Whether readings are shown as the network gave them, before calibration."""
    return bool(st.session_state.get(UNCALIBRATED, False))


def set_level() -> float:
    """How often a prediction set shall hold the true class, 0…1."""
    return int(st.session_state.get(SET_LEVEL, round(100 * LEVEL))) / 100


def target_error() -> str:
    """Key in TARGETS: how often readings may be wrong before a film is left to a human reader."""
    return str(st.session_state.get(TARGET_ERROR) or TARGET_AT_FIRST)


def operating_point() -> OperatingPoint | None:
    """The threshold this visitor reads films with, if any."""
    found: OperatingPoint | None = st.session_state.get(_POINT)
    return found


def use_operating_point(point: OperatingPoint | None) -> None:
    """Read films with this threshold, or with none."""
    st.session_state[_POINT] = point


def names_in_exports() -> bool:
    """Whether the visitor asked for their file names in exports."""
    return bool(st.session_state.get(NAMES, False))
