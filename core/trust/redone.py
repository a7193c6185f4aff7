"""A map made again of an altered film, or by an altered network: the machinery that stability and sanity share."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from core.architectures.network import Network
from core.classifier import Classifier
from core.compare.agreement import GRID
from core.explain import Heatmap, raw_maps
from core.render import spread
from core.trust.imputation import Square


@torch.inference_mode()
def redone(classifier: Classifier, network: Network, square: Square, heatmap: Heatmap) -> NDArray[np.float32]:
    """The map that ``heatmap``'s method gives for its class on another input or of another network.

    Args:
        classifier: says how films are normalised and where its classes are.
        network: what is asked; the classifier's own, or an altered copy.
        square: what it is fed, float32 ``[S, S]`` in 0…1.
        heatmap: says which method, which class, against which.

    Returns:
        float32 ``[GRID, GRID]`` of what the network was fed; all of one value where the map is empty.
    """
    checkpoint = classifier.checkpoint
    classes = checkpoint.card.classes
    inputs = torch.from_numpy(checkpoint.preprocessing.normalise(square[None])).to(classifier.device)
    features = network.features(inputs)[0].float()
    against = None if heatmap.against is None else classes.index(heatmap.against)
    raw = raw_maps(network, features, (heatmap.method,), against)[heatmap.method][classes.index(heatmap.target)]
    finite = np.nan_to_num(raw, nan=0.0, posinf=0.0, neginf=0.0)
    peak = float(finite.max())
    return spread(finite / peak if peak > 0 else finite, GRID, GRID)
