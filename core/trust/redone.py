"""A map made again of an altered film, or by an altered network: the machinery that stability and sanity share."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from core.architectures.network import Network
from core.classifier import Classifier
from core.compare.agreement import comparable
from core.errors import EvidenceError
from core.explain import METHODS, Heatmap
from core.explain.again import made
from core.trust.imputation import Square

TOO_SLOW: Final = (
    "Stability and the sanity check make a map many times over: they are measured for fast methods only. Choose one of "
    "those to have them."
)


@torch.inference_mode()
def redone(classifier: Classifier, network: Network, square: Square, heatmap: Heatmap) -> NDArray[np.float32]:
    """The map that ``heatmap``'s method gives for its class on another input or of another network.

    Args:
        classifier: says how films are normalised and where its classes are.
        network: what is asked; the classifier's own, or an altered copy.
        square: what it is fed, float32 ``[S, S]`` in 0…1.
        heatmap: says which method, which class, against which.

    Returns:
        float32 ``[GRID, GRID]`` of what the network was fed; all zero where the map is empty.

    Raises:
        EvidenceError: its method is a slow one.
    """
    method, checkpoint = METHODS[heatmap.method], classifier.checkpoint
    if not method.fast:
        raise EvidenceError(TOO_SLOW)
    classes = checkpoint.card.classes
    inputs = torch.from_numpy(checkpoint.preprocessing.normalise(square[None])).to(classifier.device)
    against = None if heatmap.against is None else classes.index(heatmap.against)
    stages = [checkpoint.architecture.stage(name) for name in heatmap.layers]
    raw = made(network, inputs, method, stages, against)
    return comparable(raw[classes.index(heatmap.target)], checkpoint.grid(heatmap.layer))
