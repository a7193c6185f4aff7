"""Is a film of another population than a network knows? Told by what the orientation network looks at.

Nothing was ever asked of its features but how a film lies, so they keep how a chest is built, which a network that was
taught diseases throws away. One logistic regression on them serves every network that was trained on the same films,
and costs no pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from core.guard.standard import moments

if TYPE_CHECKING:
    from core.orientation import Posture

Array = NDArray[np.float32]

NOBODY: Final[Array] = np.zeros(1, np.float32)
"""In place of weights where there were no films of another population to learn from."""

_PENALTIES: Final = (0.01, 0.1, 1.0, 10.0)  # inverse; cross-validation chooses
_PARTS: Final = 5  # of that cross-validation


def learn(known: Array, others: Array) -> Array:
    """Weights and bias, float32 ``[F + 1]``; NOBODY where fewer than five films are there to learn from.

    Args:
        known: features of films of the population the network was trained on, float32 ``[N, F]``.
        others: of films of another, ``[M, F]``.
    """
    if len(others) < _PARTS:
        return NOBODY
    from sklearn.linear_model import LogisticRegressionCV

    mean, scale = moments(known)
    model = LogisticRegressionCV(
        Cs=_PENALTIES, cv=_PARTS, l1_ratios=(0,), scoring="neg_log_loss", class_weight="balanced", max_iter=5000,
        use_legacy_attributes=False,
    ).fit((np.concatenate([known, others]) - mean) / scale, np.repeat([0, 1], [len(known), len(others)]))  # fmt: skip
    weights = model.coef_[0] / scale
    return np.append(weights, model.intercept_ - weights @ mean).astype(np.float32)


def odds(weights: Array, posture: Posture | None) -> float | None:
    """Natural logarithm of the odds that a film is of another population; ``None`` where that cannot be told."""
    if posture is None or posture.features is None or not weights.any():
        return None
    return float(posture.features @ weights[:-1] + weights[-1])
