"""Raw maps → heatmaps that say whose they are, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from core.architectures.grid import Grid
from core.errors import UnknownNameError
from core.explain.heatmap import Heatmap, on_film, scaled
from core.explain.methods import METHODS

if TYPE_CHECKING:
    from core.classifier import Classifier, Reading

_SAME: Final = (
    "This map is the same for every class: it shows what stands out to the network, not evidence for one class."
)
_ROUNDING: Final = 1e-5  # of maps in 0...1


def explained(heatmap: Heatmap, called: Callable[[str], str] = str) -> str:
    """What a map explains: a class, or one rather than another; ``called``: class → how it is to be written."""
    return called(heatmap.target) + (f" rather than {called(heatmap.against)}" if heatmap.against else "")


def shows(heatmap: Heatmap, called: Callable[[str], str] = str) -> str:
    """What a map's high values mean, in words: ``"evidence for VIRUS rather than BACTERIA"``.

    Args:
        heatmap: the map.
        called: class → how it is to be written.
    """
    method = METHODS[heatmap.method]
    if not method.by_class:
        return "what stands out"
    asked = explained(heatmap, called)
    return f"evidence for {asked}" if method.signed else f"what {asked} reacts to, either way"


def position(classifier: Classifier, reading: Reading, against: str | None) -> int | None:
    """Where the class explained against stands; ``None`` where there is none.

    Raises:
        UnknownNameError: there is no such class.
        ValueError: the reading was made by another classifier.
    """
    if reading.weights_sha256 != classifier.checkpoint.card.weights_sha256:
        raise ValueError(f"the reading is of {reading.model}, not of {classifier.name}")
    if against is not None and against not in reading.classes:
        raise UnknownNameError("class", against, reading.classes)
    return None if against is None else reading.classes.index(against)


@dataclass(frozen=True, slots=True)
class How:
    """How maps were made.

    Attributes:
        method: key in METHODS.
        layer: as in :class:`Heatmap`.
        in_logits: as there.
        grid: where cells lie, with the side of the input as the unit; ``None``: evenly.
    """

    method: str
    layer: str
    in_logits: bool
    grid: Grid | None = None

    @classmethod
    def of(cls, classifier: Classifier, method: str, layer: str) -> How:
        """By a method, at a layer: the cells add up to the logit where nothing but a pooled head comes after it."""
        checkpoint = classifier.checkpoint
        last = layer == checkpoint.architecture.layer and checkpoint.card.head == "pooled"
        return cls(method, layer, last and METHODS[method].adds_up, checkpoint.grid(layer))


def heatmaps(maps: NDArray[np.float32], how: How, reading: Reading, against: str | None) -> Mapping[str, Heatmap]:
    """Raw maps ``[K, h, w]`` of one method → class → heatmap."""
    asked = [place for place, name in enumerate(reading.classes) if name != against]
    results = [scaled(maps[place]) for place in asked]
    # One map alone, as of two classes against each other, has nothing to be the same as.
    same = not METHODS[how.method].by_class or (
        len(results) > 1 and all(np.abs(values - results[0][0]).max() <= _ROUNDING for values, *_ in results)
    )
    return {
        reading.classes[place]: Heatmap(
            values=on_film(values, reading.window, how.grid),
            target=reading.classes[place],
            method=how.method,
            layer=how.layer,
            in_logits=how.in_logits,
            model=reading.model,
            xray_sha256=reading.xray_sha256,
            peak=peak,
            problem=problem,
            against=against,
            floor=floor,
            cells=values.size,
            note=_SAME if same and not problem else None,
            window=reading.window,
        )
        for place, (values, floor, peak, problem) in zip(asked, results, strict=True)
    }
