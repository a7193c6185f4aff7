"""A heatmap: one class's evidence, with everything needed to say whose it is. Needs NumPy only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import EvidenceError
from core.xray import WHOLE, Window


@dataclass(frozen=True, slots=True, eq=False)
class Heatmap:
    """One class's evidence map.

    Attributes:
        values: float32 ``[h, w]`` in 0…1, read-only: 1 where the evidence is strongest within this film. Only
            evidence *for* the class; covers the whole film, whatever its shape. All zero where ``problem`` is set.
        target: the class explained.
        method: key in METHODS.
        layer: name of the feature map it was made from; of several that were averaged with " + " between them; "input"
            where it explains what the network was fed.
        model: name of the checkpoint.
        xray_sha256: of the film's file.
        peak: largest value before scaling; maps of two classes or films can be compared by it, their colours cannot.
        problem: why it must not be drawn ("empty", "saturated", "not a number"), in words; ``None`` when all is well.
        against: the class it is explained against ("why this rather than that"); ``None``: the class by itself.
        floor: smallest value before scaling; taken off, so 0 in ``values`` is the least evidence there is, not none.
        cells: how many cells the network's own map had.
        in_logits: whether value before scaling times ``cells`` is in logits, and can be compared between networks.
        note: what must be said beside it (that it is the same for every class); ``None`` when nothing must.
    """

    values: NDArray[np.float32]
    target: str
    method: str
    layer: str
    model: str
    xray_sha256: str
    peak: float
    problem: str | None = None
    against: str | None = None
    floor: float = 0.0
    cells: int = 0
    in_logits: bool = False
    note: str | None = None

    @property
    def asked(self) -> str:
        """What it explains, as part of a file's name: ``"VIRUS"`` or ``"VIRUS-against-BACTERIA"``."""
        return self.target if self.against is None else f"{self.target}-against-{self.against}"

    @property
    def made(self) -> str:
        """How it was made, as part of a file's name: ``"grad_cam-layer3+layer4"``."""
        return f"{self.method}-{self.layer.replace(AND, '+').replace(' ', '')}"

    @property
    def place(self) -> str:
        """Where in the network it was made, in words."""
        if self.layer == INPUT:
            return "by the network's input"
        return f"at {self.layer}" + (", averaged" if len(self.layers) > 1 else "")

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers it was averaged over, mostly one; none where it explains the network's input."""
        return () if self.layer == INPUT else tuple(self.layer.split(AND))

    def require(self) -> Heatmap:
        """This map, if it can be drawn.

        Raises:
            EvidenceError: it cannot; the message says why.
        """
        if self.problem:
            raise EvidenceError(self.problem)
        return self


def scaled(raw: NDArray[np.float32]) -> tuple[NDArray[np.float32], float, float, str | None]:
    """A raw non-negative map → values in 0…1, its lowest and highest value, and what is wrong with it, if anything.

    Scaling is (x - min) / (max - min), as the field's libraries do, so that maps can be compared with theirs.
    """
    low, peak = float(raw.min()), float(raw.max())  # either is not finite if any value is not
    problem = None
    if not (np.isfinite(low) and np.isfinite(peak)):
        low = peak = float("nan")
        problem = "This map is not a number: the network's output is broken for this film."
    elif peak <= 0:
        problem = "This map is empty: the network finds no evidence for this class on this film."
    elif peak - low <= 1e-6 * peak:
        problem = "This map is saturated: every place counts alike, so it points nowhere."
    values = np.zeros(raw.shape, dtype=np.float32) if problem else ((raw - low) / (peak - low)).astype(np.float32)
    values.setflags(write=False)
    return values, low, peak, problem


INPUT: Final = "input"
AND: Final = " + "

_FINE = 4  # cells of the whole film's map to one of the window's
_ENOUGH = 256  # cells along a side that need not be made finer


def on_film(values: NDArray[np.float32], window: Window) -> NDArray[np.float32]:
    """A map of a part of a film → a map of the whole film, 0 where the network did not look.

    Args:
        values: float32 ``[h, w]``, covering the window.
        window: which part of the film that is; all of it leaves the map as it is.

    Returns:
        float32 ``[H, W]``, read-only, up to four times as fine as the window's: its edges are that exact.
    """
    if window == WHOLE:
        return values
    left, top, right, bottom = window
    down, rows = _places(values.shape[0], top, bottom)
    across, columns = _places(values.shape[1], left, right)
    # Bilinear, one side after the other: cell centres aligned, as where maps are drawn.
    tall = np.stack([np.interp(down, np.arange(values.shape[0]), column) for column in values.T], axis=1)  # [H, w]
    whole = np.stack([np.interp(across, np.arange(values.shape[1]), row) for row in tall])  # [H, W]
    whole = np.where(rows[:, None] & columns[None, :], whole, 0).astype(np.float32)
    whole.setflags(write=False)
    return whole


def _places(cells: int, start: float, end: float) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Of each cell of the whole film along one side: its centre, in the window's cells, and whether it is inside."""
    count = max(1, round(max(cells, min(_FINE * cells, _ENOUGH)) / (end - start)))
    centres = (np.arange(count) + 0.5) / count
    return (centres - start) / (end - start) * cells - 0.5, (start <= centres) & (centres <= end)
