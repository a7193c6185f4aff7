"""Plotly figures. Colours come from the theme, so that light and dark both work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from core.words import percent, probability

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

CONFIG: Final[dict[str, Any]] = {"displayModeBar": False, "displaylogo": False}
"""For ``st.plotly_chart(config=…)``: no toolbar over a figure this small, no link to elsewhere."""

DASHES: Final = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
"""Beside colours: lines are told apart in black and white as well."""


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours for what the theme does not reach: figures and legends.

    Attributes:
        accent: what matters; ``on_accent`` is text on it.
        muted: what does not.
        text: of the page.
        panel: a surface a little off the page's; the lowest end of a scale.
        on_accent: text on the accent.
        paper: the page itself, so that a figure saved as a file keeps its ground.
        series: for things side by side; told apart by the colour-blind as well (after Okabe & Ito 2008).
    """

    accent: str
    muted: str
    text: str
    panel: str
    on_accent: str
    paper: str
    series: tuple[str, ...]


def config(name: str, fmt: str, *, lasso: bool = False) -> dict[str, Any]:
    """For ``st.plotly_chart(config=…)``: a button that saves the figure, and selection where there is one.

    Args:
        name: of the file, without its ending.
        fmt: "png" or "svg".
        lasso: with the tools that select points and move the figure.
    """
    select = [["lasso2d", "select2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"]] if lasso else []
    return {
        "displaylogo": False,
        "displayModeBar": True,
        "modeBarButtons": [*select, ["toImage"]],
        "toImageButtonOptions": {"format": fmt, "filename": name, "scale": 2 if fmt == "png" else 1},
    }


_BAR: Final = 42  # pixels of height per class
_DENSE: Final = 29
_CELL_TEXT_FLIPS: Final = 0.55


def probability_bars(
    words: Sequence[str], probabilities: Sequence[float], predicted: int, colours: Palette, *, dense: bool = False
) -> Figure:
    """One bar per class, labelled, with its number; the predicted one in the accent colour.

    Args:
        words: class in words, in the order of the logits.
        probabilities: 0…1.
        predicted: position of the predicted class.
        colours: of the theme.
        dense: lower, where several stand side by side.
    """
    from plotly import graph_objects as go

    figure = go.Figure(
        go.Bar(
            x=[100 * p for p in probabilities],
            y=list(words),
            orientation="h",
            marker={"color": [colours.accent if i == predicted else colours.muted for i in range(len(words))]},
            text=[probability(p) for p in probabilities],
            textposition="outside",
            textfont={"size": 14 if dense else 16},
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.2f} %<extra></extra>",
        )
    )
    figure.update_layout(
        height=(_DENSE if dense else _BAR) * len(words) + 8,
        margin={"l": 0, "r": 60, "t": 4, "b": 4},
        bargap=0.35,
        xaxis={"range": [0, 100], "visible": False, "fixedrange": True},
        yaxis={
            "autorange": "reversed",
            "tickfont": {"size": 14 if dense else 15},
            "ticklabelstandoff": 10,
            "fixedrange": True,
            "showgrid": False,
        },
        showlegend=False,
    )
    return figure


def confusion(matrix: NDArray[np.int64], words: Sequence[str], colours: Palette) -> Figure:
    """Films by true class (row) and decided class (column).

    Shaded by share of the true class, so that a rare class counts as much as a common one; numbers are films.

    Args:
        matrix: int64 ``[K, K]``.
        words: class in words.
        colours: of the theme.
    """
    from plotly import graph_objects as go

    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    figure = go.Figure(
        go.Heatmap(
            z=share,
            x=list(words),
            y=list(words),
            zmin=0,
            zmax=1,
            colorscale=[[0, colours.panel], [1, colours.accent]],
            showscale=False,
            xgap=3,
            ygap=3,
            customdata=matrix,
            hovertemplate="Truly %{y}, read as %{x}<br>%{customdata} films, %{z:.1%} of the row<extra></extra>",
        )
    )
    for row, true in enumerate(words):
        for column, decided in enumerate(words):
            colour = colours.on_accent if share[row, column] > _CELL_TEXT_FLIPS else colours.text
            text = f"<b>{matrix[row, column]}</b><br>{percent(float(share[row, column]))}"
            font = {"size": 15, "color": colour}
            figure.add_annotation(x=decided, y=true, text=text, showarrow=False, font=font)
    figure.update_layout(
        height=110 * len(words) + 60,
        margin={"l": 0, "r": 0, "t": 8, "b": 8},
        xaxis={"title": "Read as", "side": "bottom", "fixedrange": True, "showgrid": False, "tickfont": {"size": 13}},
        yaxis={
            "title": "Truly",
            "autorange": "reversed",
            "fixedrange": True,
            "showgrid": False,
            "tickfont": {"size": 13},
        },
    )
    return figure


def frame(colours: Palette, height: int) -> dict[str, Any]:
    """Layout that figures of a study page share: their ground is kept when they are saved as a file."""
    return {
        "height": height,
        "margin": {"l": 8, "r": 12, "t": 34, "b": 8},  # room for the toolbar
        "paper_bgcolor": colours.paper,
        "plot_bgcolor": colours.paper,
        "font": {"color": colours.text},
    }
