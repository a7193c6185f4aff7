"""Tables of figures that come with the networks: read once, and only the rows of exactly the weights at hand."""

from __future__ import annotations

from pathlib import Path
from typing import Final, TypeVar

from core.checkpoint import Checkpoint
from core.errors import DataError
from core.explain import DEFAULT
from core.records import OfNetwork, load
from core.trust.table import SHIPPED, Mean, by_method, clear
from core.ui import cache

FAITHFULNESS: Final = SHIPPED
"""Of every method's maps on every network."""

R = TypeVar("R", bound=OfNetwork)


def every(kind: type[R], path: Path) -> list[R]:
    """The rows of all networks; none where there is no table.

    Args:
        kind: of the rows.
        path: of the table.

    Raises:
        DataError: the table cannot be used.
    """
    rows: list[R] = cache.computed(kind.__name__, (str(path), cache.stamp(path)), lambda: load(kind, path))
    return rows


def of(kind: type[R], path: Path, sha256: str) -> list[R]:
    """The rows of the network whose weights have that sha256; otherwise as :func:`every`."""
    return [row for row in every(kind, path) if row.weights_sha256 == sha256]


def offered() -> dict[str, Checkpoint]:
    """The usable networks, those first whose maps are worth looking at before anything was chosen; else in their order.

    By the method chosen at first and by every figure those are better than a random map and than the centre of the
    film. A network may read best and yet not be explained by such maps: then it is not the one to begin with.
    """
    try:
        rows = by_method(every(Mean, FAITHFULNESS)).get(DEFAULT, [])
    except DataError:
        rows = []  # the page Performance says what is wrong with the table
    told = {row.weights_sha256 for row in rows} - {row.weights_sha256 for row in rows if not clear(row)}
    return dict(sorted(cache.models().good.items(), key=lambda item: item[1].card.weights_sha256 not in told))
