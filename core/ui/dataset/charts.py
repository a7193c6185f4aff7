"""Plotly figures of a data set. They are given counts, never films: a figure of a million films is as small as any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from core.dataset.distribution import Distribution
from core.ui.charts import Palette, dashes, inked

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_HEIGHT: Final = 340


def counts(films: NDArray[np.int64], splits: Sequence[str], classes: Sequence[str], colours: Palette) -> Figure:
    """Films per split, one bar for each class.

    Args:
        films: int64 ``[S, K]``.
        splits: in words.
        classes: in words.
        colours: of the theme.
    """
    from plotly import graph_objects as go

    figure = go.Figure(
        [
            go.Bar(
                name=name,
                x=list(splits),
                y=films[:, place],
                marker={"color": colours.of(place)},
                text=[f"{count:,}" for count in films[:, place]],
                textposition="outside",
                cliponaxis=False,
                hovertemplate=f"%{{x}}, {name}: %{{y:,}} films<extra></extra>",
            )
            for place, name in enumerate(classes)
        ]
    )
    return _laid_out(figure, colours, y="Films", barmode="group", bargap=0.25, bargroupgap=0.06)


def shares(share: NDArray[np.float64], splits: Sequence[str], classes: Sequence[str], colours: Palette) -> Figure:
    """Classes as parts of each split's films.

    Args:
        share: float64 ``[S, K]`` in 0…1.
        splits: in words.
        classes: in words.
        colours: of the theme.
    """
    from plotly import graph_objects as go

    figure = go.Figure(
        [
            go.Bar(
                name=name,
                y=list(splits),
                x=100 * share[:, place],
                orientation="h",
                marker={"color": colours.of(place), "line": {"width": 1, "color": colours.paper}},
                text=[f"{100 * part:.1f} %" if part >= 0.08 else "" for part in share[:, place]],  # noqa: PLR2004 - room
                textposition="inside",
                insidetextanchor="middle",
                textfont={"color": colours.paper},
                hovertemplate=f"%{{y}}, {name}: %{{x:.1f}} %<extra></extra>",
            )
            for place, name in enumerate(classes)
        ]
    )
    figure = _laid_out(figure, colours, x="Share of the split's films, %", barmode="stack", bargap=0.35)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return figure.update_xaxes(range=[0, 100], showgrid=True)


def per_patient(spread: NDArray[np.int64], classes: Sequence[str], colours: Palette) -> Figure:
    """How many patients have one film, two, and so on.

    Args:
        spread: int64 ``[K, M]``, patients of each class with 1, 2 … M films; the last is M and more.
        classes: in words.
        colours: of the theme.
    """
    from plotly import graph_objects as go

    most = spread.shape[1]
    names = [*map(str, range(1, most)), f"{most}+"]
    share = 100 * spread / np.maximum(spread.sum(axis=1, keepdims=True), 1)
    figure = go.Figure(
        [
            go.Bar(
                name=name,
                x=names,
                y=share[place],
                customdata=spread[place],
                marker={"color": colours.of(place)},
                hovertemplate=f"{name}: %{{customdata:,}} patients (%{{y:.1f}} %) have %{{x}} films<extra></extra>",
            )
            for place, name in enumerate(classes)
        ]
    )
    figure = _laid_out(figure, colours, x="Films of one patient", y="Patients of the class, %", barmode="group")
    return figure.update_xaxes(type="category")


def histogram(found: Distribution, classes: Sequence[str], title: str, colours: Palette) -> Figure:
    """A line per class: the share of its films at each value. Lines differ in dash as well as in colour.

    Args:
        found: not constant.
        classes: in words.
        title: of the values' axis.
        colours: of the theme.
    """
    from plotly import graph_objects as go

    middle = (found.edges[:-1] + found.edges[1:]) / 2
    figure = go.Figure(
        [
            go.Scatter(
                name=f"{name} (median {found.quartiles[place, 1]:.3g})",
                x=middle,
                y=100 * found.shares[place],
                mode="lines",
                line={
                    "color": colours.of(place),
                    "shape": "hvh",
                    "width": 2,
                    "dash": dashes(place),
                },
                hovertemplate=f"{name}: %{{y:.1f}} % near %{{x:.3g}}<extra></extra>",
            )
            for place, name in enumerate(classes)
            if found.films[place]
        ]
    )
    figure = _laid_out(figure, colours, x=title, y="Films of the class, %")
    return figure.update_layout(height=_HEIGHT + 60, hovermode="x")


def _laid_out(figure: Figure, colours: Palette, x: str = "", y: str = "", **layout: object) -> Figure:
    axis = {"fixedrange": True, "gridcolor": colours.panel, "zeroline": False, "automargin": True}
    figure.update_layout(
        height=_HEIGHT,
        margin={"l": 0, "r": 40, "t": 36, "b": 0},  # room for the toolbar beside the legend
        paper_bgcolor=colours.paper,
        plot_bgcolor=colours.paper,
        font={"color": colours.text, "size": 13},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "traceorder": "normal"},
        xaxis={**axis, "title": x},
        yaxis={**axis, "title": y, "rangemode": "tozero"},
        **layout,
    )
    return inked(figure, colours)
