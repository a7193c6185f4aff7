"""One network, one corruption, one strength → what is left of its accuracy, its calibration and its maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from core.classifier import Classifier
from core.compare.agreement import comparable, spearman
from core.dataset import Film
from core.evaluate import Predictions, ece
from core.evaluate.bootstrap import of_mean, of_share
from core.explain import DEFAULT, raw_maps
from core.robustness.corruptions import Corruption, Square
from core.robustness.damage_record import CLEAN, Damage
from core.xray import Xray


@dataclass(frozen=True, slots=True, eq=False)
class Clean:
    """Films as a network is fed them, and what it makes of them undisturbed.

    Attributes:
        films: which.
        squares: float32 ``[S, S]`` in 0…1 each.
        read: position of the class read, int64 ``[N]``.
        maps: default method's map of that class, float32 ``[GRID, GRID]`` each.
        predictions: of the films.
    """

    films: tuple[Film, ...]
    squares: tuple[Square, ...]
    read: NDArray[np.int64]
    maps: tuple[Square, ...]
    predictions: Predictions


def clean(classifier: Classifier, films: Sequence[Film], xrays: Sequence[Xray]) -> Clean:
    """Ask a network about films as they are."""
    squares = tuple(classifier.checkpoint.preprocessing.square(xray) for xray in xrays)
    probabilities, maps = _asked(classifier, squares)
    read = probabilities.argmax(axis=1)
    said = Predictions.of(classifier.checkpoint.card.classes, films, probabilities)
    return Clean(tuple(films), squares, read, tuple(maps), said)


def damage(classifier: Classifier, before: Clean, corruption: Corruption | None, strength: int) -> Damage:
    """Ask it about the same films made worse.

    Args:
        classifier: the network.
        before: what it made of them undisturbed.
        corruption: how they are made worse; ``None``: not at all.
        strength: 1…5.
    """
    patients = before.predictions.patients
    predictions, similar = before.predictions, np.ones(len(before.films))
    if corruption is not None:
        squares = [corruption.film(square, strength, seed) for seed, square in enumerate(before.squares)]
        probabilities, maps = _asked(classifier, squares, before.read)
        predictions = Predictions.of(classifier.checkpoint.card.classes, before.films, probabilities)
        similar = np.array(
            [spearman(corruption.map(old, strength), new) for old, new in zip(before.maps, maps, strict=True)]
        )
    held = ~np.isnan(similar)
    stable = of_mean(similar[held], [who for who, kept in zip(patients, held, strict=True) if kept])
    return Damage(
        classifier.name,
        classifier.checkpoint.card.weights_sha256,
        CLEAN if corruption is None else corruption.name,
        strength,
        len(before.films),
        *of_share(predictions.decisions == predictions.labels, patients),
        ece(predictions),
        *stable,
    )


@torch.inference_mode()
def _asked(
    classifier: Classifier, squares: Sequence[Square], explained: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.float64], list[Square]]:
    """Calibrated probabilities ``[N, K]``, and a map of each film by the default method, ``[GRID, GRID]``.

    Args:
        classifier: the network.
        squares: films as it is fed them.
        explained: position of the class that each film's map is of, ``[N]``; the one read when left out.
    """
    grid = classifier.checkpoint.grid(classifier.checkpoint.architecture.layer)
    rows: list[NDArray[np.float64]] = []
    maps: list[Square] = []
    for features, probabilities in classifier.answers(squares):
        places = probabilities.argmax(axis=1) if explained is None else explained[len(maps) : len(maps) + len(features)]
        rows.append(probabilities)
        for one, place in zip(features.float(), places, strict=True):
            maps.append(comparable(raw_maps(classifier.network, one, (DEFAULT,))[DEFAULT][place], grid))
    return np.concatenate(rows), maps
