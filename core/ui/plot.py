"""Plotly figures on a page: all of one kind of toolbar, each with its words for those who cannot see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

from core.ui import pickers, state

if TYPE_CHECKING:
    from plotly.graph_objects import Figure
    from streamlit.elements.plotly_chart import PlotlyState

Selected = Literal["points", "box", "lasso"]

_PICKING = ["lasso2d", "select2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"]


def pick_format() -> None:
    """The picker of what figures are saved as."""
    pickers.segments("Save figures as", {"png": "PNG", "svg": "SVG"}, state.performance.FORMAT)


def show(figure: Figure, alt: str, *, name: str = "", key: str = "", fmt: str = "") -> None:
    """Draw a figure.

    Args:
        figure: the figure.
        alt: what it shows, in words.
        name: of the file that a button saves it as, without its ending; without a name there is no button.
        key: tells figures of a page apart; the name, when empty.
        fmt: "png" or "svg"; the one chosen on the page, when empty.
    """
    st.plotly_chart(figure, width="stretch", config=_config(name, fmt), key=key or name, alt=alt)


def pick(  # noqa: PLR0913 - as above, and what a click does
    figure: Figure, alt: str, *, name: str, key: str, picked: Callable[[], None], by: tuple[Selected, ...]
) -> PlotlyState:
    """Draw a figure whose points can be clicked.

    Args:
        figure, alt, name, key: as for :func:`show`.
        picked: called when the points selected are others.
        by: how they are selected; if by more than clicks, with buttons to do so and to move the figure.

    Returns:
        What is selected.
    """
    config = _config(name, "", [] if by == ("points",) else _PICKING)
    return st.plotly_chart(
        figure, width="stretch", config=config, key=key, on_select=picked, selection_mode=by, alt=alt
    )


def _config(name: str, fmt: str, buttons: list[str] | None = None) -> dict[str, Any]:
    if not name:
        return {"displayModeBar": False, "displaylogo": False}
    fmt = fmt or state.performance.figure_format()
    return {
        "displaylogo": False,
        "displayModeBar": True,
        "modeBarButtons": [*([buttons] if buttons else []), ["toImage"]],
        "toImageButtonOptions": {"format": fmt, "filename": name, "scale": 2 if fmt == "png" else 1},
    }
