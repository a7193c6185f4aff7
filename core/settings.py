"""Settings: every environment variable that the program heeds. What each is for stands in the README, too."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

WEIGHTS: Final = "PNEUMOLENS_WEIGHTS"
"""A folder of checkpoints, beside the shipped ones."""

MODEL_MEMORY_MB: Final = "PNEUMOLENS_MODEL_MEMORY_MB"
"""Memory for loaded networks."""

CACHE: Final = "PNEUMOLENS_CACHE"
"""The folder where fetched films are kept."""

DATA: Final = "PNEUMOLENS_DATA"
"""The folder of a data set whose films may be shown, or the folder that holds it."""

INDEX: Final = "PNEUMOLENS_INDEX"
"""The CSV of a further data set's index, which every visitor can choose."""

PREDICTIONS: Final = "PNEUMOLENS_PREDICTIONS"
"""A folder of tables of predictions (CSV) that everyone sees beside the networks' own."""

RUNS: Final = "PNEUMOLENS_RUNS"
"""The folder of training runs, where it is not ``runs`` in the current one."""

STILL: Final = "PNEUMOLENS_STILL"
"""1 for still images everywhere, in place of the viewer."""


def text(name: str) -> str:
    """What a setting says; "" where it is not made."""
    return os.environ.get(name, "")


def path(name: str) -> Path | None:
    """The file or folder that a setting names, from the home folder where it begins with ``~``; ``None``: none."""
    said = text(name)
    return Path(os.path.expanduser(said)) if said else None  # noqa: PTH111 - Path's raises where there is no home
