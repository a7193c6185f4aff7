"""Reading → heatmaps of every class, from the features that the reading already holds.

::

    heatmap    the record: one class's map and what must be known of it
    methods    METHODS: what can be asked for
    gradients  through the head only
    cam        weighted sums over channels
    eigen      principal components

Importing this loads no torch, so that pages can name methods and hold heatmaps; :func:`explain` does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

from core.errors import UnknownNameError
from core.explain.heatmap import Heatmap, on_film, scaled
from core.explain.methods import DEFAULT, METHODS, Method

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from core.architectures.network import Network
    from core.classifier import Classifier, Reading

__all__ = ["DEFAULT", "METHODS", "Heatmap", "Method", "explain", "explain_all", "raw_maps"]

_SAME = "This map is the same for every class: it shows what stands out to the network, not evidence for one class."


def explain(
    classifier: Classifier, reading: Reading, method_name: str = DEFAULT, against: str | None = None
) -> Mapping[str, Heatmap]:
    """Heatmaps of one reading by one method, for every class, without running the network again.

    Args:
        classifier: the one that made the reading.
        reading: its features are what is explained.
        method_name: key in METHODS.
        against: a class; then each other class is explained against it ("why BACTERIA rather than VIRUS"): what is
            explained is the difference of the two logits.

    Returns:
        Class → heatmap, in the order of the classes; without ``against`` itself.

    Raises:
        UnknownNameError: there is no such method or class.
        ValueError: the reading was made by another classifier.
    """
    return explain_all(classifier, reading, (method_name,), against)[method_name]


def explain_all(
    classifier: Classifier, reading: Reading, method_names: Sequence[str] = tuple(METHODS), against: str | None = None
) -> Mapping[str, Mapping[str, Heatmap]]:
    """The same by several methods, which share the gradients.

    Args:
        classifier: the one that made the reading.
        reading: its features are what is explained.
        method_names: keys in METHODS.
        against: as in :func:`explain`.

    Returns:
        Method → class → heatmap, in the orders given and of the classes.

    Raises:
        UnknownNameError: there is no such method or class.
        ValueError: the reading was made by another classifier.
    """
    if reading.weights_sha256 != classifier.checkpoint.card.weights_sha256:
        raise ValueError(f"the reading is of {reading.model}, not of {classifier.name}")
    if against is not None and against not in reading.classes:
        raise UnknownNameError("class", against, reading.classes)
    place = None if against is None else reading.classes.index(against)
    maps = raw_maps(classifier.network, reading.features, method_names, place)
    layer = classifier.checkpoint.architecture.layer
    return {name: _heatmaps(raw, name, reading, layer, against) for name, raw in maps.items()}


def raw_maps(
    network: Network, features: Tensor, method_names: Sequence[str], against: int | None = None
) -> Mapping[str, NDArray[np.float32]]:
    """Maps as the methods give them, not scaled, of any network and features: also of one that is being examined.

    Args:
        network: whose head leads from features to logits.
        features: its trunk's last map, ``[C, h, w]``.
        method_names: keys in METHODS.
        against: position of the class that the others are explained against, if any.

    Returns:
        Method → float32 ``[K, h, w]``, non-negative.

    Raises:
        UnknownNameError: there is no such method.
    """
    import torch

    from core.explain.gradients import gradients

    chosen = [METHODS[name] for name in method_names]
    with torch.inference_mode():
        gradient = gradients(network, features, against)
        return {method.name: _function(method)(features, gradient).cpu().numpy() for method in chosen}


def _function(method: Method) -> Callable[[Tensor, Tensor], Tensor]:
    """What computes it: features ``[C, h, w]`` and gradients ``[K, C, h, w]`` → maps ``[K, h, w]``."""
    found: Callable[[Tensor, Tensor], Tensor] = getattr(import_module(f"core.explain.{method.family}"), method.name)
    return found


def _heatmaps(
    maps: NDArray[np.float32], method: str, reading: Reading, layer: str, against: str | None
) -> Mapping[str, Heatmap]:
    """Raw maps ``[K, h, w]`` of one method → class → heatmap."""
    asked = [place for place, name in enumerate(reading.classes) if name != against]
    results = [scaled(maps[place]) for place in asked]
    # One map alone, as of two classes against each other, has nothing to be the same as.
    same = not METHODS[method].by_class or (
        len(results) > 1 and all(np.array_equal(values, results[0][0]) for values, *_ in results)
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
