"""Which epoch was the best on validation, and whether to go on waiting for a better one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.training.recipe import Recipe

JUDGES: Mapping[str, int] = {
    "val_loss": -1,
    "val_accuracy": 1,
    "val_macro_recall": 1,
    "val_merged_accuracy": 1,
    "val_merged_macro_recall": 1,
}
"""Figures to judge epochs by, and whether more (1) or less (-1) of each is better."""


def best_epoch(history: Sequence[Mapping[str, Any]], recipe: Recipe) -> int | None:
    """The number (from 1) of the best epoch; of equals the first. ``None`` before there is any to judge.

    Only epochs at the last resolution count: it is the finished network's, and figures at another are of another
    network.
    """
    better = JUDGES[recipe.judge]
    rows = [row for row in history if row["size"] == recipe.size]
    return max(rows, key=lambda row: better * row[recipe.judge])["epoch"] if rows else None


def has_enough(history: Sequence[Mapping[str, Any]], recipe: Recipe) -> bool:
    """Whether the run is over: all epochs done, or none of the last ``patience`` ones was better than before."""
    if len(history) >= recipe.epochs:
        return True
    best = best_epoch(history, recipe)
    return bool(recipe.patience) and best is not None and len(history) - best >= recipe.patience
