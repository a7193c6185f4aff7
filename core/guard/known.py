"""How far a film is from those a network was trained on: Mahalanobis distance of its pooled features, shrunk.

Lee et al. 2018, A Simple Unified Framework for Detecting Out-of-Distribution Samples, NeurIPS; with one class, and the
covariance of probabilistic PCA (Tipping, Bishop 1999): some directions as measured, the rest alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from core import orientation
from core.aids import open_aid
from core.checkpoint import Checkpoint
from core.guard.population import NOBODY, odds
from core.guard.seen import Seen
from core.guard.standard import moments

if TYPE_CHECKING:
    from torch import Tensor


Array = NDArray[np.float32]

DIRECTIONS: Final = 128


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """Statistics of one network's training films.

    Attributes:
        mean, scale: float32 ``[C]``, of the pooled features.
        directions: float32 ``[C, D]``, orthonormal principal directions of the standardised features.
        variances: float32 ``[D]``, along them.
        population: float32 ``[F + 1]``, weights and bias of a logistic regression on what the orientation network
            looks at, which tells films of another population: see :mod:`core.guard.population`.
        rest: variance along every other direction.
        typical: the median distance of validation films: what distances are divided by.
        limits: name of a check → figures from which on there is caution and refusal.
    """

    mean: Array
    scale: Array
    directions: Array
    variances: Array
    population: Array
    rest: float
    typical: float
    limits: Mapping[str, tuple[float | None, float | None]]

    def distances(self, features: Array) -> Array:
        """Pooled features, float32 ``[N, C]`` → distances ``[N]``; 1 is typical."""
        standard = (features - self.mean) / self.scale
        along = standard @ self.directions
        rest = (standard**2).sum(axis=1) - (along**2).sum(axis=1)
        squares = (along**2 / self.variances).sum(axis=1) + np.maximum(rest, 0) / self.rest
        found: Array = np.sqrt(squares) / np.float32(self.typical)
        return found

    def beside(self, seen: Seen, row: Array) -> Seen:
        """The same, from pooled features, float32 ``[C]``."""
        distance = float(self.distances(row[None])[0])
        return replace(seen, distance=distance, population=odds(self.population, seen.posture))

    def tensors(self) -> dict[str, Tensor]:
        """To keep: see :func:`core.aids.store_aid`."""
        import torch

        names = ("mean", "scale", "directions", "variances", "population")
        return {name: torch.from_numpy(np.ascontiguousarray(getattr(self, name))) for name in names}

    def settings(self) -> dict[str, Any]:
        """The rest, for the card."""
        return {"rest": self.rest, "typical": self.typical, "limits": {k: list(v) for k, v in self.limits.items()}}


def fit(train: Array) -> Known:
    """Statistics of training films; what is typical, and limits, are for validation films to say.

    Args:
        train: pooled features, float32 ``[N, C]``.
    """
    mean, scale = moments(train)
    standard = (train - mean) / scale
    _, singular, right = np.linalg.svd(standard, full_matrices=False)
    variances = singular**2 / len(train)
    kept = min(DIRECTIONS, len(variances) // 2)
    left_over = train.shape[1] - kept
    rest = float(variances[kept:].sum() / max(left_over, 1)) + 1e-6
    directions, along = right[:kept].T.copy(), (variances[:kept] + 1e-6).astype(np.float32)
    return Known(mean, scale, directions, along, NOBODY, rest, 1.0, {})


def name_of(checkpoint: Checkpoint) -> str:
    """Of the aid with a checkpoint's statistics; it lies in ``aids`` beside the weights."""
    return f"{checkpoint.name}.guard"


def known_of(checkpoint: Checkpoint) -> Known | None:
    """What is known of the films a checkpoint was trained on; ``None`` where nothing is, or of other weights.

    Raises:
        CheckpointError: the files are broken.
    """
    aid = open_aid(name_of(checkpoint), checkpoint.aids)
    if aid is None or aid.card.settings.get("weights_sha256") != checkpoint.card.weights_sha256:
        return None
    tensors: dict[str, Array] = {name: tensor.float().numpy() for name, tensor in aid.tensors().items()}
    settings = aid.card.settings
    limits = {name: (pair[0], pair[1]) for name, pair in settings["limits"].items()}
    if settings.get("orientation_sha256") != looked_with():
        tensors["population"] = NOBODY
    return Known(**tensors, rest=settings["rest"], typical=settings["typical"], limits=limits)


def looked_with() -> str | None:
    """sha256 of the orientation network's weights, whose features the population is told by; ``None`` without it."""
    aid = open_aid(orientation.NAME)
    return aid.card.weights_sha256 if aid else None
