"""A heatmap: one class's evidence, with everything needed to say whose it is. Needs NumPy only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import EvidenceError


@dataclass(frozen=True, slots=True, eq=False)
class Heatmap:
    """One class's evidence map.

    Attributes:
        values: float32 ``[h, w]`` in 0…1, read-only: 1 where the evidence is strongest within this film. Only
            evidence *for* the class; covers the whole film, whatever its shape. All zero where ``problem`` is set.
        target: the class explained.
        method: key in METHODS.
        layer: name of the feature map it was made from.
        model: name of the checkpoint.
        xray_sha256: of the film's file.
        peak: largest value before scaling; maps of two classes or films can be compared by it, their colours cannot.
        problem: why it must not be drawn ("empty", "saturated", "not a number"), in words; ``None`` when all is well.
    """

    values: NDArray[np.float32]
    target: str
    method: str
    layer: str
    model: str
    xray_sha256: str
    peak: float
    problem: str | None = None

    def require(self) -> Heatmap:
        """This map, if it can be drawn.

        Raises:
            EvidenceError: it cannot; the message says why.
        """
        if self.problem:
            raise EvidenceError(self.problem)
        return self


def scaled(raw: NDArray[np.float32]) -> tuple[NDArray[np.float32], float, str | None]:
    """A raw non-negative map → values in 0…1, their peak, and what is wrong with them, if anything.

    Scaling is (x - min) / (max - min), as the field's libraries do, so that maps can be compared with theirs.
    """
    nothing = np.zeros(raw.shape, dtype=np.float32)
    nothing.setflags(write=False)
    if not np.isfinite(raw).all():
        return nothing, float("nan"), "This map is not a number: the network's output is broken for this film."
    low, peak = float(raw.min()), float(raw.max())
    if peak <= 0:
        return nothing, peak, "This map is empty: the network finds no evidence for this class on this film."
    if peak - low <= 1e-6 * peak:
        return nothing, peak, "This map is saturated: every place counts alike, so it points nowhere."
    values = ((raw - low) / (peak - low)).astype(np.float32)
    values.setflags(write=False)
    return values, peak, None
