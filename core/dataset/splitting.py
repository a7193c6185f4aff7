"""Splits drawn by patient, for data that have none and for validation: nobody is ever on both sides."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.dataset.folder import Film
from core.errors import DataError

_SEED = 2020


@dataclass(frozen=True, slots=True)
class Fold:
    """Which films are the test split of data that have none: one of several equal parts of the patients.

    Attributes:
        fold: which part, from 1.
        folds: how many parts.
        seed: of the draw. The same for every run, whatever else is random in it: networks are compared on the same
            films.
    """

    fold: int = 1
    folds: int = 5
    seed: int = _SEED

    def __post_init__(self) -> None:
        if not 1 <= self.fold <= self.folds or self.folds < 2:  # noqa: PLR2004
            raise DataError(
                f"There is no fold {self.fold} of {self.folds}. Give K/N with N of 2 or more and K from 1 to N."
            )

    def __str__(self) -> str:
        return f"fold {self.fold} of {self.folds}, drawn by patient within each class (seed {self.seed})"


def parse_fold(text: str) -> Fold:
    """``"2/5"`` → the second of five folds.

    Raises:
        DataError: the text does not say that.
    """
    found = re.fullmatch(r"\s*(\d+)\s*/\s*(\d+)\s*", text)
    if not found:
        raise DataError(f"{text!r} is no fold. Write K/N, e.g. 1/5 for the first of five.")
    return Fold(int(found[1]), int(found[2]))


def fold_of(recipe: Mapping[str, Any]) -> Fold | None:
    """The fold that a card's recipe names; ``None`` where the data had a test split of their own.

    Raises:
        DataError: the card names something else.
    """
    said = recipe.get("fold")
    if said is None:
        return None
    try:
        return Fold(**said)
    except TypeError as error:
        raise DataError(f"The card names a fold that is none: {said!r}. Take the card as it was written.") from error


def has_splits(films: Sequence[Film]) -> bool:
    """Whether the folder itself says which films are for what."""
    return any(film.split for film in films)


def draw(films: Sequence[Film], fold: Fold) -> list[Film]:
    """The same films, ``fold`` of the patients of every class as "test", all others as "train".

    Every patient is in the test split of exactly one fold. Where a patient has films of several classes, the first
    class counts.

    Args:
        films: none of them in a split.
        fold: which.
    """
    rng = np.random.default_rng(fold.seed)
    tested: set[str] = set()
    for patients in _by_class(films).values():
        places = rng.permutation(len(patients))
        tested.update(patients[i] for place, i in enumerate(places) if place % fold.folds == fold.fold - 1)
    return [replace(film, split="test" if film.patient in tested else "train") for film in films]


def hold_out(films: Sequence[Film], share: float, seed: int) -> list[Film]:
    """The same films, ``share`` of the patients of every class moved from "train" to "val".

    A patient is never on both sides. Where a patient has films of several classes, the first class counts.
    """
    rng = np.random.default_rng(seed)
    held: set[str] = set()
    for patients in _by_class([film for film in films if film.split == "train"]).values():
        count = max(1, round(share * len(patients)))
        held.update(patients[i] for i in rng.permutation(len(patients))[:count])
    return [_moved(film, held) for film in films]


def with_validation(films: Sequence[Film], share: float, seed: int) -> list[Film]:
    """The same films, some held out for validation unless the folder has some of every class that is learnt.

    Some of a few classes only, such as the 16 of the pneumonia set as it is mostly downloaded, are set aside: nothing
    can be chosen by them.
    """
    if has_validation(films):
        return list(films)
    return hold_out([film for film in films if film.split != "val"], share, seed)


def has_validation(films: Sequence[Film]) -> bool:
    """Whether the folder has validation films of every class that is learnt."""
    labels = {split: {film.label for film in films if film.split == split} for split in ("train", "val")}
    return bool(labels["val"]) and labels["val"] >= labels["train"]


def _moved(film: Film, held: Collection[str]) -> Film:
    return replace(film, split="val") if film.split == "train" and film.patient in held else film


def _by_class(films: Sequence[Film]) -> dict[str, list[str]]:
    """Class → its patients, each once, in the order of the films; classes in the order of the alphabet."""
    first: dict[str, str] = {}
    for film in films:
        first.setdefault(film.patient, film.label)
    return {label: [p for p, of in first.items() if of == label] for label in sorted(set(first.values()))}
