"""Reading → heatmaps of every class, from the features that the reading already holds; or from the film once more.

::

    heatmap    the record: one class's map and what must be known of it
    labelled   raw maps → records
    methods    METHODS: what can be asked for, and what it costs
    computed   rows of METHODS → what computes them
    gradients  through what follows a layer only
    cam        weighted sums over channels
    eigen      principal components
    again      what takes the film: slow methods, earlier layers
    asked      what a slow method gets, and who waits for it
    masked     parts of the film hidden: Score-CAM, occlusion, RISE
    ablated    features silenced: Ablation-CAM
    along      gradients by the film: integrated gradients, SmoothGrad

Importing this loads no torch, so that pages can name methods and hold heatmaps; :func:`explain` does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.errors import UnknownNameError
from core.explain.heatmap import AND, INPUT, Heatmap
from core.explain.labelled import How, explained, heatmaps, position, shows
from core.explain.methods import DEFAULT, FAST, METHODS, Method

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from core.architectures.network import Network
    from core.classifier import Classifier, Reading
    from core.xray import Xray

__all__ = [
    "DEFAULT", "FAST", "METHODS", "Heatmap", "Method", "explain", "explain_all", "explain_film", "explained",
    "raw_maps", "shows",
]  # fmt: skip


def explain(
    classifier: Classifier, reading: Reading, method_name: str = DEFAULT, against: str | None = None
) -> Mapping[str, Heatmap]:
    """Heatmaps of one reading by one fast method, for every class, without running the network again.

    Args:
        classifier: the one that made the reading.
        reading: its features are what is explained.
        method_name: in FAST.
        against: a class; then each other class is explained against it ("why BACTERIA rather than VIRUS"): what is
            explained is the difference of the two logits.

    Returns:
        Class → heatmap, in the order of the classes; without ``against`` itself.

    Raises:
        UnknownNameError: there is no such method or class, or the method is not a fast one.
        ValueError: the reading was made by another classifier.
    """
    return explain_all(classifier, reading, (method_name,), against)[method_name]


def explain_all(
    classifier: Classifier, reading: Reading, method_names: Sequence[str] = FAST, against: str | None = None
) -> Mapping[str, Mapping[str, Heatmap]]:
    """The same by several methods, which share the gradients.

    Args:
        classifier: the one that made the reading.
        reading: its features are what is explained.
        method_names: in FAST.
        against: as in :func:`explain`.

    Returns:
        Method → class → heatmap, in the orders given and of the classes.

    Raises:
        UnknownNameError, ValueError: as :func:`explain`.
    """
    place = position(classifier, reading, against)
    maps = raw_maps(classifier.network, reading.features, method_names, place)
    layer = classifier.checkpoint.architecture.layer
    return {name: heatmaps(raw, How.of(classifier, name, layer), reading, against) for name, raw in maps.items()}


def explain_film(  # noqa: PLR0913, PLR0917 - a film, a question, and who waits for the answer
    classifier: Classifier,
    xray: Xray,
    reading: Reading,
    method_name: str = DEFAULT,
    against: str | None = None,
    layers: Sequence[str] = (),
    progress: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Mapping[str, Heatmap]:
    """Heatmaps of one film by any method, at any layer, running the network as often as that takes.

    A fast method at the last layer is still taken from the reading alone.

    Args:
        classifier: the one that made the reading.
        xray: the film.
        reading: of that film.
        method_name: key in METHODS.
        against: as in :func:`explain`.
        layers: names of stages of the architecture, the maps of several are averaged; none: the last one. Of no
            account for methods that explain the network's input.
        progress: called with what is done and what there is to do, between batches.
        stop: asked between batches; true ends the work.

    Returns:
        Class → heatmap, in the order of the classes; without ``against`` itself.

    Raises:
        UnknownNameError: there is no such method, class or layer.
        StoppedError: it was stopped.
        ValueError: the reading is of another film or classifier.
    """
    from core.explain.again import made
    from core.explain.asked import Watch

    place = position(classifier, reading, against)
    if reading.xray_sha256 != xray.sha256:
        raise ValueError("the reading is of another film")
    method, architecture = METHODS[method_name], classifier.checkpoint.architecture
    last = architecture.stages[-1]
    stages = [architecture.stage(name) for name in dict.fromkeys(layers)] or [last]
    if method.fast and stages == [last]:
        return explain(classifier, reading, method_name, against)
    layer = AND.join(stage.name for stage in stages) if method.by_layer else INPUT
    asked = stages if method.by_layer else [None]
    watch = Watch(progress or (lambda _done, _of: None), stop or (lambda: False))
    raw = made(classifier.network, classifier.prepare([xray]), method, asked, place, watch)
    return heatmaps(raw, How.of(classifier, method_name, layer), reading, against)


def raw_maps(
    network: Network, features: Tensor, method_names: Sequence[str], against: int | None = None
) -> Mapping[str, NDArray[np.float32]]:
    """Maps as fast methods give them, not scaled, of any network and features: also of one that is being examined.

    Args:
        network: whose head leads from features to logits.
        features: its trunk's last map, ``[C, h, w]``.
        method_names: in FAST.
        against: position of the class that the others are explained against, if any.

    Returns:
        Method → float32 ``[K, h, w]``, non-negative.

    Raises:
        UnknownNameError: there is no such method, or it is not a fast one.
    """
    from core.explain.computed import fast

    chosen = [METHODS[name] for name in method_names]
    if slow := [method.name for method in chosen if not method.fast]:
        raise UnknownNameError("fast method", slow[0], FAST)
    return {name: found.cpu().numpy() for name, found in fast(network, features, chosen, against).items()}
