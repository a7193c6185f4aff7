"""Small curves side by side: one figure of every corruption, by strength, network against network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from core.robustness.corruptions import CORRUPTIONS, STRENGTHS
from core.robustness.damage_record import CLEAN, Damage
from core.table import Table
from core.ui.charts import Palette, band, dashes, frame, inked

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_ACROSS: Final = 4
_HEIGHT: Final = 190  # pixels per row of curves


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure that can be drawn.

    Attributes:
        name: key in the table.
        title: on screen.
        says: what it is, in a sentence.
        value: of a row.
        band: its interval, where there is one.
        scale: of the axis.
        higher: whether more is better.
    """

    name: str
    title: str
    says: str
    value: Callable[[Damage], float]
    band: Callable[[Damage], tuple[float, float]] | None
    scale: tuple[float, float]
    higher: bool = True


SHOWN: Table[Shown] = Table(
    "figure",
    Shown(
        "accuracy", "Accuracy", "Share of films read right, all classes.", attrgetter("accuracy"),
        attrgetter("low", "high"), (0, 1),
    ),
    Shown(
        "ece", "Calibration error", "Expected calibration error: lower is better.", attrgetter("ece"), None,
        (0, 1), higher=False,
    ),
    Shown(
        "stability", "Stability of the map", "Does the map stay where it was? 1: the same order of places.",
        attrgetter("stability"), attrgetter("stable_low", "stable_high"), (-0.2, 1.02),
    ),
)  # fmt: skip


def curves(measured: Mapping[str, Sequence[Damage]], name: str, colours: Palette) -> Figure:
    """One small figure per corruption, a line per network.

    Args:
        measured: title of the network → its rows.
        name: key in SHOWN.
        colours: of the theme.
    """
    from plotly.subplots import make_subplots

    shown = SHOWN[name]
    down = -(-len(CORRUPTIONS) // _ACROSS)
    figure = make_subplots(
        rows=down, cols=_ACROSS, shared_xaxes=True, shared_yaxes=True, horizontal_spacing=0.025, vertical_spacing=0.09,
        subplot_titles=[corruption.title for corruption in CORRUPTIONS.values()],
    )  # fmt: skip
    for place, corruption in enumerate(CORRUPTIONS):
        at = {"row": 1 + place // _ACROSS, "col": 1 + place % _ACROSS}
        for number, (title, rows) in enumerate(measured.items()):
            points = sorted((r for r in rows if r.corruption in {corruption, CLEAN}), key=lambda row: row.strength)
            ink = colours.of(number), dashes(number)
            for trace in _line(points, shown, title, ink, legend=place == 0):
                figure.add_trace(trace, **at)
    figure.update_layout(**frame(colours, _HEIGHT * down + 84), showlegend=len(measured) > 1)
    figure.update_layout(legend={"orientation": "h", "y": 1.12, "x": 0}, margin={"t": 70})
    figure.update_xaxes(range=[-0.15, STRENGTHS + 0.15], dtick=1)
    figure.update_xaxes(title="Strength", row=down)
    figure.update_yaxes(range=list(shown.scale))
    figure.update_yaxes(title=shown.title, row=(down + 1) // 2, col=1)  # once, in the middle, is enough for all
    figure.update_annotations(font={"size": 14, "color": colours.text})
    return inked(figure, colours)


def _line(rows: Sequence[Damage], shown: Shown, title: str, ink: tuple[str, str], *, legend: bool) -> list[object]:
    """The curve of one network in a colour and dashes, over its band if it has one."""
    from plotly import graph_objects as go

    colour, dash = ink
    x = [row.strength for row in rows]
    traces: list[object] = []
    if shown.band:
        low, high = zip(*(shown.band(row) for row in rows), strict=True)
        traces.append(go.Scatter(**band(x, low, high, colour), legendgroup=title))
    traces.append(
        go.Scatter(
            x=x,
            y=[shown.value(row) for row in rows],
            name=title,
            legendgroup=title,
            showlegend=legend,
            mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 2},
            marker={"size": 5, "color": colour},
            hovertemplate=f"{title}, strength %{{x}}: %{{y:.3f}}<extra></extra>",
        )
    )
    return traces
