"""All that is said of how sure one network is: fitted to its validation predictions, which lie beside its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.certainty import deferral, noise, wording
from core.certainty.deferral import HUMAN, TARGETS
from core.certainty.sets import Sets
from core.certainty.wording import Wording
from core.checkpoint import Checkpoint
from core.errors import DataError
from core.evaluate.predictions import Predictions, from_csv
from core.tasks import Task

LEVELS: Final = tuple(percent / 100 for percent in range(80, 100))
"""What may be asked of a set: the share of films whose true class is in it."""

TOLD: Final = tuple(map(LEVELS.index, (0.80, 0.85, 0.90, 0.95, 0.99)))
"""Places of the levels that tables tell of."""

LEVEL: Final = 0.90
"""What is asked unless somebody chooses."""


@dataclass(frozen=True, slots=True, eq=False)
class Certainty:
    """What was fitted.

    Attributes:
        films: validation films behind it.
        slips: chance of each recorded class given the true one, ``[K, K]``: see :mod:`core.certainty.noise`.
        sets: makes prediction sets.
        cuts: key in TARGETS → top probability below which a film needs a human reader.
        said_from: top probability from which each of WORDINGS is said.
    """

    films: int
    slips: NDArray[np.float64]
    sets: Sets
    cuts: Mapping[str, float]
    said_from: tuple[float, ...]

    @property
    def allowing(self) -> bool:
        """Whether it is allowed for that labels are wrong now and then."""
        return not np.array_equal(self.slips, np.eye(len(self.slips)))

    def defers(self, by_class: Mapping[str, float], target: str) -> bool:
        """Whether a film needs a human reader, where no more than a target error is wanted.

        Args:
            by_class: class → calibrated probability.
            target: key in TARGETS.

        Raises:
            UnknownNameError: there is no such target.
        """
        return max(by_class.values()) < self.cuts[TARGETS[target].name]

    def facts(self, by_class: Mapping[str, float], level: float, target: str) -> dict[str, Any]:
        """For programs and exports: the prediction set, its level, and whether a human must read.

        Args:
            by_class: class → calibrated probability.
            level: of the set, one of LEVELS.
            target: key in TARGETS.

        Raises:
            UnknownNameError: there is no such target.
        """
        return {
            "prediction_set": self.sets.of(by_class, level),
            "set_level": level,
            "abstain": self.defers(by_class, target),
        }

    def wording(self, by_class: Mapping[str, float]) -> Wording:
        """How sure, in words."""
        return wording.level_of(max(by_class.values()), self.said_from)

    def headline(self, by_class: Mapping[str, float], target: str) -> str:
        """What is said first: that a human must read, or how sure the network is.

        Args:
            by_class: class → calibrated probability.
            target: key in TARGETS.

        Raises:
            UnknownNameError: there is no such target.
        """
        return HUMAN if self.defers(by_class, target) else self.wording(by_class).title


def fit(validation: Predictions, task: Task) -> Certainty:
    """Fit everything to validation films. About 20 ms for 500 of them.

    Args:
        validation: predictions of films that the network was not trained on and is not tested on.
        task: whose classes they have.

    Raises:
        DataError: their classes are not the task's.
    """
    if validation.classes != task.classes:
        raise DataError(
            f"These validation predictions are of {', '.join(validation.classes)}; the task '{task.name}' asks for "
            f"{', '.join(task.classes)}. Make them again with 'python -m core certainty'."
        )
    slips = noise.slips(validation, task)
    shares = noise.shares(validation.labels, slips)
    top, wrongness = validation.probabilities.max(axis=1), deferral.wrong(validation, shares)
    return Certainty(
        films=len(validation),
        slips=slips,
        sets=Sets.fit(validation, shares),
        cuts={target.name: deferral.cut(top, wrongness, target.error) for target in TARGETS.values()},
        said_from=wording.cuts(top, wrongness),
    )


def certainty_of(checkpoint: Checkpoint) -> Certainty:
    """What is fitted to a checkpoint's validation predictions.

    Raises:
        DataError: it has none, or they cannot be used; the message says how to make them.
    """
    path = checkpoint.validation
    if not path.is_file():
        raise DataError(
            f"{checkpoint.name} has no validation predictions ({path.name}), so how sure it is cannot be said. Make "
            f"them: python -m core certainty --model {checkpoint.name} --data DIR, with the folder it was trained on."
        )
    return fit(from_csv(path, checkpoint.card.classes), checkpoint.task)
