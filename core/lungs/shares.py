"""How much of the evidence lies in the lungs, over many films: per network and method, with intervals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Final

import numpy as np

from core.evaluate.bootstrap import of_mean
from core.files import ASSETS
from core.lungs.fields import MOSTLY_OUTSIDE, LungFields, evidence_inside
from core.records import grouped

if TYPE_CHECKING:
    from core.classifier import Classifier, Reading
    from core.dataset import Film


SHIPPED: Final = ASSETS / "lungs.csv"
"""Means of every method on every network: what `python -m core lungs measure` made."""


@dataclass(frozen=True, slots=True)
class Inside:
    """One map of one film.

    Attributes:
        model: name of the checkpoint.
        weights_sha256: of its weights.
        method: in FAST.
        file: of the film, below the data folder.
        patient: who is on it.
        inside: share of the evidence that lies in the lung fields, 0…1.
        share: of the film that they cover, 0…1.
    """

    model: str
    weights_sha256: str
    method: str
    file: str
    patient: str
    inside: float
    share: float


@dataclass(frozen=True, slots=True)
class MeanInside:
    """One method on one network, over films.

    Attributes:
        model: name of the checkpoint.
        weights_sha256: of its weights.
        method: in FAST.
        films: over how many; those with an empty map or no plausible lungs do not count.
        inside: mean share of the evidence in the lung fields, 0…1.
        low, high: its 95 % interval, from a bootstrap of patients.
        share: mean share of the film that they cover: what evidence that knows nothing would have.
        outside: share of films with most of the evidence outside.
    """

    model: str
    weights_sha256: str
    method: str
    films: int
    inside: float
    low: float
    high: float
    share: float
    outside: float


def of_film(classifier: Classifier, reading: Reading, film: Film, fields: LungFields) -> list[Inside]:
    """Every fast method's map of the class that was read. Empty maps have no row."""
    from core.explain import FAST, explain_all

    sha256 = classifier.checkpoint.card.weights_sha256
    rows = []
    for method, maps in explain_all(classifier, reading, FAST).items():
        heatmap = maps[reading.prediction]
        inside = None if heatmap.problem else evidence_inside(fields, heatmap.values)
        if inside is not None:
            rows.append(Inside(classifier.name, sha256, method, film.file, film.patient, inside, fields.share))
    return rows


def means(rows: Iterable[Inside]) -> list[MeanInside]:
    """Per network and method, in the order in which they first occur."""
    return [_mean(found) for found in grouped(rows, attrgetter("model", "weights_sha256", "method")).values()]


def _mean(rows: Sequence[Inside]) -> MeanInside:
    first, inside = rows[0], np.array([row.inside for row in rows])
    return MeanInside(
        first.model,
        first.weights_sha256,
        first.method,
        len(rows),
        *of_mean(inside, [row.patient for row in rows]),
        float(np.mean([row.share for row in rows])),
        float((inside < MOSTLY_OUTSIDE).mean()),
    )
