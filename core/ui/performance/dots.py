"""A figure of means with their intervals, one row each, above rivals that know nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from core.explain import METHODS
from core.trust.table import Mean
from core.ui.charts import Palette, frame

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_ROW: Final = 30  # pixels of height
_AIR: Final = 0.05  # share of the axis beyond what is on it
_RIVALS: Final = {"random": "Random map", "blob": "Centre of the film"}


def span(found: Sequence[Mean]) -> tuple[float, float]:
    """From where to where an axis must go that all of them fit on: figures side by side can then be compared."""
    low = min(min(mean.low, mean.random, mean.blob) for mean in found)
    high = max(max(mean.high, mean.random, mean.blob) for mean in found)
    return low - _AIR * (high - low), high + _AIR * (high - low)


def faithfulness(found: Sequence[Mean], ends: tuple[float, float], colours: Palette) -> Figure:
    """One score of every method on one network, with its 95 % interval; a random map and the centre below.

    Args:
        found: one per method.
        ends: of the axis.
        colours: of the theme.
    """
    from plotly import graph_objects as go

    first = found[0]
    figure = go.Figure(
        go.Scatter(
            x=[mean.value for mean in found],
            y=[METHODS[mean.method].title for mean in found],
            mode="markers",
            marker={"size": 10, "color": colours.accent},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [mean.high - mean.value for mean in found],
                "arrayminus": [mean.value - mean.low for mean in found],
                "color": colours.accent,
                "thickness": 1.4,
                "width": 4,
            },
            customdata=[[mean.low, mean.high, mean.better] for mean in found],
            hovertemplate="%{y}: %{x:.3f} (%{customdata[0]:.3f} to %{customdata[1]:.3f})<br>"
            "beats both on %{customdata[2]:.0%} of the films<extra></extra>",
        )
    )
    rivals = {title: getattr(first, name) for name, title in _RIVALS.items()}
    figure.add_trace(
        go.Scatter(
            x=list(rivals.values()),
            y=list(rivals),
            mode="markers",
            marker={"size": 11, "color": colours.muted, "symbol": "diamond"},
            hovertemplate="%{y}: %{x:.3f}<extra></extra>",
        )
    )
    for value, dash in zip(rivals.values(), ("dot", "dash"), strict=True):
        figure.add_vline(x=value, line={"color": colours.muted, "dash": dash, "width": 1})
    figure.update_layout(**frame(colours, _ROW * (len(found) + len(rivals)) + 40), showlegend=False)
    figure.update_yaxes(autorange="reversed", ticklabelstandoff=8, showgrid=False)
    figure.update_xaxes(tickformat=".2f", range=list(ends))
    return figure
