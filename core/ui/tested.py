"""A network's test predictions: read once for everybody, and what names them in caches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.checkpoint import Checkpoint
from core.errors import DataError
from core.ui import cache

if TYPE_CHECKING:
    from core.evaluate.predictions import Predictions


def predictions(checkpoint: Checkpoint) -> Predictions | None:
    """One row per test film; ``None`` where there are none.

    Raises:
        DataError: there are some and they cannot be used.
    """
    path = checkpoint.predictions
    if not path.is_file():
        return None
    found = cache.predictions(path, checkpoint.card.classes)
    if found.classes != checkpoint.card.classes:
        raise DataError(f"The classes in {path.name} are not those of its card. Make the file again.")
    return found


def key(checkpoint: Checkpoint) -> str:
    """Names exactly these predictions."""
    return "/".join((checkpoint.key, str(checkpoint.predictions), cache.stamp(checkpoint.predictions)))
