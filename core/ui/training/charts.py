"""Plotly figures of the Training page: one figure by epoch, of one or several runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from core.runs import Run
from core.ui.charts import Palette, frame, inked

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_HEIGHT: Final = 330
_FEW: Final = 2  # epochs up to which a line alone would be invisible
_TICKS: Final = 12  # on the axis of epochs, at most
_MARKERS: Final = ("circle", "square", "diamond", "triangle-up", "cross", "star")
"""Beside colours: runs are told apart in black and white as well."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A column of the history as a line.

    Attributes:
        column: which.
        says: what it is of, in the legend, beside the run's name; empty where there is only one.
        dash: as Plotly calls it.
    """

    column: str
    says: str = ""
    dash: str = "solid"


@dataclass(frozen=True, slots=True)
class Plot:
    """A figure of the page.

    Attributes:
        name: of the file it is saved as.
        title: on screen.
        curves: one or more columns.
        tick: how values are written on the axis.
        hover: how they are written under the pointer.
        zero: whether the axis begins at 0.
    """

    name: str
    title: str
    curves: tuple[Curve, ...]
    tick: str = ""
    hover: str = ".4f"
    zero: bool = False


def curves(plot: Plot, runs: Sequence[tuple[str, Run]], places: Mapping[str, int], colours: Palette) -> Figure:
    """One figure by epoch; every run keeps its colour, training is dashed, validation solid.

    A dotted upright marks the epoch from which on films have another side.

    Args:
        plot: what to draw.
        runs: title and run.
        places: key of a run → place of its colour.
        colours: of the theme.
    """
    from plotly import graph_objects as go

    figure = go.Figure()
    for title, run in runs:
        place = places[run.key]
        colour = colours.of(place)
        there = [curve for curve in plot.curves if curve.column in run.columns]
        for curve in there:
            epochs, values = run.series(curve.column)
            known = sum(value is not None for value in values)
            figure.add_scatter(
                x=epochs,
                y=values,
                mode="lines+markers",
                line={"color": colour, "dash": curve.dash, "width": 2.5 if curve.dash == "solid" else 1.8},
                marker={
                    "symbol": _MARKERS[place % len(_MARKERS)],
                    "size": 9 if known <= _FEW else 5 if curve.dash == "solid" else 0.1,
                },
                name=", ".join(part for part in (title if len(runs) > 1 else "", curve.says) if part) or title,
                hovertemplate=f"%{{y:{plot.hover}}}",
                legendgroup=run.key,
                showlegend=len(runs) == 1 or curve is there[-1],  # of several runs one line each
            )
    _steps(figure, runs, places, colours)
    figure.update_layout(**_layout(plot, colours))
    if max(run.epochs[-1].number for _, run in runs) <= _TICKS:  # or there would be halves, written as whole numbers
        figure.update_xaxes(dtick=1)
    return inked(figure, colours)


def _steps(figure: Figure, runs: Sequence[tuple[str, Run]], places: Mapping[str, int], colours: Palette) -> None:
    """Uprights where films grew: those of the runs drawn, each once, in the run's colour where there are several."""
    seen: dict[tuple[int, int], str] = {}
    for _, run in runs:
        colour = colours.of(places[run.key]) if len(runs) > 1 else colours.text
        for step in run.steps():
            seen.setdefault(step, colour)
    for row, ((epoch, size), colour) in enumerate(seen.items()):
        figure.add_vline(x=epoch - 0.5, line={"dash": "dot", "width": 1.5, "color": colour}, opacity=0.7)
        figure.add_annotation(
            x=epoch - 0.5,
            y=1 - 0.09 * (row % 4),  # or those of neighbouring epochs would lie upon each other
            yref="paper",
            text=f"{size} px",
            showarrow=False,
            xanchor="left",
            xshift=3,
            font={"size": 12, "color": colour},
        )


def _layout(plot: Plot, colours: Palette) -> dict[str, Any]:
    return {
        **frame(colours, _HEIGHT),
        "margin": {"l": 8, "r": 40, "t": 34, "b": 8},  # room for the toolbar
        "font": {"color": colours.text, "size": 13},
        "hovermode": "x unified",
        "showlegend": True,
        "legend": {"orientation": "h", "y": 1.03, "yanchor": "bottom", "x": 0},
        "xaxis": {
            "title": "Epoch",
            "tickformat": "d",
            "hoverformat": "d",
            "unifiedhovertitle": {"text": "<b>Epoch %{x}</b>"},
            "showgrid": False,
            "zeroline": False,
            "minallowed": 0,
            "nticks": _TICKS,
            "rangemode": "tozero",
        },
        "yaxis": {
            "tickformat": plot.tick,
            "gridcolor": colours.panel,
            "zeroline": False,
            "rangemode": "tozero" if plot.zero else "normal",
        },
    }
