"""Several heatmaps on one colour scale, where that means something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.explain import Heatmap
from core.explain.heatmap import inside


@dataclass(frozen=True, slots=True, eq=False)
class Scaled:
    """A heatmap on a scale it shares.

    Attributes:
        heatmap: its values are 0 at the scale's low end and 1 at its high end.
        name: tells this scale from others; one colour means the same wherever the names are equal.
        top: the high end: in logits if the whole film looked like that place, where ``in_logits``; else in the method's
            own unit.
        in_logits: whether it is.
    """

    heatmap: Heatmap
    name: str
    top: float
    in_logits: bool


def common(heatmaps: Sequence[Heatmap]) -> list[Scaled]:
    """Put heatmaps that can be compared on one scale.

    Maps of one method share a scale: between networks only where their cells add up to the logit, for then a value
    times the number of cells is in logits, whatever the grid. All other units are of one network at one layer.

    Args:
        heatmaps: those that cannot be drawn keep their zeros, and no scale is made from them.

    Returns:
        One for each, in order.
    """
    keys = [_key(heatmap) for heatmap in heatmaps]
    ends = {
        key: (
            min(_unit(h) * h.floor for h, k in zip(heatmaps, keys, strict=True) if k == key and not h.problem),
            max(_unit(h) * h.peak for h, k in zip(heatmaps, keys, strict=True) if k == key and not h.problem),
        )
        for key in {k for h, k in zip(heatmaps, keys, strict=True) if not h.problem}
    }
    scaled = []
    for heatmap, key in zip(heatmaps, keys, strict=True):
        low, high = ends.get(key, (0.0, 0.0))
        shown = heatmap
        if not heatmap.problem:
            raw = _unit(heatmap) * (heatmap.floor + heatmap.values * (heatmap.peak - heatmap.floor))
            values = np.clip((raw - low) / (high - low), 0, 1).astype(np.float32)
            values[~inside(heatmap.window, *values.shape)] = 0
            values.setflags(write=False)
            shown = replace(heatmap, values=values)
        scaled.append(Scaled(shown, f"{'/'.join(key)}:{low:.6g}:{high:.6g}", high, heatmap.in_logits))
    return scaled


def _key(heatmap: Heatmap) -> tuple[str, ...]:
    """What maps must have in common to share a scale."""
    return (heatmap.method,) if heatmap.in_logits else (heatmap.method, heatmap.model, heatmap.layer)


def _unit(heatmap: Heatmap) -> int:
    """Cells that a value counts for: a coarse map says with few of them what a fine one says with many."""
    return heatmap.cells if heatmap.in_logits else 1
