"""The shortcut probe: what a network still reads when the lungs are hidden, and when nothing else is seen.

A network that is as good without the lungs reads something else: markers, borders, the way the child lies (Zech et al.
2018, doi 10.1371/journal.pmed.1002683; DeGrave et al. 2021, doi 10.1038/s42256-021-00338-7).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from core.evaluate.bootstrap import of_share
from core.files import ASSETS
from core.lungs.fields import LungFields
from core.table import Table
from core.words import percent
from core.xray import WHOLE, Window

if TYPE_CHECKING:
    from core.classifier import Classifier
    from core.dataset import Film

Square = NDArray[np.float32]
Hide = Callable[[Square, NDArray[np.bool_]], Square]

SHIPPED: Final = ASSETS / "lungs-probe.csv"
"""Of every network: what `python -m core lungs probe` made."""

_BLUR: Final = 0.06
"""Deviation of the blur, of the square's side: no vessel and no edge of an infiltrate is left."""


@dataclass(frozen=True, slots=True)
class View:
    """A part of the film that a network gets to see.

    Attributes:
        name: key in VIEWS.
        title: on screen.
        shows: from a film squeezed to a square and its lungs, both ``[S, S]``, what the network sees.
    """

    name: str
    title: str
    shows: Hide


def _hidden(film: Square, lungs: NDArray[np.bool_]) -> Square:
    return np.where(lungs, film.mean(), film)


def _smoothed(film: Square, lungs: NDArray[np.bool_]) -> Square:
    return np.where(lungs, ndimage.gaussian_filter(film, _BLUR * len(film)), film)


def _alone(film: Square, lungs: NDArray[np.bool_]) -> Square:
    return np.where(lungs, film, film.mean())


VIEWS: Final[Table[View]] = Table(
    "view",
    View("whole", "Whole film", lambda film, _: film),
    View("hidden", "Lungs hidden (the film's mean grey)", _hidden),
    View("smoothed", "Lungs blurred", _smoothed),
    View("alone", "Lungs alone", _alone),
)


@dataclass(frozen=True, slots=True)
class Probed:
    """What a network reads of one view, over films.

    Attributes:
        model: name of the checkpoint.
        weights_sha256: of its weights.
        view: key in VIEWS.
        films: over how many.
        accuracy: share of films read right, 0…1.
        low, high: its 95 % interval, from a bootstrap of patients.
        merged: the same for the merged classes (normal or not, COVID-19 or not); NaN where there are none.
        merged_low, merged_high: its 95 % interval.
        commonest: share of films of the class that is most frequent: what always saying it gives.
    """

    model: str
    weights_sha256: str
    view: str
    films: int
    accuracy: float
    low: float
    high: float
    merged: float
    merged_low: float
    merged_high: float
    commonest: float


def seen(view: View, square: Square, fields: LungFields, window: Window = WHOLE) -> Square:
    """A film as one view shows it.

    Args:
        view: which.
        square: float32 ``[S, S]`` in 0…1, the film squeezed to a square, or a square cut out of it.
        fields: of that film.
        window: which part of it the square is.
    """
    height, width = square.shape
    return view.shows(square, fields.mask(width, height, window)).astype(np.float32)


def probed(classifier: Classifier, view: View, films: Sequence[Film], decided: NDArray[np.int64]) -> Probed:
    """What the answers come to.

    Args:
        classifier: who answered.
        view: about what.
        films: N films.
        decided: positions of the classes read, int64 ``[N]``.
    """
    card, task = classifier.checkpoint.card, classifier.checkpoint.task
    truth = np.array([card.classes.index(film.label) for film in films])
    patients = [film.patient for film in films]
    group = np.array(task.merged_places)
    return Probed(
        classifier.name,
        card.weights_sha256,
        view.name,
        len(films),
        *of_share(decided == truth, patients),
        *(of_share(group[decided] == group[truth], patients) if task.coarser else (math.nan,) * 3),
        float(np.bincount(truth).max() / len(truth)),
    )


def in_words(rows: Sequence[Probed]) -> str:
    """What the probe says of one network, in a sentence."""
    by_view = {row.view: row for row in rows}
    whole, hidden, alone = (by_view[name] for name in ("whole", "hidden", "alone"))
    return (
        f"Read right: {percent(whole.accuracy, 1)} of {whole.films} whole films, {percent(hidden.accuracy, 1)} with "
        f"the lungs hidden, {percent(alone.accuracy, 1)} of the lungs alone; always saying the commonest class gives "
        f"{percent(whole.commonest, 1)}."
    )
