"""Plotly figures. Colours come from the theme, so that light and dark both work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from core.words import probability

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from plotly.graph_objects import Figure

    Numbers = Sequence[float] | NDArray[np.float64]

_BAND: Final = 0.16  # opacity
_DASHES: Final = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
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

    def of(self, place: int) -> str:
        """The colour of the thing at a place, from 0; those of many come again."""
        return self.series[place % len(self.series)]


def dashes(place: int) -> str:
    """How the line of the thing at a place is dashed."""
    return _DASHES[place % len(_DASHES)]


def faded(colour: str, opacity: float) -> str:
    """``#rrggbb`` with an opacity, as CSS writes it."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def band(x: Numbers, low: Numbers, high: Numbers, colour: str) -> dict[str, Any]:
    """The area between two curves, for ``go.Scatter``: behind a line of that colour.

    Args:
        x: of N points.
        low, high: y of the curves there.
        colour: ``#rrggbb``.
    """
    return {
        "x": [*x, *reversed(x)],
        "y": [*high, *reversed(low)],
        "fill": "toself",
        "fillcolor": faded(colour, _BAND),
        "line": {"width": 0},
        "mode": "lines",
        "hoverinfo": "skip",
        "showlegend": False,
    }


_BAR: Final = 42  # pixels of height per class
_DENSE: Final = 29


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
            textfont={"size": 14 if dense else 16, "color": colours.text},
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
            "tickfont": {"size": 14 if dense else 15, "color": colours.text},
            "automargin": True,
            "ticksuffix": "  ",  # a gap to the bars that automargin counts in
            "fixedrange": True,
            "showgrid": False,
        },
        showlegend=False,
    )
    return figure


def inked(figure: Figure, colours: Palette) -> Figure:
    """The figure with its axes in the colour of text: Streamlit's theme has them paler, too pale in the light."""
    for update in (figure.update_xaxes, figure.update_yaxes):
        update(tickfont_color=colours.text, title_font_color=colours.text)
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
