"""Reading → heatmaps of every class, from the features that the reading already holds.

Importing this loads no torch, so that pages can name methods and hold heatmaps; :func:`explain` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.explain.heatmap import Heatmap, scaled
from core.explain.methods import DEFAULT, METHODS, Method

if TYPE_CHECKING:
    from core.classifier import Classifier, Reading

__all__ = ["DEFAULT", "METHODS", "Heatmap", "Method", "explain"]


def explain(classifier: Classifier, reading: Reading, method_name: str = DEFAULT) -> Mapping[str, Heatmap]:
    """Heatmaps of one reading, for every class, without running the network again.

    Args:
        classifier: the one that made the reading.
        reading: its features are what is explained.
        method_name: key in METHODS.

    Returns:
        Class → heatmap, in the order of the classes.

    Raises:
        UnknownNameError: there is no such method.
        ValueError: the reading was made by another classifier.
    """
    import torch

    from core.explain import cam

    chosen = METHODS[method_name]
    if reading.weights_sha256 != classifier.checkpoint.card.weights_sha256:
        raise ValueError(f"the reading is of {reading.model}, not of {classifier.name}")
    with torch.inference_mode():
        gradient = cam.gradients(classifier.network, reading.features)
        maps = getattr(cam, chosen.name)(reading.features, gradient).cpu().numpy()  # [K, h, w]
    heatmaps = {}
    for target, raw in zip(reading.classes, maps, strict=True):
        values, peak, problem = scaled(raw)
        heatmaps[target] = Heatmap(
            values=values,
            target=target,
            method=chosen.name,
            layer=classifier.checkpoint.architecture.layer,
            model=reading.model,
            xray_sha256=reading.xray_sha256,
            peak=peak,
            problem=problem,
        )
    return heatmaps
