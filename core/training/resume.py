"""Where a run stands after its last finished epoch: kept after each, taken up again after it was killed."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from core.errors import TrainingError
from core.training import state
from core.training.best import best_epoch, has_enough
from core.training.epoch import Pupil
from core.training.recipe import Recipe
from core.training.setting import Run

_INSTEAD = "Give another --name, and another --run where you give one; or delete that folder to start afresh."


@dataclass(slots=True, eq=False)
class Standing:
    """Where a run stands.

    Attributes:
        history: one row per finished epoch; besides figures a row holds its confusion matrix.
        best: the averaged weights after the best epoch, where the recipe keeps the best.
    """

    history: list[dict[str, Any]] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)

    def note(self, row: dict[str, Any], pupil: Pupil, recipe: Recipe) -> None:
        """Another epoch is done."""
        self.history.append(row)
        if recipe.keep == "best" and best_epoch(self.history, recipe) == row["epoch"]:
            self.best = copy.deepcopy(pupil.average.state_dict())


def save(run: Run, pupil: Pupil, standing: Standing) -> None:
    """Store where the run stands, whole or not at all.

    Raises:
        TrainingError: the disk is full.
    """
    tensors = {f"network.{k}": v for k, v in pupil.network.state_dict().items()}
    tensors |= {f"average.{k}": v for k, v in pupil.average.state_dict().items()}
    tensors |= {f"best.{k}": v for k, v in standing.best.items()}
    facts = {"history": standing.history, **run.identity}
    state.save(run.folder, tensors | state.pack(pupil.optimizer), facts)


def resume(run: Run, pupil: Pupil) -> Standing:
    """Put ``pupil`` where an earlier run on the same folder left it.

    Raises:
        TrainingError: what is saved there is broken, or of another run.
    """
    saved = state.load(run.folder)
    if saved is None:
        return Standing()
    tensors, facts = saved
    _check(run, facts)
    try:
        for prefix, target in (("network.", pupil.network), ("average.", pupil.average)):
            target.load_state_dict(_below(prefix, tensors))
    except RuntimeError as error:
        raise TrainingError(f"{run.folder} holds a run of another network. {_INSTEAD}") from error
    state.unpack(pupil.optimizer, tensors)
    return Standing(facts["history"], _below("best.", tensors))


def is_over(run: Run) -> bool:
    """Whether nothing is left to train: the folder holds this very run, with all its epochs."""
    saved = state.load(run.folder)
    if saved is None:
        return False
    _check(run, saved[1])
    return has_enough(saved[1]["history"], run.recipe)


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _check(run: Run, facts: dict[str, Any]) -> None:
    if otherwise := run.otherwise(facts):
        raise TrainingError(f"{run.folder} holds a run with {otherwise}. {_INSTEAD}")
