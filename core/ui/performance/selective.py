"""Figures of certainty: coverage of prediction sets over their level, and risk over the share of films kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.certainty import LEVELS, Coverage, Risk
from core.ui.charts import Palette, band, dashes, faded, frame, inked

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def coverage(found: Coverage, words: Mapping[str, str], lowest: float, colours: Palette) -> Figure:
    """How often the true class was in the set, overall with its band and by class; dotted: as often as promised.

    Args:
        found: at each of LEVELS.
        words: class → words for people.
        lowest: share at which the axis begins, the same for networks side by side.
        colours: of the theme.
    """
    from plotly import graph_objects as go

    levels = [100 * level for level in LEVELS]
    figure = go.Figure()
    low, high = [100 * one.low for one in found.overall], [100 * one.high for one in found.overall]
    figure.add_scatter(**band(levels, low, high, colours.text))
    lines = {"All films": found.overall} | {words[name]: ends for name, ends in found.by_class.items() if ends}
    for place, (title, ends) in enumerate(lines.items()):
        figure.add_scatter(
            x=levels,
            y=[100 * one.value for one in ends],
            name=title,
            mode="lines",
            line={
                "color": colours.text if place == 0 else colours.of(place),
                "width": 3 if place == 0 else 1.6,
                "dash": dashes(place),
            },
            customdata=[[100 * one.low, 100 * one.high] for one in ends],
            hovertemplate=f"{title}: %{{y:.1f}} % (%{{customdata[0]:.1f}} to %{{customdata[1]:.1f}})<extra></extra>",
        )
    figure.add_scatter(
        x=levels,
        y=levels,
        mode="lines",
        line={"color": colours.muted, "width": 1, "dash": "dot"},
        hoverinfo="skip",
        showlegend=False,
    )
    figure.update_layout(
        **frame(colours, 380),
        xaxis={"title": "Level of the set, %"},
        yaxis={"title": "True class in the set, %", "range": [100 * lowest, 101]},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
    )
    return inked(figure, colours)


def risk(found: Mapping[str, Risk], colours: Palette) -> Figure:
    """How often the films kept are wrong, over the share kept, each network with its band.

    Args:
        found: title of a network → its curve.
        colours: of the theme.
    """
    from plotly import graph_objects as go

    figure = go.Figure()
    for place, (title, curve) in enumerate(found.items()):
        colour = colours.of(place)
        kept = (100 * curve.kept).tolist()
        figure.add_scatter(**band(kept, 100 * curve.low, 100 * curve.high, colour))
        figure.add_scatter(
            x=kept,
            y=100 * curve.risk,
            name=f"{title}, AURC {curve.area.value:.3f}",
            mode="lines",
            line={"color": colour, "width": 2.5, "dash": dashes(place)},
            hovertemplate="%{x:.0f} % read: %{y:.1f} % wrong",
        )
    figure.update_layout(
        **frame(colours, 380),
        showlegend=True,
        legend={"x": 0.02, "y": 0.98, "yanchor": "top", "bgcolor": faded(colours.paper, 0.7)},
        xaxis={"title": "Films read, the surest first, %", "range": [0, 101]},
        yaxis={"title": "Wrong among them, %", "rangemode": "tozero"},
    )
    return inked(figure, colours)
