"""Raw maps → heatmaps that say whose they are, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from core.errors import UnknownNameError
from core.explain.heatmap import Heatmap, on_film, scaled
from core.explain.methods import METHODS

if TYPE_CHECKING:
    from core.classifier import Classifier, Reading

_SAME: Final = (
    "This map is the same for every class: it shows what stands out to the network, not evidence for one class."
)
_ROUNDING: Final = 1e-5  # of maps in 0...1


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


def heatmaps(
    maps: NDArray[np.float32], method: str, reading: Reading, layer: str, against: str | None
) -> Mapping[str, Heatmap]:
    """Raw maps ``[K, h, w]`` of one method → class → heatmap."""
    asked = [place for place, name in enumerate(reading.classes) if name != against]
    results = [scaled(maps[place]) for place in asked]
    # One map alone, as of two classes against each other, has nothing to be the same as.
    same = not METHODS[method].by_class or (
        len(results) > 1 and all(np.abs(values - results[0][0]).max() <= _ROUNDING for values, *_ in results)
    )
    return {
        reading.classes[place]: Heatmap(
            values=on_film(values, reading.window),
            target=reading.classes[place],
            method=method,
            layer=layer,
            model=reading.model,
            xray_sha256=reading.xray_sha256,
            peak=peak,
            problem=problem,
            against=against,
            floor=floor,
            cells=values.size,
            note=_SAME if same and not problem else None,
        )
        for place, (values, floor, peak, problem) in zip(asked, results, strict=True)
    }
