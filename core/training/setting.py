"""What one training run is made of, besides network and films."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from core.tasks import Task
from core.training.recipe import Recipe
from core.training.team import ALONE, Team
from core.xray import Preprocessing


@dataclass(frozen=True, slots=True)
class Run:
    """One training run.

    Attributes:
        task: the classes.
        recipe: how to train.
        preprocessing: what the finished network expects; its mean and deviation are used throughout.
        fingerprint: of the training data; a saved state of other data is refused.
        folder: where the state and history are kept.
        start: what the weights started from, for the card; a saved state of another start is refused.
        device: where to train.
        team: the processes that train together.
    """

    task: Task
    recipe: Recipe
    preprocessing: Preprocessing
    fingerprint: str
    folder: Path
    device: torch.device
    start: str = "scratch"
    team: Team = ALONE
