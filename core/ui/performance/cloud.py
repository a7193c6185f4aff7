"""Films as dots that can be lassoed, in Plotly figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from core.ui.charts import Palette, frame, inked

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Array = NDArray[np.float64]

_MANY: Final = 3000  # points from which on lines and dots are drawn by the graphics card


def points(xy: Array, groups: Mapping[str, NDArray[np.int64]], texts: Sequence[str], colours: Palette) -> Figure:
    """Films as dots in groups that can be lassoed; every dot carries its position among the films.

    Args:
        xy: float64 ``[N, 2]``.
        groups: title → positions of its films.
        texts: of each film, for hovering, ``[N]``.
        colours: of the theme.
    """
    from plotly import graph_objects as go

    figure = go.Figure()
    kind = go.Scattergl if len(xy) > _MANY else go.Scatter
    symbols = ("circle", "diamond", "square", "triangle-up", "x", "cross")
    for place, (title, rows) in enumerate(groups.items()):
        figure.add_trace(
            kind(
                x=xy[rows, 0],
                y=xy[rows, 1],
                name=f"{title} ({len(rows):,})",
                mode="markers",
                marker={
                    "size": 8,
                    "opacity": 0.85,
                    "color": colours.of(place),
                    "symbol": symbols[place % len(symbols)],
                    "line": {"width": 0.5, "color": colours.paper},
                },
                customdata=rows.tolist(),  # as a list: a packed array does not come back
                text=[texts[row] for row in rows],
                hovertemplate="%{text}<extra></extra>",
                unselected={"marker": {"opacity": 0.15}},
            )
        )
    return _map_frame(figure, colours)


def shaded_points(xy: Array, values: Array, title: str, texts: Sequence[str], colours: Palette) -> Figure:
    """Films as dots shaded by a figure, such as confidence.

    Args:
        xy: float64 ``[N, 2]``.
        values: float64 ``[N]``, 0…1.
        title: of the scale.
        texts: of each film, for hovering, ``[N]``.
        colours: of the theme.
    """
    from plotly import graph_objects as go

    kind = go.Scattergl if len(xy) > _MANY else go.Scatter
    figure = go.Figure(
        kind(
            x=xy[:, 0],
            y=xy[:, 1],
            mode="markers",
            marker={
                "size": 8,
                "color": values,
                "colorscale": "Cividis",
                "cmin": float(values.min(initial=1.0)),
                "cmax": 1.0,
                "colorbar": {"title": title, "tickformat": ".0%", "thickness": 14},
                "line": {"width": 0.5, "color": colours.paper},
            },
            customdata=list(range(len(xy))),
            text=list(texts),
            hovertemplate="%{text}<extra></extra>",
            unselected={"marker": {"opacity": 0.15}},
        )
    )
    return _map_frame(figure, colours)


def _map_frame(figure: Figure, colours: Palette) -> Figure:
    bare = {"showticklabels": False, "zeroline": False, "showgrid": False, "title": None}
    figure.update_layout(
        **frame(colours, 600),
        xaxis=bare,
        yaxis=bare | {"scaleanchor": "x"},
        dragmode="lasso",
        legend={"orientation": "h", "y": 1.06, "x": 0},
    )
    return inked(figure, colours)
