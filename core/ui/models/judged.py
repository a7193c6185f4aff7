"""What a network's test predictions tell beyond its card, worked out once: calibration error, figures of subgroups."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.checkpoint import Checkpoint
from core.errors import DataError
from core.evaluate import Predictions, ece
from core.evaluate.subgroups import Subgroup, subgroups
from core.ui import cache, tested

TRAITS = ("brightness", "contrast")
"""Columns of an index by whose thirds films are grouped."""


def calibration_error(checkpoint: Checkpoint) -> float | None:
    """Expected calibration error on the test films, 0…1; ``None`` where it cannot be told."""
    try:
        found = tested.predictions(checkpoint)
    except DataError:
        return None
    if found is None or not len(found):
        return None
    return cache.computed("ece", (tested.key(checkpoint),), lambda: ece(found))


def of_subgroups(checkpoint: Checkpoint) -> tuple[Subgroup, ...]:
    """Figures of subgroups of the test films; none where there are no predictions.

    Raises:
        DataError: predictions or the index cannot be used.
    """
    found = tested.predictions(checkpoint)
    if found is None or not len(found):
        return ()

    def make() -> tuple[Subgroup, ...]:
        return subgroups(found, _traits(found))

    return cache.computed("subgroups", (tested.key(checkpoint),), make)


def _traits(found: Predictions) -> dict[str, NDArray[np.float64]]:
    """Measurements of the films, from the shipped index, where it lists them."""
    from core.dataset.census import SHIPPED

    rows = cache.census(SHIPPED).rows
    listed = rows.set_index("file")
    there = listed.reindex(list(found.files))
    # The same name and another class: films of another set, of which this index knows nothing.
    same = (there["label"].astype(object) == np.array([found.classes[k] for k in found.labels], object)).to_numpy(bool)
    return {name: np.where(same, there[name].to_numpy(np.float64), np.nan) for name in TRAITS} if same.any() else {}
