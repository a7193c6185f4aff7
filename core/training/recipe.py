"""A recipe: everything that decides how a network is trained, as one frozen record that travels with the run."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from core.dataset import Fold
from core.errors import TrainingError
from core.xray.preprocess import LARGEST

Augmentation = Literal["strong", "mild", "grainy"]
Keep = Literal["last", "best"]
Biases = Literal["balanced", "trained"]

_BOUNDS: Final[tuple[tuple[str, Callable[[float], bool], str], ...]] = (
    ("rate", lambda value: 0 < value < math.inf, "give a learning rate above 0"),
    ("decay", lambda value: 0 <= value < math.inf, "give a weight decay of 0 or more"),
    ("mixup", lambda value: 0 <= value < math.inf, "give a number above 0, or 0 for none"),
    ("trunk_rate", lambda value: 0 <= value < math.inf, "give a factor of 0 or more; 1 is the head's own rate"),
    ("transplant", lambda value: 0 <= value <= 1, "give a share of the films, 0 to 1"),
    ("propensity", lambda value: 1 <= value < math.inf, "give a number of 1 or more; 1 counts all films alike"),
    ("patience", lambda value: value >= 0, "give a number of epochs, or 0 never to stop early"),
    ("seed", lambda value: 0 <= value < 2**32, "give a whole number from 0 to 4,294,967,295"),
)
"""Field, whether a value makes sense, and what to give."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Some epochs at one resolution. Most epochs small and the last ones large costs a fraction, and reads better."""

    size: int
    epochs: int


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train.

    Attributes:
        stages: resolutions and their epochs, in order; the last resolution is the network's.
        batch: films per step.
        rate: peak learning rate of the one-cycle schedule (Smith 2018, arXiv:1803.09820).
        warm_up: share of the steps in which the rate rises.
        decay: weight decay of AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101).
        smoothing: label smoothing; the public set's bacterial/viral labels are noisy.
        class_power: weight of a class ~ (films in it) ** -class_power; 0 none, 0.5 square root, 1 balanced.
        ema: decay per step of the weights' moving average, which is what is validated and kept.
        mixup: Beta parameter of mixup (Zhang et al. 2018, arXiv:1710.09412); 0 switches it off.
        transplant: share of films whose chest is put into another's surroundings (:mod:`core.training.chests`).
        propensity: how many times a film may count whose class its frame belies (:mod:`core.training.propensity`);
            1: all films count alike.
        augmentation: how much films are altered otherwise (:mod:`core.training.augment`): "strong" works against what
            tells machines apart and needs many films or epochs, "mild" leaves it, "grainy" is mild with noise and blur.
        freeze: how many of the trunk's first layers keep their initial weights; "trunk": all of them.
        trunk_rate: the trunk's learning rate as a factor of the head's.
        teacher: checkpoints, with commas between, whose mean probabilities are mixed into the labels (Hinton et al.
            2015, arXiv:1503.02531), or "".
        teaching: how much of them, 0…1.
        val_share: share of the training patients held out for validation.
        fold: which films of data without splits are the test split; ``None`` where the data have one.
        patience: stop after so many epochs without a better figure on validation; 0: never.
        keep: whose weights are kept, those of the last or of the best epoch at the last resolution.
        judge: the figure that says which epoch is better, a key of :data:`core.training.best.JUDGES`.
        biases: "balanced": settled on validation so that the merged classes weigh alike (:mod:`core.training.balance`);
            "trained": left as training made them, where validation has too few films of a class to settle anything by.
        seed: decides the validation films, the initial weights, the order and every augmentation.
    """

    stages: tuple[Stage, ...] = (Stage(128, 16), Stage(224, 4))
    batch: int = 64
    rate: float = 2e-3
    warm_up: float = 0.15
    decay: float = 0.05
    smoothing: float = 0.1
    class_power: float = 0.5
    ema: float = 0.995
    mixup: float = 0.0
    transplant: float = 0.0
    propensity: float = 1.0
    augmentation: Augmentation = "strong"
    freeze: int | Literal["trunk"] = 0
    trunk_rate: float = 1.0
    teacher: str = ""
    teaching: float = 0.5
    val_share: float = 0.1
    fold: Fold | None = None
    patience: int = 0
    keep: Keep = "last"
    judge: str = "val_loss"
    biases: Biases = "balanced"
    seed: int = 1

    def __post_init__(self) -> None:
        if self.batch < 2:  # noqa: PLR2004
            raise TrainingError("A step needs 2 films or more: batch norm cannot do with one. Raise --batch.")
        if self.freeze != "trunk" and self.freeze < 0:
            raise TrainingError(f"--freeze {self.freeze}: give a number of layers, or 'trunk'.")
        for name, legal, says in _BOUNDS:
            value = getattr(self, name)
            if not legal(value):
                raise TrainingError(f"--{name.replace('_', '-')} {value}: {says}.")

    @property
    def epochs(self) -> int:
        """Passes over the training films."""
        return sum(stage.epochs for stage in self.stages)

    @property
    def size(self) -> int:
        """The resolution of the finished network, pixels a side."""
        return self.stages[-1].size

    def size_of(self, epoch: int) -> int:
        """Resolution of ``epoch`` (0-based)."""
        for stage in self.stages:
            if epoch < stage.epochs:
                return stage.size
            epoch -= stage.epochs
        return self.size

    def rate_at(self, progress: float) -> float:
        """Learning rate at ``progress`` (0…1): up from a 25th of the peak, then down to nearly nothing, on cosines."""
        low, end = self.rate / 25, self.rate / 250_000
        if progress < self.warm_up:
            return _cosine(low, self.rate, progress / self.warm_up)
        return _cosine(self.rate, end, (progress - self.warm_up) / (1 - self.warm_up))

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for the card and the saved state."""
        return dataclasses.asdict(self)


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2


_SMALLEST = 32  # pixels a side: below, the trunks leave no map
_STAGE = re.compile(r"^(\d+)x(\d+)$")


def parse_stages(text: str) -> tuple[Stage, ...]:
    """``"128x16,224x4"`` → 16 epochs at 128 pixels, then 4 at 224.

    Raises:
        TrainingError: the text does not say that.
    """
    stages = []
    for part in text.split(","):
        found = _STAGE.match(part.strip())
        if not found or not _SMALLEST <= int(found[1]) <= LARGEST or int(found[2]) < 1:
            raise TrainingError(
                f"{part!r} is no stage. Write SIZExEPOCHS, e.g. 128x16,224x4 (sizes of 32 to {LARGEST:,} pixels)."
            )
        stages.append(Stage(int(found[1]), int(found[2])))
    return tuple(stages)
