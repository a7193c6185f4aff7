"""A map of films: what the trunk makes of each, in two dimensions. Films the network takes for alike lie close.

t-SNE (van der Maaten & Hinton 2008, JMLR 9:2579) of the trunk's averaged features, with a fixed seed. Only who lies
beside whom means something; distances between groups and the axes do not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError

_LEAST = 5
_NEIGHBOURS = 30  # t-SNE's perplexity: about how many neighbours count
_SEED = 0
_COMPONENTS = 50  # kept before t-SNE, as its authors advise


@dataclass(frozen=True, slots=True)
class Point:
    """A film as a point; a map is a table of them (see :mod:`core.records`).

    Attributes:
        file: name of the film below the data folder.
        x, y: -1…1.
    """

    file: str
    x: float
    y: float


def project(files: tuple[str, ...], features: NDArray[np.float32]) -> list[Point]:
    """Lay films out in two dimensions. The same features give the same map.

    Args:
        files: name of each film.
        features: the trunk's last map averaged over the film, ``[N, C]``.

    Raises:
        DataError: there are too few films, or nothing tells them apart.
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    if len(files) < _LEAST:
        raise DataError(f"A map needs {_LEAST} films or more, not {len(files)}. Add films.")
    if not np.ptp(features, axis=0).any():  # scikit-learn would crash
        raise DataError("The network makes the same of every film, so none lies beside another. Give other films.")
    fewer = PCA(min(_COMPONENTS, *features.shape), random_state=_SEED).fit_transform(features.astype(np.float64))
    perplexity = min(_NEIGHBOURS, (len(files) - 1) / 3)
    points = TSNE(2, perplexity=perplexity, init="pca", random_state=_SEED).fit_transform(fewer).astype(np.float64)
    points -= (points.max(axis=0) + points.min(axis=0)) / 2
    points /= np.abs(points).max()
    return [Point(file, x, y) for file, (x, y) in zip(files, points.tolist(), strict=True)]
