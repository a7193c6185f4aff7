"""The sketch of an architecture: a block per stage, as high as its map and as wide as it has channels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, Final

import streamlit as st

from core.architectures import HEADS
from core.architectures.sketch import Sketch, load
from core.checkpoint import Checkpoint
from core.errors import DataError
from core.ui import plot, widgets
from core.ui.charts import Palette

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_WIDEST: Final = 0.72  # of a slot
_THINNEST: Final = 0.02
_LOWEST: Final = 0.03  # of the film's side
_HEIGHT: Final = 430
_LETTERS: Final = 20  # in a line under a block


@dataclass(frozen=True, slots=True)
class Block:
    """A block of the drawing.

    Attributes:
        name: over it.
        lines: under it.
        channels: of the map, or classes.
        side: of the map, pixels.
        kind: "film", "stage" or "head".
    """

    name: str
    lines: tuple[str, ...]
    channels: int
    side: int
    kind: str


def show(checkpoint: Checkpoint) -> None:
    """The drawing, or a panel that says why there is none."""
    try:
        sketch = load().get(checkpoint.card.architecture)
    except DataError as error:
        widgets.say(error, "There is no sketch.")
        return
    if sketch is None:
        st.caption("This architecture is newer than the sketches. Make them anew: `python -m core sketch`")
        return
    size = checkpoint.preprocessing.size
    size = size if size in sketch.sizes else sketch.size
    parts = blocks(checkpoint, sketch, size)
    plot.show(
        figure(parts, widgets.palette()),
        name=f"architecture-{checkpoint.card.architecture}",
        fmt="svg",
        key="sketch",
        alt=f"{checkpoint.architecture.title}: " + ", ".join(f"{part.name} {part.lines[0]}" for part in parts),
    )
    other = "" if size == checkpoint.preprocessing.size else f" Drawn for {size} pixels, as it was published."
    st.caption(
        "Height of a block: side of the map it leaves. Width: square root of its channels. The last map before the "
        f"head is what heatmaps are made of: one cell of it is {size / parts[-2].side:.0f} pixels of the input.{other}"
    )


def blocks(checkpoint: Checkpoint, sketch: Sketch, size: int) -> list[Block]:
    """Film, stages and head of a network that reads films of ``size`` pixels."""
    card, head = checkpoint.card, HEADS[checkpoint.card.head]
    found = [Block("Film", (f"{size} x {size}",), 1, size, "film")]
    for stage in sketch.stages:
        side = stage.sides[size]
        said = (f"{stage.channels} x {side} x {side}", *_wrapped(stage.says), _weights(stage.parameters))
        found.append(Block(stage.name, said, stage.channels, side, "stage"))
    left = card.parameters - sketch.parameters
    said = (f"{len(card.classes)} classes", f"{head.title} head", *([_weights(left)] if left > 0 else []))
    return [*found, Block("Head", said, len(card.classes), 1, "head")]


def figure(parts: Sequence[Block], colours: Palette) -> Figure:
    """The drawing.

    Args:
        parts: from film to head.
        colours: of the theme.
    """
    from plotly import graph_objects as go

    fills = {"film": colours.muted, "stage": colours.series[0], "head": colours.series[1]}
    film = parts[0].side
    widest = math.sqrt(max(part.channels for part in parts))
    drawing = go.Figure()
    edges = []
    for place, part in enumerate(parts):
        half = max(_THINNEST, _WIDEST * math.sqrt(part.channels) / widest) / 2
        high = max(_LOWEST, part.side / film) / 2
        edges.append(half)
        drawing.add_scatter(
            x=[place - half, place + half, place + half, place - half, place - half],
            y=[-high, -high, high, high, -high],
            mode="lines",
            fill="toself",
            fillcolor=fills[part.kind],
            line={"color": colours.text, "width": 1},
            opacity=0.9,
            hoveron="fills",
            hoverinfo="text",
            text=f"<b>{part.name}</b><br>" + "<br>".join(part.lines),
            showlegend=False,
        )
        over = "<br>".join(wrap(part.name, _LETTERS - 4))
        _words(drawing, place, 0.55, "bottom", f"<b>{over}</b>", colours.text)
        _words(drawing, place, -0.56, "top", "<br>".join(part.lines), colours.text)
    for place in range(len(parts) - 1):
        drawing.add_annotation(
            x=place + 1 - edges[place + 1] - 0.01,
            ax=place + edges[place] + 0.01,
            y=0,
            ay=0,
            xref="x",
            yref="y",
            axref="x",
            ayref="y",
            showarrow=True,
            arrowhead=2,
            arrowwidth=1.5,
            arrowcolor=colours.text,
            text="",
        )
    bare = {"visible": False, "fixedrange": True}
    drawing.update_layout(
        height=_HEIGHT,
        margin={"l": 4, "r": 4, "t": 34, "b": 4},
        paper_bgcolor=colours.paper,
        plot_bgcolor=colours.paper,
        xaxis=bare | {"range": [-0.55, len(parts) - 0.45]},
        yaxis=bare | {"range": [-1.0, 0.72]},
        dragmode=False,
        hovermode="closest",
    )
    return drawing


def _words(drawing: Figure, x: float, y: float, anchor: str, text: str, colour: str) -> None:  # noqa: PLR0913, PLR0917
    drawing.add_annotation(
        x=x, y=y, text=text, showarrow=False, yanchor=anchor, font={"size": 14, "color": colour}, align="center"
    )


def _wrapped(text: str) -> list[str]:
    return wrap(text, _LETTERS)


def _weights(count: int) -> str:
    for size, unit in ((10**6, "M"), (10**3, "k")):
        if count >= size:
            return f"{count / size:.3g} {unit} weights"
    return f"{count} weights"
