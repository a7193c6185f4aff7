"""A map of films: what the trunk makes of each, in two dimensions. Films the network takes for alike lie close.

t-SNE (van der Maaten & Hinton 2008, JMLR 9:2579) of the trunk's averaged features, with a fixed seed. Only who lies
beside whom means something; distances between groups and the axes do not.
"""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError

_COLUMNS = ["file", "x", "y"]
_LEAST = 5
_NEIGHBOURS = 30  # t-SNE's perplexity: about how many neighbours count
_SEED = 0
_COMPONENTS = 50  # kept before t-SNE, as its authors advise


@dataclass(frozen=True, slots=True, eq=False)
class FilmMap:
    """Films as points.

    Attributes:
        files: name of each film below the data folder.
        points: float64 ``[N, 2]``, -1…1.
    """

    files: tuple[str, ...]
    points: NDArray[np.float64]


def project(files: tuple[str, ...], features: NDArray[np.float32]) -> FilmMap:
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
    return FilmMap(files, points / np.abs(points).max())


def to_csv(film_map: FilmMap) -> str:
    """Columns ``file, x, y``, four digits."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(
        [file, f"{x:.4f}", f"{y:.4f}"] for file, (x, y) in zip(film_map.files, film_map.points, strict=True)
    )
    return out.getvalue()


def load(path: Path) -> FilmMap:
    """What :func:`to_csv` wrote.

    Raises:
        DataError: the file is missing or not as documented; the message names row and column.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"The map {path.name} cannot be read ({error}). Make it again: python -m core map.") from error
    if reader.fieldnames != _COLUMNS:
        raise DataError(f"{path.name}: the columns must be {', '.join(_COLUMNS)}. Make it again: python -m core map.")
    points = np.empty((len(rows), 2))
    for number, row in enumerate(rows, start=2):
        for place, column in enumerate(_COLUMNS[1:]):
            try:
                points[number - 2, place] = float(row[column])
            except (TypeError, ValueError):
                points[number - 2, place] = math.nan
            if not math.isfinite(points[number - 2, place]):
                raise DataError(f"{path.name}, row {number}, column {column}: {row[column]!r} is no number.")
    return FilmMap(tuple(row["file"] for row in rows), points)
