"""Confusion matrices as Plotly figures: cells in their shades, with what they hold written in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from core.evaluate import Of, shares
from core.ui.charts import Palette, frame, inked
from core.words import percent

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Array = NDArray[np.float64]

_CELL: Final = 104  # pixels of height per class
_FLIPS: Final = 0.6  # from this share of the scale on, text is that for the accent as ground


def matrix(  # noqa: PLR0913, PLR0917 - a figure has many sides
    values: Array,
    counts: NDArray[np.int64],
    labels: Sequence[str],
    of: Of,
    top: float,
    colours: Palette,
    cell: tuple[int, int] | None = None,
) -> Figure:
    """A confusion matrix whose cells can be clicked.

    Args:
        values: what shades a cell, float64 ``[K, K]``, 0…``top``; NaN where there is nothing to shade.
        counts: films, int64 ``[K, K]``.
        labels: classes in words.
        of: what the values are shares of.
        top: end of the colour scale, the same for matrices side by side.
        colours: of the theme.
        cell: the one selected, row and column.
    """
    texts = [
        [_cell_text(values[row, column], int(counts[row, column]), of) for column in range(len(labels))]
        for row in range(len(labels))
    ]
    scale = [[0.0, colours.panel], [1.0, colours.accent]]
    figure = _cells(values, texts, labels, scale, (0.0, top), colours)
    if cell is not None:
        row, column = cell
        figure.add_shape(
            type="rect",
            x0=column - 0.48,
            x1=column + 0.48,
            y0=row - 0.48,
            y1=row + 0.48,
            line={"color": colours.text, "width": 3},
        )
    return figure


def confusion(counts: NDArray[np.int64], labels: Sequence[str], colours: Palette) -> Figure:
    """A confusion matrix by itself: cells say films and their share of the true class, which shades them.

    Args:
        counts: films, int64 ``[K, K]``.
        labels: classes in words.
        colours: of the theme.
    """
    return matrix(shares(counts, "true"), counts, labels, "true", 1.0, colours)


def difference(values: NDArray[np.int64], labels: Sequence[str], colours: Palette) -> Figure:
    """First matrix less second: the two ends of the scale are the colours of the two models.

    Args:
        values: int64 ``[K, K]``.
        labels: classes in words.
        colours: of the theme.
    """
    top = float(max(1, np.abs(values).max()))
    texts = [[f"<b>{value:+d}</b>" if value else "0" for value in row] for row in values.tolist()]
    scale = [[0.0, colours.series[1]], [0.5, colours.panel], [1.0, colours.series[0]]]
    return _cells(values.astype(np.float64), texts, labels, scale, (-top, top), colours)


def _cell_text(value: float, count: int, of: Of) -> str:
    if of == "count":
        return f"<b>{count:,}</b>"
    return f"<b>{percent(value, 1)}</b><br>{count:,}" if np.isfinite(value) else "<b>\N{EN DASH}</b><br>no films"


def _cells(  # noqa: PLR0913, PLR0917 - a figure has many sides
    values: Array,
    texts: Sequence[Sequence[str]],
    labels: Sequence[str],
    scale: list[list[Any]],
    ends: tuple[float, float],
    colours: Palette,
) -> Figure:
    from plotly import graph_objects as go

    size = len(labels)
    rows, columns = np.divmod(np.arange(size**2), size)
    figure = go.Figure(
        go.Heatmap(
            z=values,
            colorscale=scale,
            zmin=ends[0],
            zmax=ends[1],
            showscale=False,
            xgap=3,
            ygap=3,
            hoverinfo="skip",
        )
    )
    on_accent = np.abs(values) > _FLIPS * max(abs(end) for end in ends)  # [K, K]
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        colour = colours.on_accent if on_accent[row, column] else colours.text
        font = {"size": 15, "color": colour}
        figure.add_annotation(x=column, y=row, text=texts[row][column], showarrow=False, font=font)
    # Heatmaps tell Streamlit of no click; squares over their cells do.
    figure.add_scatter(
        x=columns,
        y=rows,
        mode="markers",
        marker={"symbol": "square", "size": 60, "color": colours.panel, "opacity": 0},
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        hovertemplate=[
            f"Truly {labels[row]}, read as {labels[column]}<extra></extra>"
            for row, column in zip(rows, columns, strict=True)
        ],
        cliponaxis=False,
        showlegend=False,
    )
    ticks = {"tickvals": list(range(size)), "ticktext": [_wrapped(label) for label in labels]}
    flat = {"fixedrange": True, "showgrid": False, "zeroline": False, "range": [-0.5, size - 0.5]}
    figure.update_layout(
        **frame(colours, _CELL * size + 84),
        xaxis={"title": "Read as", **ticks, **flat},
        yaxis={"title": "Truly", **ticks, **flat, "range": [size - 0.5, -0.5]},
        dragmode=False,
        hovermode="closest",
    )
    return inked(figure, colours)


def _wrapped(label: str) -> str:
    return label.replace(" ", "<br>", 1)
