"""What of the Compare page is in its address: backbones and methods, never a film."""

from __future__ import annotations

from typing import Final

from core.ui import state
from core.ui.link import MANY, Address, Kind, Part

_FILMS: Final = Kind(
    lambda words: "two" if words[-1] == "two" else "one", lambda value: ["two"] if value == "two" else []
)
_LAYERS: Final = Kind(list, lambda value: [] if value == ["0"] or not isinstance(value, list) else value)
ADDRESS: Final = Address(
    "compare",
    (
        Part("films", state.compare.CHOSEN, _FILMS),
        Part("backbone", state.compare.BACKBONES, MANY),
        Part("method", state.compare.METHODS, MANY),
        Part("layer", state.compare.LAYERS, _LAYERS),
    ),
)
take, give = ADDRESS.take, ADDRESS.give
