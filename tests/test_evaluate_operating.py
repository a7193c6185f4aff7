"""Thresholds: what they give, how presets choose, and the file that carries one to the command line."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics as sk

from core.errors import DataError, UnknownNameError
from core.evaluate import (
    PRESETS,
    OperatingPoint,
    Predictions,
    measure,
    one_against_rest,
    operating_point,
    predictive_values,
)
from core.words import DISCLAIMER
from tests.tables import table

SHA = "a" * 64


def point(given: Predictions | None = None, positive: str = "PNEUMONIA", threshold: float = 0.5) -> OperatingPoint:
    return operating_point(
        given or table(),
        positive,
        threshold,
        model="pneumonia-resnet18",
        weights_sha256=SHA,
        task="pneumonia",
        split="test",
        draws=200,
    )


@pytest.mark.parametrize("positive", ["VIRUS", "NORMAL", "PNEUMONIA"])
@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.5, 1.0])
def test_counts_are_scikit_learns(positive: str, threshold: float) -> None:
    given = table()
    truth, score = one_against_rest(given, positive)
    said = score >= threshold
    found = measure(given, positive, threshold)
    np.testing.assert_array_equal(found.matrix, sk.confusion_matrix(truth, said, labels=[False, True]))
    assert found.accuracy == pytest.approx(sk.accuracy_score(truth, said), abs=1e-12)
    assert found.sensitivity == pytest.approx(sk.recall_score(truth, said, zero_division=0), abs=1e-12)
    assert found.specificity == pytest.approx(sk.recall_score(~truth, ~said, zero_division=0), abs=1e-12)
    assert found.n == len(given)


def test_the_merged_class_is_the_sum_of_its_members() -> None:
    given = table()
    truth, score = one_against_rest(given, "PNEUMONIA")
    np.testing.assert_array_equal(truth, given.labels != 0)
    np.testing.assert_allclose(score, 1 - given.probabilities[:, 0])


@pytest.mark.parametrize("positive", ["VIRUS", "PNEUMONIA"])
@pytest.mark.parametrize("digits", [1, 2, 6])
def test_presets_choose_the_best_of_all_thresholds(positive: str, digits: int) -> None:
    given = table(digits=digits)
    _, score = one_against_rest(given, positive)
    every = [measure(given, positive, t) for t in (*np.unique(score), np.nextafter(1, 2))]
    youden = measure(given, positive, PRESETS["youden"].choose(given, positive))
    assert youden.sensitivity + youden.specificity == pytest.approx(max(m.sensitivity + m.specificity for m in every))
    specific = measure(given, positive, PRESETS["specificity_90"].choose(given, positive))
    assert specific.specificity >= 0.9
    assert specific.sensitivity == max(m.sensitivity for m in every if m.specificity >= 0.9)
    sensitive = measure(given, positive, PRESETS["sensitivity_95"].choose(given, positive))
    assert sensitive.sensitivity >= 0.95
    assert sensitive.specificity == max(m.specificity for m in every if m.sensitivity >= 0.95)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_rounding_moves_no_film_across_a_preset(preset: str) -> None:
    given = table(digits=4)
    threshold = PRESETS[preset].choose(given, "VIRUS")
    assert np.abs(given.probabilities[:, 2] - threshold).min() > 1e-5
    assert 0 <= threshold <= 1


def test_presets_say_what_they_cannot_do() -> None:
    for preset in PRESETS.values():
        with pytest.raises(DataError, match="needs films of it and films of others"):
            preset.choose(table(absent=(2,)), "VIRUS")
    sure = table()
    sure = Predictions(sure.classes, sure.files, sure.patients, sure.labels, np.eye(3)[np.full(len(sure), 2)])
    with pytest.raises(DataError, match="No threshold reaches a specificity of 90 %"):
        PRESETS["specificity_90"].choose(sure, "VIRUS")
    assert measure(sure, "VIRUS", PRESETS["sensitivity_95"].choose(sure, "VIRUS")).sensitivity == 1


def test_predictive_values_are_those_of_bayes() -> None:
    # Of 1000 people 100 are ill: 90 found, 10 missed, 180 alarms, 720 passed.
    assert predictive_values(0.9, 0.8, 0.1) == pytest.approx((90 / 270, 720 / 730))
    given = table()
    found = measure(given, "VIRUS", 0.4)
    ppv, npv = predictive_values(found.sensitivity, found.specificity, (found.tp + found.fn) / found.n)
    assert ppv == pytest.approx(found.tp / (found.tp + found.fp))
    assert npv == pytest.approx(found.tn / (found.tn + found.fn))
    assert np.isnan(predictive_values(0, 1, 0.3)[0])
    assert np.isnan(predictive_values(1, 0, 0.3)[1])
    with pytest.raises(DataError, match="prevalence must lie between 0 and 1, not at 12"):
        predictive_values(0.9, 0.8, 12)
    with pytest.raises(DataError, match="sensitivity"):
        predictive_values(float("nan"), 0.8, 0.1)


def test_a_point_survives_its_file_and_decides() -> None:
    given = table()
    made = point(given)
    assert OperatingPoint.from_json(made.to_json()) == made
    assert json.loads(made.to_json())["notice"] == DISCLAIMER
    older = {name: value for name, value in json.loads(made.to_json()).items() if name != "notice"}
    assert OperatingPoint.from_json(json.dumps(older)) == made  # of the time before there was one
    found = measure(given, "PNEUMONIA", 0.5)
    assert made.sensitivity.value == pytest.approx(found.sensitivity)
    assert made.specificity.low <= made.specificity.value == pytest.approx(found.specificity)
    assert made.decide({"NORMAL": 0.5, "BACTERIA": 0.25, "VIRUS": 0.25}) == "PNEUMONIA"
    assert made.decide({"NORMAL": 0.6, "BACTERIA": 0.25, "VIRUS": 0.15}) == "not PNEUMONIA"
    assert point(positive="VIRUS").score({"NORMAL": 0.6, "BACTERIA": 0.25, "VIRUS": 0.15}) == 0.15


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"threshold": 1.5}, "threshold: Input should be less than or equal to 1"),
        ({"threshold": "0.5"}, "threshold: Input should be a valid number"),
        ({"positive": "FLU"}, "There is no class called 'FLU'"),
        ({"task": "flu"}, "There is no task called 'flu'"),
        ({"weights_sha256": "abc"}, "weights_sha256: String should match"),
        ({"sensitivity": {"value": 0.5, "low": 0.6, "high": 0.7}}, "sensitivity: Value error, an interval must hold"),
        ({"colour": "red"}, "colour: Extra inputs"),
        ({"n": None}, "n: Input should be a valid integer"),
    ],
)
def test_another_file_is_refused_by_field(change: dict[str, object], says: str) -> None:
    text = json.dumps(json.loads(point().to_json()) | change)
    with pytest.raises(DataError, match=says):
        OperatingPoint.from_json(text)


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(DataError, match="This is no operating point: the file"):
        OperatingPoint.from_json("threshold = 0.5")


def test_a_point_needs_both_kinds_of_films() -> None:
    with pytest.raises(DataError, match="needs films of it"):
        point(table(absent=(2,)), "VIRUS")
    with pytest.raises(UnknownNameError):
        point(positive="FLU")


def test_a_point_that_makes_no_error_is_not_certain() -> None:
    given = table(20)
    labels = np.arange(20) % 2
    sure = replace(given, patients=given.files, labels=labels, probabilities=np.eye(3)[labels])
    found = point(sure, "BACTERIA")
    assert (found.sensitivity.low, found.sensitivity.high) == pytest.approx((10 / 13.841459, 1), abs=1e-5)
    assert found.specificity == found.sensitivity
