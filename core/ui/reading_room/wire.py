"""What the browser gets. Films travel as files of their own, once; with a change of class only the small map does."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from streamlit import runtime

from core import render
from core.explain import Heatmap, shows
from core.render import COLOUR_MAPS, Look
from core.ui.kept import Sent

LATERAL: Final = frozenset({"LL", "RL", "LLD", "RLD", "LATERAL"})
"""DICOM view positions that have no patient's right in the picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A film in the viewer.

    Attributes:
        key: names it among the films shown.
        sent: its pixels.
        view: DICOM view position, if known.
        right: what may be said of the patient's right, where the film shows it; empty: nothing.
        outline: float32 ``[S, S]`` in 0…1 over the whole film, above 0.5 where a lung is; ``None``: not known.
    """

    key: str
    sent: Sent
    view: str | None
    right: str
    outline: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Pane:
    """One picture in the viewer.

    Attributes:
        film: key of the film.
        title: above it.
        alt: what it shows, for those who cannot see it.
        says: below it.
        values: the map over it, float32 ``[h, w]`` in 0…1; ``None``: the film alone.
        high: what the high end of its colours means; empty without a map.
        why_not: why there is no map; empty where none is expected.
        short: names the map's value in the line below all panes.
    """

    film: str
    title: str
    alt: str
    says: str
    values: NDArray[np.float32] | None = None
    high: str = ""
    why_not: str = ""
    short: str = "heatmap"


def pack(films: Sequence[Shown], panes: Sequence[Pane], look: Look, columns: int) -> dict[str, Any]:
    """Everything the browser needs, ready for JSON.

    Args:
        films: each once.
        panes: in the order in which they are shown.
        look: how overlays look until the visitor changes it.
        columns: how many panes stand beside each other where there is room.
    """
    return {
        "films": {film.key: _film(film, place) for place, film in enumerate(films)},
        "panes": [_pane(pane) for pane in panes],
        "look": asdict(look),
        "columns": columns,
        "colours": colours(),
    }


@cache
def colours() -> Mapping[str, Mapping[str, str]]:
    """Every colour map: 256 times red, green, blue, and the colour of its contour."""
    return {
        name: {
            "name": name,
            "title": one.title,
            "table": _text(render.table(name)),
            "contour": " ".join(map(str, one.contour)),
        }
        for name, one in COLOUR_MAPS.items()
    }


def _film(film: Shown, place: int) -> dict[str, object]:
    # As st.image does: Streamlit serves the file to this visitor as long as the page names it.
    files = runtime.get_instance().media_file_mgr
    return {
        "url": files.add(film.sent.picture, "image/png", f"reading_room.{place}"),
        "width": film.sent.width,
        "height": film.sent.height,
        "right": "" if (film.view or "").upper() in LATERAL else film.right,
        "outline": _map(film.outline),
    }


def _pane(pane: Pane) -> dict[str, object]:
    return {
        "film": pane.film,
        "title": pane.title,
        "alt": pane.alt,
        "says": pane.says,
        "map": _map(pane.values),
        "high": pane.high,
        "why_not": pane.why_not,
        "short": pane.short,
    }


def _map(values: NDArray[np.float32] | None) -> dict[str, object] | None:
    if values is None:
        return None
    height, width = values.shape
    return {"width": width, "height": height, "values": _text(values.astype("<f4"))}


def _text(numbers: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(numbers).tobytes()).decode("ascii")


def high_end(heatmap: Heatmap, called: Callable[[str], str], top: str = "") -> str:
    """What the high end of a map's colours means, in words.

    Args:
        heatmap: the map.
        called: class → how it is to be written.
        top: the high end as a figure, where the scale has one.
    """
    return f"high{f' ({top})' if top else ''}: {shows(heatmap, called)}"


def look_from(found: object) -> Look | None:
    """What a browser says of how overlays look; ``None`` where that makes no sense: it may say anything."""
    if not isinstance(found, Mapping):
        return None
    colour, contour = found.get("colours"), found.get("contour")
    if not (isinstance(colour, str) and colour in COLOUR_MAPS and isinstance(contour, bool)):
        return None
    opacity, level = _share(found.get("opacity")), _share(found.get("level"))
    if opacity is None or level is None:
        return None
    return Look(colour, opacity, contour, min(0.9, max(0.1, level)))


def _share(found: object) -> float | None:
    return float(found) if isinstance(found, int | float) and 0 <= found <= 1 else None
