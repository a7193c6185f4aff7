"""The page's state in its address, so that a link reproduces a view. No film and no visitor's file is named in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import streamlit as st

from core.ui import state

_EVERYWHERE: Final[tuple[str, ...]] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the address.

    Attributes:
        name: in the address.
        key: in the session.
        read: from the address; ``ValueError`` when it makes no sense.
        views: sections to which it belongs; none named: all.
    """

    name: str
    key: str
    read: Callable[[list[str]], object]
    views: tuple[str, ...] = _EVERYWHERE


def _text(values: list[str]) -> str:
    return values[-1]


def _number(values: list[str], low: float, high: float) -> float:
    number = float(values[-1])
    if not low <= number <= high:
        raise ValueError(values[-1])
    return number


def _share(values: list[str]) -> float:
    return _number(values, 0, 1)


def _percent(values: list[str]) -> float:
    return _number(values, 0, 100)


def _switch(values: list[str]) -> bool:
    return values[-1] == "True"


PARTS: Final = (
    Part("task", state.TASK, _text),
    Part("view", state.VIEW, _text),
    Part("model", state.SOURCES, list),
    Part("classes", state.CLASSES, _text, ("matrices", "comparison")),
    Part("shares", state.SHARES, _text, ("matrices",)),
    Part("cell", state.CELL, _text, ("matrices",)),
    Part("order", state.ORDER, _text, ("matrices", "comparison", "points")),
    Part("first", state.PAIR[0], _text, ("comparison",)),
    Part("second", state.PAIR[1], _text, ("comparison",)),
    Part("films", state.GROUP, _text, ("comparison",)),
    Part("of", state.ONE, _text, ("threshold", "points")),
    Part("positive", state.POSITIVE, _text, ("figures", "threshold")),
    Part("threshold", state.THRESHOLD, _share, ("threshold",)),
    Part("prevalence", state.PREVALENCE, _percent, ("threshold",)),
    Part("bins", state.BINS, _text, ("calibration",)),
    Part("raw", state.RAW, _switch, ("calibration",)),
    Part("colour", state.COLOUR_BY, _text, ("points",)),
)


def take() -> None:
    """Take over what the address says, when it is not what we last made it. Before any widget is drawn."""
    given = _address()
    if not given or given == state.link():
        return
    for part in PARTS:
        if given.get(part.name):
            try:
                state.put(part.key, part.read(given[part.name]))
            except ValueError:
                continue  # the picker has its own first value
    state.remember_link(given)


def give(view: str, hidden: frozenset[str]) -> None:
    """Say in the address what is shown. After the widgets.

    Args:
        view: the section shown.
        hidden: names that must not be in an address.
    """
    parts: dict[str, list[str]] = {}
    for part in PARTS:
        value = state.value(part.key)
        values = [str(one) for one in (value if isinstance(value, list) else [value]) if one not in {None, ""}]
        values = [one for one in values if not any(name in one for name in hidden)]
        if values and (not part.views or view in part.views):
            parts[part.name] = values
    state.remember_link(parts)
    if parts != _address():  # it is empty again when the visitor comes back from another page
        st.query_params.from_dict(parts)


def _address() -> dict[str, list[str]]:
    return {name: st.query_params.get_all(name) for name in st.query_params}
