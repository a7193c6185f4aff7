"""Figures of parts of the films, against counting them by hand."""

from __future__ import annotations

import numpy as np
import pytest

from core.checkpoint import Interval
from core.evaluate.subgroups import SMALL, TERTILES, subgroups
from tests.tables import only, table


def test_groups_are_counted_as_by_hand() -> None:
    found = table(300)
    trait = np.random.default_rng(5).uniform(0, 1, 300)
    groups = {(group.kind, group.name): group for group in subgroups(found, {"brightness": trait}, draws=200)}
    assert len(groups) == 3 + 3
    low = np.flatnonzero(trait <= np.quantile(trait, 1 / 3))
    part, group = only(found, low), groups["brightness", TERTILES[0]]
    right = part.decisions == part.labels
    assert (group.films, group.patients) == (len(part), len(set(part.patients)))
    assert group.accuracy.value == pytest.approx(right.mean())
    assert group.recall.value == pytest.approx(np.mean([right[part.labels == k].mean() for k in range(3)]))
    assert group.ends == (trait.min(), trait[low].max())
    assert group.accuracy.low < group.accuracy.value < group.accuracy.high
    for place, name in enumerate(found.classes):
        rows = found.labels == place
        assert groups["class", name].accuracy.value == pytest.approx((found.decisions == found.labels)[rows].mean())
        assert groups["class", name].recall == groups["class", name].accuracy
    assert sum(groups["brightness", name].films for name in TERTILES) == 300


def test_intervals_keep_patients_together() -> None:
    """A hundred films of ten patients tell less than a hundred of a hundred."""
    few, many = (subgroups(table(600, patients=patients), {}, draws=300)[0].accuracy for patients in (10, 100_000))
    assert few.high - few.low > 0
    assert many.high - many.low > 0
    repeated = only(table(100, patients=100_000), np.repeat(np.arange(100), 6))
    spread = subgroups(repeated, {}, draws=300)[0].accuracy
    single = subgroups(table(100, patients=100_000), {}, draws=300)[0].accuracy
    assert spread.high - spread.low == pytest.approx(single.high - single.low, abs=0.08)


def test_a_group_read_wholly_right_is_not_certain() -> None:
    random = table(300)
    found = only(random, np.flatnonzero(random.decisions == random.labels))
    for place, group in enumerate(subgroups(found, {}, draws=50)):
        count = len({p for p, label in zip(found.patients, found.labels, strict=True) if label == place})
        assert group.accuracy == group.recall == Interval.of_share(1.0, count)
    groups = subgroups(found, {"brightness": np.arange(len(found)).astype(float)}, draws=50)
    for group in groups[3:]:
        assert group.recall.low < group.accuracy.low < group.accuracy.value == 1


def test_small_groups_are_marked_and_empty_ones_left_out() -> None:
    small = table(60, patients=20, absent=(1,))
    groups = subgroups(small, {"size": np.full(60, 224.0), "gap": np.full(60, np.nan)}, draws=20)
    assert [group.name for group in groups] == [small.classes[0], small.classes[2]]  # one size makes no thirds
    assert all(group.small and group.patients < SMALL for group in groups)


def test_films_without_the_trait_are_in_no_group() -> None:
    found = table(90)
    trait = np.linspace(0, 1, 90)
    trait[:30] = np.nan
    groups = [group for group in subgroups(found, {"contrast": trait}, draws=20) if group.kind == "contrast"]
    assert [group.films for group in groups] == [20, 20, 20]
