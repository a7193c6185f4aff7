"""How well one number of a film tells its class: what a network could learn instead of the disease.

A network that sees more air around the children of one class, or films of another machine, need not look at a lung.
The area under the ROC curve of brightness alone says how much of the answer lies there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.checkpoint import Interval
from core.dataset.census import Census
from core.table import Table
from core.wilson import wilson_ends

Array = NDArray[np.float64]

WORTH_KNOWING: Final = 0.6
"""AUROC from which on a shortcut is warned of; .5 is a coin."""

_NORMAL: Final = 1.959963984540054  # 97.5 % point of the normal distribution
_ROUNDING: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Trait:
    """One number of a film that has nothing to do with disease.

    Attributes:
        name: key in TRAITS.
        title: on screen.
        unit: of its values; "" for a plain number.
        columns: of an index, from which it is worked out.
        low, high: how a film with a small and with a large value is called.
    """

    name: str
    title: str
    unit: str
    columns: tuple[str, ...]
    low: str
    high: str

    def values(self, census: Census) -> Array:
        """Value of each film, float64 ``[N]``, NaN where not known."""
        first, *more = (census.rows[column].to_numpy(np.float64) for column in self.columns)
        return first / more[0] if more else first


TRAITS: Final[Table[Trait]] = Table(
    "trait",
    Trait("brightness", "Brightness (mean grey)", "0 to 1", ("brightness",), "darker", "brighter"),
    Trait("contrast", "Contrast (deviation of grey)", "0 to 0.5", ("contrast",), "flatter", "richer in contrast"),
    Trait("dark", "Dark end (5th percentile)", "0 to 1", ("dark",), "darker at that end", "lighter at that end"),
    Trait("bright", "Bright end (95th percentile)", "0 to 1", ("bright",), "darker at that end", "lighter at that end"),
    Trait("width", "Width", "pixels", ("width",), "narrower", "wider"),
    Trait("height", "Height", "pixels", ("height",), "lower", "higher"),
    Trait("aspect", "Aspect ratio (width / height)", "", ("width", "height"), "more upright", "more oblong"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shortcut:
    """How well a trait alone tells a class from all others.

    Attributes:
        trait: key in TRAITS.
        label: the class.
        auroc: 0.5 (not at all) … 1 (without error), whichever end is the class's; with a 95 % interval.
        above: whether films of the class lie at the high end.
        films: how many were compared.
    """

    trait: str
    label: str
    auroc: Interval
    above: bool
    films: int

    @property
    def warns(self) -> bool:
        """Whether it is worth knowing: the whole interval lies above .5, and the figure is large enough to matter."""
        return self.auroc.value >= WORTH_KNOWING and self.auroc.low > 0.5  # noqa: PLR2004 - a coin


def shortcuts(census: Census) -> tuple[Shortcut, ...]:
    """Every trait that is known and not the same for all films, against every class; strongest first."""
    found = []
    for trait in TRAITS.values():
        values = trait.values(census)
        known = ~np.isnan(values)
        if not known.any() or np.ptp(values[known]) == 0:
            continue
        rank, person, labels = _numbered(values[known]), _people(census.patients[known]), census.labels[known]
        for place, label in enumerate(census.classes):
            truth = labels == place
            if truth.all() or not truth.any():
                continue
            value, error = clustered_auroc(rank, truth, person)
            above = value >= 0.5  # noqa: PLR2004 - a coin
            value = value if above else 1 - value
            low, high = max(value - _NORMAL * error, 0.0), min(value + _NORMAL * error, 1.0)
            if error < _ROUNDING:  # nothing overlaps, or there is one patient: see core.evaluate.alike
                fewer = min(len(np.unique(person[kind])) for kind in (truth, ~truth))
                low, high = wilson_ends(value, fewer)
            auroc = Interval(value=value, low=low, high=high)
            found.append(Shortcut(trait.name, label, auroc, above, len(truth)))
    return tuple(sorted(found, key=lambda shortcut: -shortcut.auroc.value))


def _numbered(values: Array) -> NDArray[np.int64]:
    """Equal values → equal numbers from 0, larger values → larger ones."""
    return np.unique(values, return_inverse=True)[1].astype(np.int64)


def _people(patients: NDArray[np.int64]) -> NDArray[np.int64]:
    """Patients numbered from 0; those of -1 one by one."""
    alone = patients < 0
    person = np.where(alone, patients.max(initial=-1) + np.cumsum(alone), patients)
    return np.unique(person, return_inverse=True)[1].astype(np.int64)


def clustered_auroc(
    rank: NDArray[np.int64], truth: NDArray[np.bool_], person: NDArray[np.int64]
) -> tuple[float, float]:
    """Area under the ROC curve and its standard error, films of one patient taken together.

    Obuchowski 1997, "Nonparametric analysis of clustered ROC curve data", doi 10.2307/2533958: exact placements, no
    bootstrap, so a hundred thousand films take a moment.

    Args:
        rank: of each film's score, int64 ``[N]`` from 0; equal scores have one rank.
        truth: bool ``[N]``, both values present.
        person: number of its patient, int64 ``[N]`` from 0.

    Returns:
        Area in 0…1 (ties count half) and standard error, 0 where there are too few patients to tell.
    """
    size, count = int(rank.max()) + 1, int(person.max()) + 1
    positive, negative = np.bincount(rank[truth], minlength=size), np.bincount(rank[~truth], minlength=size)
    m, n = int(positive.sum()), int(negative.sum())
    # For each film, the share of films of the other kind that it beats, or is beaten by; ties count half.
    beats = (np.cumsum(negative) - negative / 2) / n
    beaten = 1 - (np.cumsum(positive) - positive / 2) / m
    placed = np.where(truth, beats[rank], beaten[rank])
    area = float(placed[truth].mean())
    # Sums over each patient's films of (placement - area), for films of the class and for the others, [patients].
    off = placed - area
    with_class, without = np.bincount(person, off * truth, count), np.bincount(person, off * ~truth, count)
    some, others = (int((np.bincount(person[kind], minlength=count) > 0).sum()) for kind in (truth, ~truth))
    if some < 2 or others < 2:  # noqa: PLR2004 - one patient has no spread
        return area, 0.0
    variance = (
        some / (some - 1) * (with_class**2).sum() / m**2
        + others / (others - 1) * (without**2).sum() / n**2
        + 2 * count / (count - 1) * (with_class * without).sum() / (m * n)
    )
    return area, float(np.sqrt(max(variance, 0.0)))
