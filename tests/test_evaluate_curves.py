"""Curves: scikit-learn's points, and bands that hold the curve and most curves of other samples."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

from core.errors import DataError, UnknownNameError
from core.evaluate import Curve, merged, precision_recall, roc
from tests.tables import TASK, only, table


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("digits", [1, 6])
def test_points_are_scikit_learns(seed: int, digits: int) -> None:
    given = table(seed=seed, digits=digits)
    truth, score = given.labels == 2, given.probabilities[:, 2]
    alarms, hits, thresholds = sk.roc_curve(truth, score, drop_intermediate=False)
    found = roc(given, "VIRUS", draws=20)
    np.testing.assert_allclose(found.x, alarms, atol=1e-12)
    np.testing.assert_allclose(found.y, hits, atol=1e-12)
    np.testing.assert_array_equal(found.threshold, thresholds)
    precision, recall, thresholds = sk.precision_recall_curve(truth, score)
    found = precision_recall(given, "VIRUS", draws=20)
    np.testing.assert_allclose(found.x, recall[::-1], atol=1e-12)
    np.testing.assert_allclose(found.y, precision[::-1], atol=1e-12)
    np.testing.assert_array_equal(found.threshold[1:], thresholds[::-1])


def test_a_coarser_class_is_the_merged_one() -> None:
    given = table()
    a, b = roc(given, "PNEUMONIA", draws=50), roc(merged(given, TASK), "PNEUMONIA", draws=50)
    np.testing.assert_allclose(sk.auc(a.x, a.y), sk.auc(b.x, b.y), atol=1e-9)


@pytest.mark.parametrize("kind", [roc, precision_recall])
@pytest.mark.parametrize("films", [300, 4000])  # every score for itself, and binned
def test_the_band_holds_the_curve(kind: type, films: int) -> None:
    given = table(films, digits=9, patients=films // 2)
    found: Curve = kind(given, "BACTERIA", draws=200)
    at = np.searchsorted(found.x, found.grid)
    line = found.y[at] if kind is precision_recall else np.interp(found.grid, found.x, found.y)
    assert found.low.shape == found.high.shape == found.grid.shape == (101,)
    assert (found.low <= found.high).all()
    assert (found.low >= 0).all()
    assert (found.high <= 1).all()
    inside = slice(2, -2)  # at the very ends many points share one x
    assert (found.low[inside] <= line[inside] + 1e-9).all()
    assert (found.high[inside] >= line[inside] - 1e-9).all()


def test_the_band_is_that_of_the_plain_bootstrap() -> None:
    given = table(400, patients=150)
    found = roc(given, "VIRUS", draws=3000)
    _, person = np.unique(np.array(given.patients), return_inverse=True)
    of_patient = [np.flatnonzero(person == who) for who in range(person.max() + 1)]
    rng = np.random.default_rng(1)
    plain = []
    for _ in range(600):
        chosen = rng.integers(len(of_patient), size=len(of_patient))
        drawn = only(given, np.concatenate([of_patient[who] for who in chosen]))
        alarms, hits, _ = sk.roc_curve(drawn.labels == 2, drawn.probabilities[:, 2], drop_intermediate=False)
        last = np.append(np.diff(alarms) > 0, [True])
        plain.append(np.interp(found.grid, alarms[last], hits[last]))
    low, high = np.percentile(plain, (2.5, 97.5), axis=0)
    assert np.abs(found.low - low).max() < 0.05
    assert np.abs(found.high - high).max() < 0.05


def test_a_curve_needs_both_kinds_of_films() -> None:
    with pytest.raises(DataError, match="A curve for VIRUS needs films of it and films of others"):
        roc(table(absent=(2,)), "VIRUS")
    with pytest.raises(DataError, match="needs films"):
        precision_recall(table(absent=(0, 1)), "VIRUS")
    with pytest.raises(UnknownNameError, match="NORMAL, BACTERIA, VIRUS, PNEUMONIA"):
        roc(table(), "FLU")
