"""CHECKS: what can be wrong with a data set, each a question to its index. None needs a film."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.dataset.census import Census
from core.table import Table

State = Literal["good", "warning", "unknown"]

SHOWN: Final = ("group", "file", "label", "split", "patient")
"""Columns of a finding's films."""


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """What a check found.

    Attributes:
        state: "good" nothing, "warning" something, "unknown" the index does not tell.
        says: it in a sentence.
        films: the films concerned, with the columns SHOWN (``group`` numbers those that belong together, from 1), and
            ``problem`` where that is the point; empty unless "warning".
    """

    state: State
    says: str
    films: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Check:
    """A question to an index.

    Attributes:
        name: key in CHECKS.
        title: on screen.
        matters: why one should care.
        needs: columns without which it cannot be answered; of those with "|" between them, one.
        run: index → finding.
    """

    name: str
    title: str
    matters: str
    needs: tuple[str, ...]
    run: Callable[[Census], Finding]


def examine(census: Census) -> dict[str, Finding]:
    """Every check's finding, in the order of CHECKS."""
    return {check.name: _unknown(check, census) or check.run(census) for check in CHECKS.values()}


def _unknown(check: Check, census: Census) -> Finding | None:
    """That a check cannot be answered, where that is so."""
    for need in check.needs:
        columns = need.split("|")
        if census.given.isdisjoint(columns):
            quoted = " or ".join(f"'{column}'" for column in columns)
            return Finding("unknown", f"The index does not tell: its column {quoted} is missing or empty.", _none())
    return None


def counted_per_class(census: Census) -> bool:
    """Whether the patients' numbers are counted anew in each class and split, as in the public pneumonia set.

    Then equal numbers in two classes are different people, and a patient can be in one class and split only: not
    because that was found, but because nothing else can be told.
    """
    known = census.patients >= 0
    if not known.any() or "split" not in census.given:
        return False
    patient = census.rows["patient"]
    return all(
        bool(patient[at].str.startswith(f"{split}/{label}/").all())
        for s, split in enumerate(census.splits)
        for k, label in enumerate(census.classes)
        if (at := known & (census.split_places == s) & (census.labels == k)).any()
    )


def _none() -> pd.DataFrame:
    return pd.DataFrame({name: [] for name in SHOWN})


def _films(census: Census, chosen: NDArray[np.bool_], group: NDArray[np.int64]) -> pd.DataFrame:
    """The films of ``chosen`` bool ``[N]``, those of one ``group`` int64 ``[N]`` together, groups numbered from 1."""
    rows = census.rows.loc[chosen, list(SHOWN[1:])]
    numbers, _ = pd.factorize(group[chosen])
    rows.insert(0, "group", numbers + 1)
    return rows.sort_values("group", kind="stable").reset_index(drop=True)


