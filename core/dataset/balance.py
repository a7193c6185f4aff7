"""How many films and patients each class has in each split, and how unequal that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.dataset.census import Census

ALL: Final = "all"
"""Name of the row that adds up the splits."""

MANY: Final = 10
"""Patients with so many films or more are counted together."""


@dataclass(frozen=True, slots=True, eq=False)
class Balance:
    """Counts of an index.

    Attributes:
        classes: in the index' order; the columns of the arrays below.
        splits: those that have films, "" for films without one; the rows.
        films: int64 ``[S, K]``.
        known: those of them of which the patient is known, int64 ``[S, K]``.
        patients: different patients with films of the class in the split, int64 ``[S, K]``; 0 where none is known.
        most: films of the patient who has most there, int64 ``[S, K]``.
        spread: int64 ``[K, MANY]``: patients of a class who have 1, 2, … films of it; the last column is MANY and more.
        most_in_all: films of the patient who has most of each class over all splits, int64 ``[K]``.
        people: different patients of each class over all splits, int64 ``[K]``.
        everyone: different patients in all.
        several: those of them with more than one film, of whatever class and split.
        busiest: films of the patient who has most.
    """

    classes: tuple[str, ...]
    splits: tuple[str, ...]
    films: NDArray[np.int64]
    known: NDArray[np.int64]
    patients: NDArray[np.int64]
    most: NDArray[np.int64]
    spread: NDArray[np.int64]
    most_in_all: NDArray[np.int64]
    people: NDArray[np.int64]
    everyone: int
    several: int
    busiest: int

    @property
    def shares(self) -> NDArray[np.float64]:
        """Share of each class among the films of its split, float64 ``[S, K]`` in 0…1; 0 in a split without films."""
        return _shares(self.films)


def balance(census: Census) -> Balance:
    """Count an index' films and patients."""
    classes, splits = len(census.classes), len(census.splits)
    cell = census.split_places * classes + census.labels  # [N]: which cell of [S, K]
    films = np.bincount(cell, minlength=splits * classes).reshape(splits, classes)
    known = census.patients >= 0
    person, of_cell, of_class = census.patients[known], cell[known], census.labels[known]
    people = int(person.max()) + 1 if len(person) else 0
    in_cell, each = np.unique(of_cell * people + person, return_counts=True)
    patients = np.bincount(in_cell // max(people, 1), minlength=splits * classes).reshape(splits, classes)
    most = np.zeros(splits * classes, np.int64)
    np.maximum.at(most, in_cell // max(people, 1), each)
    in_class, each = np.unique(of_class * people + person, return_counts=True)
    most_in_all = np.zeros(classes, np.int64)
    np.maximum.at(most_in_all, in_class // max(people, 1), each)
    spread = np.zeros((classes, MANY), np.int64)
    np.add.at(spread, (in_class // max(people, 1), np.minimum(each, MANY) - 1), 1)
    films_each = np.unique(person, return_counts=True)[1]
    return Balance(
        census.classes,
        census.splits,
        films.astype(np.int64),
        np.bincount(of_cell, minlength=splits * classes).reshape(splits, classes).astype(np.int64),
        patients.astype(np.int64),
        most.reshape(splits, classes),
        spread,
        most_in_all,
        spread.sum(axis=1),
        len(films_each),
        int((films_each > 1).sum()),
        int(films_each.max(initial=0)),
    )


def table(found: Balance) -> pd.DataFrame:
    """One row per split and class, and per class over all splits when there are several.

    Returns:
        Columns ``split, class, films, share, patients, films_per_patient, most_films_of_one_patient``; ``share`` in 0…1
        of the split's films; films of a patient are those of known patients; "not known" is NaN.
    """
    splits, films, patients, known, most = found.splits, found.films, found.patients, found.known, found.most
    if len(splits) > 1:
        splits = (*splits, ALL)
        films = np.vstack([films, films.sum(axis=0)])
        known = np.vstack([known, known.sum(axis=0)])
        patients, most = np.vstack([patients, found.people]), np.vstack([most, found.most_in_all])
    made = pd.DataFrame(
        {
            "split": np.repeat(splits, len(found.classes)),
            "class": np.tile(found.classes, len(splits)),
            "films": films.ravel(),
            "share": _shares(films).ravel(),
            "patients": patients.ravel(),
            "films_per_patient": known.ravel(),
            "most_films_of_one_patient": most.ravel(),
        }
    )
    unknown = (made["patients"] == 0) & (made["films"] > 0)
    made["films_per_patient"] /= made["patients"].where(made["patients"] > 0)
    made["patients"] = made["patients"].astype(float).mask(unknown)
    made["most_films_of_one_patient"] = made["most_films_of_one_patient"].astype(float).mask(unknown)
    return made


def _shares(films: NDArray[np.int64]) -> NDArray[np.float64]:
    """Films, ``[S, K]`` → shares of their rows; 0 where a row has none."""
    shares: NDArray[np.float64] = films / np.maximum(films.sum(axis=1, keepdims=True), 1)
    return shares
