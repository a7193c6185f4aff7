"""Pickers that several sections of the Performance page have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.tasks import Task
from core.ui import state
from core.ui.performance.sources import Source, words

ALL: Final = "all"
MERGED: Final = "merged"


def segments(label: str, options: Mapping[str, str], key: str, hint: str = "", *, hidden: bool = False) -> str:
    """One of several words in a row; its key in ``options``. ``hidden``: the label is for screen readers only."""
    state.settle(key, list(options))
    return str(
        st.segmented_control(
            label,
            list(options),
            format_func=options.__getitem__,
            key=key,
            required=True,
            help=hint or None,
            label_visibility="collapsed" if hidden else "visible",
        )
    )


def drop_down(label: str, options: Mapping[str, str], key: str) -> str:
    """One of several words in a list that opens; its key in ``options``."""
    state.settle(key, list(options))
    return str(st.selectbox(label, list(options), format_func=options.__getitem__, key=key))


def side_by_side(count: int) -> list[DeltaGenerator]:
    """Places for figures, three in a row where there is room and fewer where there is not; once in a section.

    Args:
        count: of the figures; a single one leaves half of the width empty.
    """
    with st.container(key="side_by_side"):  # the style of the page says how many fit
        return list(st.columns(max(2, count), gap="medium"))[:count]


def grain(task: Task) -> str:
    """All classes, or the two merged ones. Asked only where the two differ."""
    if len(task.merged_classes) == len(task.classes):
        return ALL
    merged = " / ".join(words(task, name) for name in task.merged_classes)
    return segments("Classes", {ALL: f"All {len(task.classes)}", MERGED: f"Two: {merged}"}, state.performance.CLASSES)


def positives(task: Task) -> dict[str, str]:
    """What may be the positive class: the merged one that means disease first, then every class."""
    merged = [name for name in task.merged_classes if name != task.negative]
    return {name: words(task, name) for name in (*merged, *task.classes)}


def one_of(sources: Sequence[Source], label: str = "Model") -> Source:
    """One of the sources, where a section shows only one."""
    by_name = {source.name: source for source in sources}
    return by_name[drop_down(label, {name: source.title for name, source in by_name.items()}, state.performance.ONE)]
