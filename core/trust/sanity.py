"""One map → does it depend on what the network learnt?

Layers forget what they learnt, from the last one down, each step on top of those before. A map that hardly changes
shows the film's edges, or the shape of the network, and not what training put there (Adebayo et al. 2018, "Sanity
Checks for Saliency Maps", arXiv:1810.03292).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isnan, nan
from statistics import fmean
from typing import Final

from torch import nn

from core.architectures.network import Network
from core.classifier import Classifier, trained
from core.compare.agreement import spearman
from core.explain import Heatmap
from core.trust.redone import redone
from core.xray import Xray

FRESH: Final = 3
"""Networks that never learnt anything."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the check.

    Attributes:
        layer: name of the layer that forgot last, and with it all above.
        similarity: rank correlation of its map with the original one, -1…1; NaN where the map is empty.
    """

    layer: str
    similarity: float


def sanity(classifier: Classifier, xray: Xray, heatmap: Heatmap, seed: int = 0) -> tuple[Step, ...]:
    """Randomise the network, loaded anew, from the head down, and make the map again at every step.

    Weights are those of fresh networks, drawn as for training: drawn otherwise, nothing of the film may be left in the
    last layer, and maps are alike because they show none.

    Args:
        classifier: the one whose reading the map explains; it is not altered.
        xray: the film it was read from.
        heatmap: the map.
        seed: of the random weights.

    Returns:
        One step per layer, the head first; the last one, after which nothing is left of what was learnt, is the mean
        over :data:`FRESH` networks, for chance may make one map alike, or empty.

    Raises:
        EvidenceError: the map cannot be drawn.
        CheckpointError: the checkpoint's files are gone or altered since it was loaded.
    """
    heatmap.require()
    checkpoint = classifier.checkpoint
    size = checkpoint.preprocessing.size
    square = checkpoint.preprocessing.square(xray)
    plain = redone(classifier, classifier.network, square, heatmap)

    def similarity(network: Network) -> float:
        return spearman(plain, redone(classifier, network, square, heatmap))

    def fresh(more: int) -> Network:
        drawn = checkpoint.architecture.drawn(len(checkpoint.card.classes), checkpoint.card.head, size, seed + more)
        return drawn.eval().requires_grad_(requires_grad=False).to(classifier.device)

    network = trained(checkpoint).to(classifier.device)
    steps = []
    for (name, modules), (_, drawn) in zip(_layers(network), _layers(fresh(0)), strict=True):
        for module, other in zip(modules, drawn, strict=True):
            module.load_state_dict(other.state_dict())
        steps.append(Step(name, similarity(network)))
    del network  # large ones are held one at a time
    ends = (steps[-1].similarity, *(similarity(fresh(more)) for more in range(1, FRESH)))
    last = [found for found in ends if not isnan(found)]
    return (*steps[:-1], Step(steps[-1].layer, fmean(last) if last else nan))


def _layers(network: Network) -> Iterator[tuple[str, list[nn.Module]]]:
    """Head, then the trunk's stages from the last to the first. A batch norm goes with the convolution before it."""
    yield "head", [network.head]
    stages: list[tuple[str, list[nn.Module]]] = []
    for name, child in network.trunk.named_children():
        if not any(True for _ in child.parameters()):
            continue
        if isinstance(child, nn.BatchNorm2d) and stages:
            stages[-1][1].append(child)
        else:
            stages.append((_title(name, child, len(stages)), [child]))
    yield from reversed(stages)


def _title(name: str, child: nn.Module, before: int) -> str:
    """A stage's own name; a number says nothing, so a chain of convolutions is counted instead."""
    if not name.isdigit():
        return name
    return f"convolution {before + 1}" if isinstance(child, nn.Conv2d) else f"block {before + 1}"
