"""The table of networks in Markdown, as the README has it: what their cards say, and how fast they are here and now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from core.checkpoint import Checkpoint, Interval
from core.commands.turns import milliseconds
from core.errors import DataError, PneumoLensError
from core.words import table

if TYPE_CHECKING:
    from core.classifier import Classifier
    from core.xray import Xray

REFERENCE: Final = "resnet18"
"""Architecture that times are relative to: the first such network's."""

_SIDE: Final = 512  # of the film that is read: 8-bit, already decoded
_HEAD: Final = (
    "Network", "Task", "Input", "Parameters", "File", "Test accuracy (95 % interval)", "Two-class", "ECE",
    "Reading with heatmaps", f"x {REFERENCE}",
)  # fmt: skip


def markdown(good: Mapping[str, Checkpoint], rounds: int) -> str:
    """The table: one row per network, in the order given.

    Args:
        good: name → network.
        rounds: readings timed of each; the median counts.
    """
    times = reading_times(good, rounds)
    base = next(
        (times[name] for name, one in good.items() if one.card.architecture == REFERENCE and name in times), None
    )
    return table(_HEAD, (_row(one, times.get(name), base) for name, one in good.items()))


def reading_times(good: Mapping[str, Checkpoint], rounds: int) -> dict[str, float]:
    """Milliseconds that each network takes for a film with heatmaps of all classes, from a decoded film; medians.

    The networks take turns in one loop. One that cannot be loaded is left out.
    """
    from core.classifier import Classifier
    from core.models import best_device

    film = _film()
    device = best_device()
    rivals: dict[str, Callable[[], object]] = {}
    for name, checkpoint in good.items():
        try:
            rivals[name] = partial(_reading, Classifier(checkpoint, device), film)
        except PneumoLensError:  # the table says so: it has no time
            continue
    return milliseconds(rivals, rounds)


def _reading(classifier: Classifier, film: Xray) -> None:
    from core.explain import explain

    explain(classifier, classifier.read([film])[0])


def _film() -> Xray:
    """A film that is the same everywhere: a vertical wedge of greys."""
    import io

    import numpy as np
    from PIL import Image

    from core.xray import read_xray

    wedge = np.tile(np.linspace(20, 235, _SIDE).astype(np.uint8), (_SIDE, 1)).T
    out = io.BytesIO()
    Image.fromarray(wedge).save(out, "PNG")
    return read_xray(out.getvalue())


def _row(checkpoint: Checkpoint, time: float | None, base: float | None) -> tuple[str, ...]:
    card = checkpoint.card
    return (
        f"`{checkpoint.name}`",
        card.task,
        f"{checkpoint.preprocessing.size} px",
        f"{card.parameters / 1e6:.2f} M",
        f"{card.weights_bytes / 1e6:.1f} MB",
        _figure(card.metrics.get("accuracy")),
        _figure(card.metrics.get("merged_accuracy")) if checkpoint.task.coarser else "",
        _calibration_error(checkpoint),
        f"{time:.1f} ms" if time is not None else "not read",
        f"{time / base:.2f}" if time is not None and base else "",
    )


def _figure(found: Interval | None) -> str:
    return "unknown" if found is None else str(found)


def _calibration_error(checkpoint: Checkpoint) -> str:
    from core.evaluate import ece, from_csv

    try:
        return f"{ece(from_csv(checkpoint.predictions)):.3f}"
    except DataError:  # there are no predictions, or none that can be used
        return "unknown"
