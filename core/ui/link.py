"""A page's state in its address, so a link reproduces a view. No film and no visitor's file is ever named in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import streamlit as st

from core.ui import state

Words = list[str]
_LONGEST: Final = 200  # characters; a longer word is none of ours


@dataclass(frozen=True, slots=True)
class Kind:
    """How a value is written in an address.

    Attributes:
        read: words of the address → value; ``ValueError`` where they make no sense.
        write: value → words; none where it need not be said.
    """

    read: Callable[[Words], object]
    write: Callable[[object], Words]


def _one(value: object) -> Words:
    return [] if value is None or value == "" else [str(value)]


def _between(words: Words, low: float, high: float) -> float:
    number = float(words[-1])
    if not low <= number <= high:
        raise ValueError(words[-1])
    return number


def _count(words: Words) -> int:
    number = int(words[-1])
    if number < 1:
        raise ValueError(words[-1])
    return number


TEXT: Final = Kind(lambda words: words[-1], _one)
MANY: Final = Kind(list, lambda value: [str(one) for one in value] if isinstance(value, list | tuple) else [])
SWITCH: Final = Kind(lambda words: words[-1] == "yes", lambda value: ["yes"] if value else [])
SHARE: Final = Kind(partial(_between, low=0, high=1), _one)
PERCENT: Final = Kind(partial(_between, low=0, high=100), _one)
PAGE: Final = Kind(_count, lambda value: [] if value == 1 else _one(value))


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an address.

    Attributes:
        name: in the address.
        key: in the session.
        kind: how it is written.
        views: sections to which it belongs; none named: all.
    """

    name: str
    key: str
    kind: Kind = TEXT
    views: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Address:
    """What of a page is in its address.

    Attributes:
        page: which.
        parts: of its address.
    """

    page: str
    parts: tuple[Part, ...]

    def take(self) -> bool:
        """Take over what the address says, when it is not what we last made it. Before any widget is drawn.

        What belongs to the view and is not in the link has its first value again, so that the same link always shows
        the same. Words that make no sense are left out, or dropped by the pickers.

        Returns:
            Whether it said anything new.
        """
        given = {part.name: words for part in self.parts if (words := st.query_params.get_all(part.name))}
        given = {name: words for name, words in given.items() if all(len(word) <= _LONGEST for word in words)}
        # A visitor who is faster than the network sends a choice together with an address from before the last one.
        if not given or state.links.came_from_us(self.page, given) or state.links.chosen_since(self.page):
            return False
        view = given.get("view", [""])[-1]
        for part in self.parts:
            if part.name in given:
                try:
                    state.put(part.key, part.kind.read(given[part.name]))
                except ValueError:
                    state.forget(part.key)
            elif not part.views or view in part.views:
                state.forget(part.key)
        return True

    def give(self, view: str = "", hidden: frozenset[str] = frozenset(), less: frozenset[str] = frozenset()) -> None:
        """Say in the address what is shown. After the widgets.

        Args:
            view: the section shown.
            hidden: names that must not be in an address.
            less: parts that are left out.
        """
        said: dict[str, Words] = {}
        parts = [part for part in self.parts if part.name not in less]
        for part in parts:
            words = [] if part.views and view not in part.views else part.kind.write(state.value(part.key))
            if words := [word for word in words if not any(name in word for name in hidden)]:
                said[part.name] = words
        state.links.remember(self.page, said, [part.key for part in parts])
        if said != {name: st.query_params.get_all(name) for name in st.query_params}:
            st.query_params.from_dict(said)  # also empty again when the visitor comes back from another page