def _apart(group: NDArray[np.int64], kind: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Films whose group holds films of several kinds.

    Args:
        group: int64 ``[N]``; films of -1 are in none.
        kind: int64 ``[N]``.

    Returns:
        bool ``[N]``.
    """
    result = np.zeros(len(group), bool)
    if not (group >= 0).any():
        return result
    size = int(group.max()) + 1
    low, high = np.full(size, kind.max(), np.int64), np.full(size, kind.min(), np.int64)
    inside = group >= 0
    np.minimum.at(low, group[inside], kind[inside])
    np.maximum.at(high, group[inside], kind[inside])
    result[inside] = (low != high)[group[inside]]
    return result


def _copies(census: Census) -> NDArray[np.int64]:
    """Number of the group of byte-for-byte copies, int64 ``[N]``; -1 for a film without one."""
    sha256 = census.rows["sha256"]
    again = sha256.duplicated(keep=False).to_numpy(bool) & (sha256 != "").to_numpy(bool)
    group = np.full(len(census), -1, np.int64)
    group[again] = pd.factorize(sha256[again])[0]
    return group


def _near(census: Census) -> NDArray[np.int64]:
    """The groups that the index numbers as near copies, numbered from 0 whatever its numbers are, int64 ``[N]``."""
    twins = census.rows["twins"].to_numpy(np.float64)
    group = np.full(len(census), -1, np.int64)
    inside = ~np.isnan(twins)
    group[inside] = pd.factorize(twins[inside])[0]
    return group


def _twins(census: Census) -> NDArray[np.int64]:
    """Number of the group of near copies, int64 ``[N]``; -1 for a film without one, or with exact copies only."""
    group = _near(census)
    inside = group >= 0
    digests = pd.factorize(census.rows["sha256"])[0].astype(np.int64)
    different = _apart(group, digests) if "sha256" in census.given else inside
    return np.where(different, group, -1).astype(np.int64)


def _any_copies(census: Census) -> NDArray[np.int64]:
    """Exact copies and near copies in one numbering, int64 ``[N]``; -1 for a film without either."""
    near, exact = _near(census), _copies(census)
    return np.where(near >= 0, near, np.where(exact >= 0, exact + near.max(initial=0) + 1, -1)).astype(np.int64)


def _finding(  # noqa: PLR0913 - a sentence has many parts
    census: Census, chosen: NDArray[np.bool_], group: NDArray[np.int64], good: str, bad: str, *, noun: str = "group"
) -> Finding:
    """``bad`` is a sentence with {films} and {groups} in it; ``noun`` is what a group is called there."""
    if not chosen.any():
        return Finding("good", good, _none())
    films = _films(census, chosen, group)
    groups = int(films["group"].max())
    return Finding("warning", bad.format(films=_many(len(films), "film"), groups=_many(groups, noun)), films)


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}{'s' * (count != 1)}"


def _unreadable(census: Census) -> Finding:
    broken = (census.rows["problem"] != "").to_numpy(bool)
    found = _finding(census, broken, np.arange(len(census)), "Every film could be read.", "{films} cannot be read.")
    return Finding(
        found.state,
        found.says,
        found.films.assign(problem=census.rows.loc[broken, "problem"].to_numpy()) if broken.any() else found.films,
    )


def _patients(where: str, kinds_of: Callable[[Census], NDArray[np.int64]]) -> Callable[[Census], Finding]:
    def run(census: Census) -> Finding:
        if counted_per_class(census):
            return Finding("unknown", _PER_CLASS, _none())
        good, bad = f"No patient has films {where}.", f"{{groups}} with films {where}, {{films}} in all."
        return _finding(census, _apart(census.patients, kinds_of(census)), census.patients, good, bad, noun="patient")

    return run


def _two_patients(census: Census) -> Finding:
    group = np.where(census.patients >= 0, _any_copies(census), -1)
    return _finding(
        census,
        _apart(group, census.patients),
        group,
        "No film is there under two patients.",
        "{groups} of copies under the numbers of different patients, {films} in all.",
    )


def _within(kind: str, groups_of: Callable[[Census], NDArray[np.int64]]) -> Callable[[Census], Finding]:
    def run(census: Census) -> Finding:
        group = groups_of(census)
        chosen = (group >= 0) & ~_apart(group, census.split_places)
        good, bad = (
            f"No {kind} within a split.",
            f"{{groups}} of {kind} within one split, {{films}} in all.",
        )
        return _finding(census, chosen, group, good, bad)

    return run


def _across(kind: str, groups_of: Callable[[Census], NDArray[np.int64]]) -> Callable[[Census], Finding]:
    def run(census: Census) -> Finding:
        group = groups_of(census)
        good, bad = f"No {kind} across splits.", f"{{groups}} of {kind} across splits, {{films}} in all."
        return _finding(census, _apart(group, census.split_places), group, good, bad)

    return run


def _two_labels(census: Census) -> Finding:
    group = _any_copies(census)
    return _finding(
        census,
        _apart(group, census.labels),
        group,
        "No film is there twice with two labels.",
        "{groups} of copies with different labels, {films} in all.",
    )


_PER_CLASS: Final = (
    "This cannot be told from the numbers: by its description this set counts patients anew in every class and split, "
    "so person 1 of one class and person 1 of another need not be the same child."
)
_LEAK: Final = "A network tested on what it was trained on looks better than it is."

CHECKS: Final[Table[Check]] = Table(
    "check",
    Check(
        "split_patients",
        "Patients in several splits",
        _LEAK,
        ("patient", "split"),
        _patients("in more than one split", attrgetter("split_places")),
    ),
    Check("copies_across", "Exact copies across splits", _LEAK, ("sha256", "split"), _across("exact copies", _copies)),
    Check("twins_across", "Near copies across splits", _LEAK, ("twins", "split"), _across("near copies", _twins)),
    Check(
        "two_labels",
        "One film with two labels",
        "One of the labels is wrong: no network can be right on both.",
        ("sha256|twins",),
        _two_labels,
    ),
    Check(
        "class_patients",
        "Patients in several classes",
        "Either the disease changed between two films, or a label is wrong; training on one tells of the other.",
        ("patient",),
        _patients("of more than one class", attrgetter("labels")),
    ),
    Check(
        "two_patients",
        "One film under two patients",
        "One child has two numbers: splitting and intervals by patient then keep less apart than they promise.",
        ("patient", "sha256|twins"),
        _two_patients,
    ),
    Check(
        "copies_within",
        "Exact copies within a split",
        "They count twice: in training by weight, in a test by making its intervals too narrow.",
        ("sha256",),
        _within("exact copies", _copies),
    ),
    Check(
        "twins_within",
        "Near copies within a split",
        "As exact copies: the same film saved again, smaller, or with other contrast.",
        ("twins",),
        _within("near copies", _twins),
    ),
    Check(
        "unreadable",
        "Unreadable files",
        "They are left out of training and of every figure.",
        ("problem",),
        _unreadable,
    ),
)
