"""Figures of certainty: coverage of prediction sets over their level, and risk over the share of films kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.certainty import LEVELS, Coverage, Risk
from core.ui.charts import Palette, frame
from core.ui.performance.charts import DASHES, faded

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_BAND = 0.16  # opacity


def coverage(found: Coverage, words: Mapping[str, str], colours: Palette) -> Figure:
    """How often the true class was in the set, overall with its band and by class; dotted: as often as promised.

    Args:
        found: at each of LEVELS.
        words: class → words for people.
        colours: of the theme.
    """
    from plotly import graph_objects as go

    levels = [100 * level for level in LEVELS]
    figure = go.Figure()
    _band(figure, levels, [100 * one.low for one in found.overall], [100 * one.high for one in found.overall], colours)
    lines = {"All films": found.overall} | {words[name]: ends for name, ends in found.by_class.items() if ends}
    for place, (title, ends) in enumerate(lines.items()):
        figure.add_scatter(
            x=levels,
            y=[100 * one.value for one in ends],
            name=title,
            mode="lines",
            line={
                "color": colours.text if place == 0 else colours.series[place % len(colours.series)],
                "width": 3 if place == 0 else 1.6,
                "dash": DASHES[place % len(DASHES)],
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
        yaxis={"title": "True class in the set, %"},
        legend={"x": 0.98, "y": 0.04, "xanchor": "right", "yanchor": "bottom", "bgcolor": faded(colours.paper, 0.7)},
    )
    return figure


def risk(found: Risk, colours: Palette, place: int) -> Figure:
    """How often the films kept are wrong, over the share kept, with its band.

    Args:
        found: the curve.
        colours: of the theme.
        place: of the model's colour.
    """
    from plotly import graph_objects as go

    figure = go.Figure()
    colour = colours.series[place % len(colours.series)]
    kept = 100 * found.kept
    _band(figure, kept.tolist(), (100 * found.low).tolist(), (100 * found.high).tolist(), colours, colour)
    figure.add_scatter(
        x=kept,
        y=100 * found.risk,
        mode="lines",
        line={"color": colour, "width": 2.5, "dash": DASHES[place % len(DASHES)]},
        hovertemplate="%{x:.0f} % kept: %{y:.1f} % wrong<extra></extra>",
    )
    figure.update_layout(
        **frame(colours, 380),
        showlegend=False,
        xaxis={"title": "Films read, the surest first, %", "range": [0, 101]},
        yaxis={"title": "Wrong among them, %", "rangemode": "tozero"},
    )
    return figure


def _band(  # noqa: PLR0913, PLR0917 - a band has many sides
    figure: Figure,
    x: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
    colours: Palette,
    colour: str | None = None,
) -> None:
    figure.add_scatter(
        x=np.concatenate([x, x[::-1]]),
        y=np.concatenate([high, low[::-1]]),
        fill="toself",
        fillcolor=faded(colour or colours.text, _BAND),
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
    )
