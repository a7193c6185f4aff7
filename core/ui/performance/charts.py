"""Curves of the Performance page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from core.evaluate import Curve, Reliability
from core.ui.charts import Palette, band, dashes, faded, frame, inked

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Array = NDArray[np.float64]

_BINS: Final = 40
_POINTS: Final = 2000  # of a curve: more than a screen shows


@dataclass(frozen=True, slots=True)
class Line:
    """A curve with its name and how far it is set apart from others.

    Attributes:
        title: in the legend.
        curve: with its band.
        place: of its colour and dashes.
    """

    title: str
    curve: Curve
    place: int


def curves(
    lines: Sequence[Line],
    axes: tuple[str, str],
    colours: Palette,
    mark: tuple[float, float] | None = None,
    *,
    chance: float | None = None,
) -> Figure:
    """Curves with their bands.

    Args:
        lines: what to draw.
        axes: titles of x and y.
        colours: of the theme.
        mark: the operating point.
        chance: height of a guess, for precision-recall; ``None`` draws the diagonal of a ROC curve.
    """
    from plotly import graph_objects as go

    figure = go.Figure()
    for line in lines:
        curve = line.curve
        figure.add_scatter(**band(curve.grid, curve.low, curve.high, colours.of(line.place)), legendgroup=line.title)
    for line in lines:
        kept = thinned(line.curve)
        figure.add_scatter(
            x=line.curve.x[kept],
            y=line.curve.y[kept],
            name=line.title,
            mode="lines",
            line={"color": colours.of(line.place), "width": 2.5, "dash": dashes(line.place)},
            customdata=np.where(np.isinf(line.curve.threshold[kept]), 1.0, line.curve.threshold[kept]),
            hovertemplate=f"{axes[0]} %{{x:.3f}}<br>{axes[1]} %{{y:.3f}}<br>threshold %{{customdata:.3f}}",
            legendgroup=line.title,
        )
    guess = ([0, 1], [0, 1]) if chance is None else ([0, 1], [chance, chance])
    figure.add_scatter(
        x=guess[0],
        y=guess[1],
        mode="lines",
        line={"color": colours.muted, "width": 1, "dash": "dot"},
        hoverinfo="skip",
        showlegend=False,
    )
    if mark is not None:
        figure.add_scatter(
            x=[mark[0]],
            y=[mark[1]],
            mode="markers",
            marker={"size": 16, "color": colours.text, "line": {"color": colours.paper, "width": 2}},
            hovertemplate="operating point<extra></extra>",
            showlegend=False,
        )
    figure.update_layout(
        **frame(colours, 420),
        xaxis={"title": axes[0], "range": [-0.01, 1.01], "constrain": "domain"},
        yaxis={"title": axes[1], "range": [-0.01, 1.02]},
        legend={"x": 0.98, "y": 0.04, "xanchor": "right", "yanchor": "bottom", "bgcolor": faded(colours.paper, 0.7)},
        showlegend=len(lines) > 1,
    )
    return inked(figure, colours)


def scores(
    score: Array, truth: NDArray[np.bool_], threshold: float, labels: tuple[str, str], colours: Palette
) -> Figure:
    """How probable positive and other films were said to be, and where the threshold cuts them.

    Args:
        score: probability of the positive class, float64 ``[N]``, 0…1.
        truth: which films are positive, bool ``[N]``.
        threshold: 0…1.
        labels: of positive and other films.
        colours: of the theme.
    """
    from plotly import graph_objects as go

    edges = np.linspace(0, 1, _BINS + 1)
    middle = (edges[1:] + edges[:-1]) / 2
    figure = go.Figure()
    for label, held, colour in zip(labels, (truth, ~truth), colours.series, strict=False):
        count, _ = np.histogram(score[held], edges)
        figure.add_bar(
            x=middle,
            y=count,
            width=1 / _BINS,
            name=label,
            marker={"color": faded(colour, 0.75)},
            hovertemplate=f"{label}: %{{y}} films around %{{x:.2f}}<extra></extra>",
        )
    figure.add_vline(x=threshold, line={"color": colours.text, "width": 2})
    figure.update_layout(
        **frame(colours, 420),
        barmode="overlay",
        xaxis={"title": f"Probability of {labels[0]}", "range": [0, 1]},
        yaxis={"title": "Films"},
        legend={"orientation": "h", "y": 1.02, "x": 0, "yanchor": "bottom"},
    )
    return inked(figure, colours)


def reliability(found: Reliability, colours: Palette, place: int = 0) -> Figure:
    """Accuracy over confidence by bins, with intervals, and how many films are in each bin below.

    Args:
        found: bins.
        colours: of the theme.
        place: of the model's colour.
    """
    from plotly import graph_objects as go
    from plotly.subplots import make_subplots

    held = found.counts > 0
    middle, width = (found.edges[1:] + found.edges[:-1]) / 2, np.diff(found.edges)
    colour = colours.of(place)
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.75, 0.25], vertical_spacing=0.05)
    figure.add_trace(
        go.Scatter(x=[0, 1], y=[0, 1], mode="lines", line={"color": colours.muted, "dash": "dot"}, hoverinfo="skip"),
        row=1,
        col=1,
    )
    figure.add_trace(
        go.Scatter(
            x=found.confidence[held],
            y=found.accuracy[held],
            mode="lines+markers",
            marker={"size": 9, "color": colour},
            line={"color": colour, "width": 2},
            error_y={
                "type": "data",
                "symmetric": False,
                "array": (found.high - found.accuracy)[held],
                "arrayminus": (found.accuracy - found.low)[held],
                "color": colour,
                "thickness": 1.2,
                "width": 4,
            },
            customdata=found.counts[held],
            hovertemplate="says %{x:.1%}, right %{y:.1%}<br>%{customdata} films<extra></extra>",
        ),
        row=1,
        col=1,
    )
    figure.add_trace(
        go.Bar(
            x=middle[held],
            y=found.counts[held],
            width=width[held] * 0.92,
            marker={"color": colours.muted},
            text=found.counts[held],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y} films<extra></extra>",
        ),
        row=2,
        col=1,
    )
    figure.update_layout(**frame(colours, 460), showlegend=False)
    figure.update_xaxes(range=[0, 1.01])
    figure.update_xaxes(title="Probability of the decided class", row=2, col=1)
    figure.update_yaxes(title="Share right", range=[0, 1.02], row=1, col=1)
    figure.update_yaxes(title="Films", range=[0, 1.25 * max(1, int(found.counts.max()))], row=2, col=1)
    return inked(figure, colours)


def thinned(curve: Curve) -> NDArray[np.int64]:
    """Positions of the points of a curve worth drawing: all, or as many as a screen can show."""
    if len(curve.x) <= _POINTS:
        return np.arange(len(curve.x))
    along = np.cumsum(np.abs(np.diff(curve.x, prepend=0)) + np.abs(np.diff(curve.y, prepend=0)))
    return np.unique(np.searchsorted(along, np.linspace(0, along[-1], _POINTS)).clip(0, len(along) - 1))
