"""What one training run is made of, besides network and films."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch

from core.architectures.head import DEFAULT
from core.tasks import Task
from core.training.recipe import Recipe
from core.training.team import ALONE, Team
from core.xray import Preprocessing

_OTHERWISE: Final = {
    "recipe": "another recipe",
    "fingerprint": "other films",
    "init": "another init",
    "teachers": "other teachers",
    "classes": "other classes or another order of them",
    "architecture": "another architecture",
    "head": "another head",
}
"""Part of a run's identity → what is said of a run where it is another."""


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
        teachers: by name and digest; a saved state of other teachers is refused.
        device: where to train.
        team: the processes that train together.
        architecture: key in ARCHITECTURES.
        head: key in HEADS.
    """

    task: Task
    recipe: Recipe
    preprocessing: Preprocessing
    fingerprint: str
    folder: Path
    device: torch.device
    start: str = "scratch"
    teachers: tuple[str, ...] = ()
    team: Team = ALONE
    architecture: str = ""
    head: str = DEFAULT

    @property
    def identity(self) -> dict[str, Any]:
        """What makes a run this one, as plain values."""
        return {
            "recipe": self.recipe.to_dict(),
            "fingerprint": self.fingerprint,
            "init": self.start,
            "teachers": self.teachers,
            "classes": self.task.classes,
            "architecture": self.architecture,
            "head": self.head,
        }

    def otherwise(self, identity: Mapping[str, Any]) -> str:
        """In what a run of that identity is not this one: "another recipe and other films"; "" where it is this one.

        What an older version did not know of was as it is by default, or as it is now.
        """
        mine = self.identity
        theirs = {**mine, **identity, "recipe": Recipe().to_dict() | identity.get("recipe", {})}
        return " and ".join(
            says for part, says in _OTHERWISE.items() if json.dumps(mine[part]) != json.dumps(theirs[part])
        )
