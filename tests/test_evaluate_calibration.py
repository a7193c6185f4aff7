"""Calibration: figures by hand and by scikit-learn, and temperatures that are softmax's own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve

from core.errors import DataError
from core.evaluate import brier, ece, log_loss, methods_text, reliability, tempered
from tests.tables import only, table


@pytest.mark.parametrize("digits", [1, 6])
@pytest.mark.parametrize("kind", ["equal-width", "adaptive"])
def test_bins_are_scikit_learns(digits: int, kind: str) -> None:
    given = table(digits=digits)
    sure, right = given.probabilities.max(axis=1), given.decisions == given.labels
    found = reliability(given, 8, kind)
    strategy = {"equal-width": "uniform", "adaptive": "quantile"}[kind]
    accuracy, confidence = calibration_curve(right, sure, n_bins=8, strategy=strategy)
    held = found.counts > 0
    assert found.counts.sum() == len(given)
    assert len(found.edges) == len(found.counts) + 1
    if kind == "equal-width" or digits == 6:  # quantiles that coincide are one edge here and several there
        np.testing.assert_allclose(found.accuracy[held], accuracy, atol=1e-9)
        np.testing.assert_allclose(found.confidence[held], confidence, atol=1e-9)
    assert np.isnan(found.accuracy[~held]).all()
    assert np.isnan(found.low[~held]).all()
    assert (found.low[held] <= found.accuracy[held]).all()
    assert (found.high[held] >= found.accuracy[held]).all()


def test_adaptive_bins_hold_equal_numbers() -> None:
    found = reliability(table(digits=9), 10, "adaptive")
    assert found.counts.tolist() == [30] * 10


def test_ece_by_hand() -> None:
    given = table(4)
    rows = np.array([[0.85, 0.1, 0.05], [0.9, 0.05, 0.05], [0.35, 0.55, 0.1], [0.5, 0.3, 0.2]])
    given = replace(given, probabilities=rows, labels=np.array([0, 1, 1, 0]))
    # (0.8, 0.9]: two films, half right, mean 0.875; (0.5, 0.6]: one right of one at 0.55; (0.4, 0.5]: one right at 0.5.
    assert ece(given) == pytest.approx((2 * 0.375 + 0.45 + 0.5) / 4)
    assert ece(given, bins=1) == pytest.approx(abs(0.75 - rows.max(axis=1).mean()))


def test_films_of_one_patient_do_not_narrow_the_interval() -> None:
    alone = replace(table(40), patients=tuple(f"p{i}" for i in range(40)))
    copies = only(alone, np.tile(np.arange(40), 10))
    for kind in ("equal-width", "adaptive"):
        one, ten = reliability(alone, 4, kind), reliability(copies, 4, kind)
        held = one.counts > 0
        np.testing.assert_allclose(ten.low[held], one.low[held])
        np.testing.assert_array_equal(ten.counts, 10 * one.counts)


@pytest.mark.parametrize("digits", [1, 6])
def test_scores_are_scikit_learns(digits: int) -> None:
    given = table(digits=digits)
    truth = np.eye(3)[given.labels]
    assert brier(given) == pytest.approx(((given.probabilities - truth) ** 2).sum(axis=1).mean(), abs=1e-12)
    each = [sk.brier_score_loss(truth[:, k], given.probabilities[:, k]) for k in range(3)]
    assert brier(given) == pytest.approx(sum(each), abs=1e-9)
    assert log_loss(given) == pytest.approx(sk.log_loss(given.labels, given.probabilities, labels=[0, 1, 2]), abs=1e-9)


@pytest.mark.parametrize("temperature", [0.01, 0.6, 1.0, 2.5, 100.0])
def test_tempering_is_softmax_of_divided_logits(temperature: float) -> None:
    logits = np.random.default_rng(0).normal(size=(50, 3)) * 4

    def softmax(values: np.ndarray) -> np.ndarray:
        powers = np.exp(values - values.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    given = replace(table(50), probabilities=softmax(logits))
    found = tempered(given, temperature)
    np.testing.assert_allclose(found.probabilities, softmax(logits / temperature), atol=1e-9)
    np.testing.assert_array_equal(found.decisions, given.decisions)
    if 0.5 < temperature < 10:
        np.testing.assert_allclose(tempered(found, 1 / temperature).probabilities, given.probabilities, atol=1e-9)


def test_certain_films_stay_certain() -> None:
    given = replace(table(3), probabilities=np.eye(3))
    np.testing.assert_array_equal(tempered(given, 3).probabilities, np.eye(3))


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan"), float("inf")])
def test_impossible_temperatures_are_refused(temperature: float) -> None:
    with pytest.raises(DataError, match="temperature must be above 0"):
        tempered(table(3), temperature)


def test_a_diagram_needs_films_and_bins() -> None:
    for given, bins in ((table(3), 0), (only(table(3), np.array([], dtype=int)), 10)):
        with pytest.raises(DataError, match="a film and a bin at least"):
            reliability(given, bins)


def test_the_methods_say_what_was_done() -> None:
    given = table()
    says = methods_text(given, split="test", model="pneumonia-vgg16_bn", weights_sha256="b" * 64, temperature=0.7)
    patients = len(set(given.patients))
    for part in ("pneumonia-vgg16_bn", f"300 films of {patients} patients", "test split", "2,000", "b" * 64, "0.700"):
        assert part in says
    other = methods_text(given, split="", model="mine.csv")
    assert "another program" in other
    assert "all films of the set" in other
    assert "sha256" not in other
    assert "temperature" not in other
