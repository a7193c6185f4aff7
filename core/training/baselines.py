"""BASELINES: what a film gives away to a plain classifier that sees no lungs. A network may have learnt just that.

Each is a logistic regression, fitted to the training films and judged on the test films as the network is. Where the
frame of a film alone tells its class, the classes come from other machines, wards or hospitals (Maguolo & Nanni 2021,
"A critic evaluation of methods for COVID-19 automatic detection from X-ray images", doi 10.1016/j.inffus.2021.04.008).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.checkpoint import Interval
from core.evaluate import Predictions, figures
from core.table import Table
from core.tasks import Task
from core.training.data import Films

Images = NDArray[np.uint8]
Features = NDArray[np.float64]

_CELLS: Final = 32
_FRAME: Final = _CELLS // 8
_COARSE: Final = 8
_GREYS: Final = 32
_STRENGTH: Final = 0.01
"""Of the data against the penalty, scikit-learn's C: no choice is made, so none can be made on the test films."""

KEPT: Final[tuple[str, ...]] = ("accuracy", "merged_accuracy", "merged_auroc", "recall.macro")
"""Which figures go on the card."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """A view of a film in which no lung can be read.

    Attributes:
        name: key in BASELINES and on cards.
        sees: what it sees, in words.
        features: films, uint8 ``[N, S, S]`` → float64 ``[N, F]``.
    """

    name: str
    sees: str
    features: Callable[[Images], Features]


def _cells(images: Images, side: int) -> Features:
    """Mean grey of ``side`` x ``side`` cells, 0…1, ``[N, side, side]``; what is left over at the far ends is cut."""
    size = images.shape[1] // side
    cut = images[:, : side * size, : side * size].reshape(len(images), side, size, side, size)
    found: Features = cut.mean(axis=(2, 4)) / 255
    return found


def _border(images: Images) -> Features:
    inner = np.zeros((_CELLS, _CELLS), dtype=bool)
    inner[_FRAME:-_FRAME, _FRAME:-_FRAME] = True
    return _cells(images, _CELLS)[:, ~inner]


def _blurred(images: Images) -> Features:
    return _cells(images, _COARSE).reshape(len(images), -1)


def _greys(images: Images) -> Features:
    return np.stack([np.bincount(image.ravel() // (256 // _GREYS), minlength=_GREYS) / image.size for image in images])


BASELINES: Final[Table[Baseline]] = Table(
    "baseline",
    Baseline("border", "the outer eighth of the film", _border),
    Baseline("blurred", f"the film blurred to {_COARSE} x {_COARSE} squares", _blurred),
    Baseline("greys", "how common each grey is, not where", _greys),
)


def judged(films: Films, task: Task) -> Mapping[str, Mapping[str, Interval]]:
    """How well each baseline does on the test films.

    Args:
        films: of all splits, decoded.
        task: whose classes they have.

    Returns:
        Baseline → figure, one of :data:`KEPT` → value with its 95 % interval.
    """
    train, test = films.where("train"), films.where("test")
    found: dict[str, dict[str, Interval]] = {}
    for baseline in BASELINES.values():
        said = fitted(baseline.features(train.images), train.labels, baseline.features(test.images))
        all_figures = figures(Predictions.of(task.classes, test.films, said), task)
        found[baseline.name] = {name: all_figures[name] for name in KEPT if name in all_figures}
    return found


def fitted(train: Features, labels: NDArray[np.int64], test: Features) -> Features:
    """Probabilities ``[N, K]`` of other films by a logistic regression; every class has a training film."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(C=_STRENGTH, class_weight="balanced", max_iter=2000))
    found: Features = model.fit(train, labels).predict_proba(test)
    return found
