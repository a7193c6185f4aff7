"""A figure of values with their intervals, one row each, above values that they are held against."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from core.ui.charts import Palette, frame, inked

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_ROW: Final = 30  # pixels of height
_AIR: Final = 0.05  # share of the axis beyond what is on it
_DASHES: Final = ("dot", "dash")


@dataclass(frozen=True, slots=True)
class Dot:
    """A row of the figure.

    Attributes:
        title: at its left.
        value: the dot.
        low, high: its 95 % interval.
        note: under the pointer, in a line of its own.
    """

    title: str
    value: float
    low: float
    high: float
    note: str = ""


def span(dots: Iterable[Dot], rivals: Iterable[float]) -> tuple[float, float]:
    """From where to where an axis must go that all of them fit on: figures side by side can then be compared."""
    dots, rivals = list(dots), list(rivals)
    low = min([dot.low for dot in dots] + rivals)
    high = max([dot.high for dot in dots] + rivals)
    return low - _AIR * (high - low), high + _AIR * (high - low)


def drawn(
    dots: Sequence[Dot], rivals: Mapping[str, Sequence[float]], ends: tuple[float, float], title: str, colours: Palette
) -> Figure:
    """Dots with their intervals; rivals below, each of their values with a line through all rows.

    Args:
        dots: from the top down.
        rivals: title → values of what the dots are held against, two titles at most; several values where not all dots
            are held against the same.
        ends: of the axis.
        title: of the axis.
        colours: of the theme.
    """
    from plotly import graph_objects as go

    figure = go.Figure(
        go.Scatter(
            x=[dot.value for dot in dots],
            y=[dot.title for dot in dots],
            mode="markers",
            marker={"size": 10, "color": colours.accent},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [dot.high - dot.value for dot in dots],
                "arrayminus": [dot.value - dot.low for dot in dots],
                "color": colours.accent,
                "thickness": 1.4,
                "width": 4,
            },
            customdata=[[dot.low, dot.high, dot.note] for dot in dots],
            hovertemplate="%{y}: %{x:.3f} (%{customdata[0]:.3f} to %{customdata[1]:.3f})<br>"
            "%{customdata[2]}<extra></extra>",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=[value for values in rivals.values() for value in values],
            y=[title for title, values in rivals.items() for _ in values],
            mode="markers",
            marker={"size": 11, "color": colours.muted, "symbol": "diamond"},
            hovertemplate="%{y}: %{x:.3f}<extra></extra>",
        )
    )
    for values, dash in zip(rivals.values(), _DASHES, strict=False):
        for value in values:
            figure.add_vline(x=value, line={"color": colours.muted, "dash": dash, "width": 1})
    figure.update_layout(**frame(colours, _ROW * (len(dots) + len(rivals)) + 66), showlegend=False)
    figure.update_yaxes(autorange="reversed", ticklabelstandoff=8, showgrid=False)
    figure.update_xaxes(title=title, tickformat=".2f", range=list(ends))
    return inked(figure, colours)
