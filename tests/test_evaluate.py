"""Figures: the same as scikit-learn's, and intervals that respect patients."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics as sk

from core.errors import DataError
from core.evaluate import (
    AREAS,
    METRICS,
    Predictions,
    bootstrap,
    classes_behind,
    confusion,
    confusion_matrix,
    figures,
    merged,
    merged_decisions,
    shares,
    undefined,
)
from core.evaluate.bootstrap import Kinds, by_score, tallies
from core.tasks import TASKS
from tests.tables import TASK, only, table

RANDOM = [
    table(seed=0),
    table(seed=1, digits=6),
    table(seed=2, digits=1),  # hardly a score that is not shared
    table(count=7, seed=3),
    table(seed=4, absent=(2,)),
    table(seed=5, absent=(0, 1)),
    table(count=40, seed=6, patients=1),
    table(count=1, seed=7),
]


@pytest.mark.parametrize("given", RANDOM)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
def test_figures_agree_with_scikit_learn(given: Predictions) -> None:
    found = figures(given, TASK, draws=20)
    truth, decided = given.labels, given.decisions
    assert found["accuracy"].value == pytest.approx(sk.accuracy_score(truth, decided), abs=1e-9)
    expected: dict[str, float] = {}
    areas: dict[str, dict[int, float]] = {name: {} for name in AREAS}
    for place, name in enumerate(given.classes):
        mine, said, score = truth == place, decided == place, given.probabilities[:, place]
        expected[f"specificity.{name}"] = sk.recall_score(~mine, ~said, zero_division=np.nan)
        if mine.any():
            expected |= {
                f"recall.{name}": sk.recall_score(mine, said),
                f"precision.{name}": sk.precision_score(mine, said, zero_division=np.nan),
                f"f1.{name}": sk.f1_score(mine, said),
            }
        if mine.any() and not mine.all():
            areas["auroc"][place] = sk.roc_auc_score(mine, score)
            areas["auprc"][place] = sk.average_precision_score(mine, score)
    labels = np.unique(truth).tolist()  # those of which there are films
    for mean in ("macro", "weighted"):
        expected |= {
            f"recall.{mean}": sk.recall_score(truth, decided, labels=labels, average=mean),
            f"precision.{mean}": sk.precision_score(truth, decided, labels=labels, average=mean, zero_division=np.nan),
            f"f1.{mean}": sk.f1_score(truth, decided, labels=labels, average=mean),
        }
    support = np.bincount(truth, minlength=3)
    every = np.array([expected[f"specificity.{name}"] for name in given.classes])
    held = ~np.isnan(every)
    expected["specificity.macro"] = every[held].mean()
    if support[held].any():
        expected["specificity.weighted"] = np.average(every[held], weights=support[held])
    expected = {name: value for name, value in expected.items() if not np.isnan(value)}
    for name, each in areas.items():
        expected |= {f"{name}.{given.classes[place]}": value for place, value in each.items()}
        if each:
            expected[f"{name}.macro"] = np.mean(list(each.values()))
            expected[f"{name}.weighted"] = np.average(list(each.values()), weights=support[list(each)])
    merged_keys = {name for name in found if name.startswith("merged_")}
    assert set(found) == {"accuracy", *expected} | merged_keys, "what is not defined is left out, and nothing else is"
    assert {"merged_sensitivity", "merged_specificity"} - merged_keys == {
        name for name, held in (("merged_sensitivity", truth > 0), ("merged_specificity", truth == 0)) if not held.any()
    }
    for name, value in expected.items():
        assert found[name].value == pytest.approx(value, abs=1e-9), name


@pytest.mark.parametrize("seed", range(3))
def test_means_of_areas_are_scikit_learns(seed: int) -> None:
    given = table(seed=seed)
    found = figures(given, TASK, draws=20)
    each = np.eye(3)[given.labels]
    for mean in ("macro", "weighted"):
        auroc = sk.roc_auc_score(given.labels, given.probabilities, multi_class="ovr", average=mean)
        assert found[f"auroc.{mean}"].value == pytest.approx(auroc, abs=1e-9)
        auprc = sk.average_precision_score(each, given.probabilities, average=mean)
        assert found[f"auprc.{mean}"].value == pytest.approx(auprc, abs=1e-9)
    two = merged(given, TASK)
    assert found["merged_auroc"].value == pytest.approx(sk.roc_auc_score(two.labels, two.probabilities[:, 1]), abs=1e-9)


def test_values_are_exact_where_intervals_are_binned() -> None:
    given = table(count=6000, digits=9, patients=2500)
    assert len(np.unique(given.probabilities[:, 0])) > bootstrap.EXACT
    found = figures(given, TASK, draws=20)
    for place, name in enumerate(given.classes):
        truth, score = given.labels == place, given.probabilities[:, place]
        assert found[f"auroc.{name}"].value == pytest.approx(sk.roc_auc_score(truth, score), abs=1e-9)
        assert found[f"auprc.{name}"].value == pytest.approx(sk.average_precision_score(truth, score), abs=1e-9)


@pytest.mark.parametrize("area", AREAS)
def test_binning_hardly_moves_an_interval(area: str) -> None:
    """In the very same draws."""
    given = table(count=6000, digits=9, patients=2500)
    truth, score = given.labels == 2, given.probabilities[:, 2]
    ways = {"exact": by_score(score, truth, exact=True), "binned": by_score(score, truth)}
    drawn = tallies(given.patients, ways, draws=300)
    compute = AREAS[area].compute
    value = {name: compute(kinds.once()[:, 1::2], kinds.once()[:, ::2])[0] for name, kinds in ways.items()}
    ends = {
        name: np.percentile(compute(tally[:, 1::2], tally[:, ::2]) - value[name], (2.5, 97.5))
        for name, tally in drawn.items()
    }
    width = ends["exact"][1] - ends["exact"][0]
    assert np.abs(ends["exact"] - ends["binned"]).max() < width / 50
    assert value["binned"] == pytest.approx(value["exact"], abs=5e-3)


def test_confusion_is_scikit_learns_and_shares_add_up() -> None:
    given = table(seed=4, absent=(2,))
    matrix = confusion_matrix(given)
    np.testing.assert_array_equal(matrix, sk.confusion_matrix(given.labels, given.decisions, labels=[0, 1, 2]))
    np.testing.assert_array_equal(matrix, confusion(given.labels, given.decisions, 3))
    np.testing.assert_array_equal(shares(matrix, "count"), matrix)
    assert shares(matrix, "true").sum(axis=1).tolist() == pytest.approx([1, 1, np.nan], nan_ok=True)  # no film
    np.testing.assert_allclose(shares(matrix, "read")[:, 0], matrix[:, 0] / matrix[:, 0].sum())


def test_the_merged_matrix_is_the_full_one_added_up() -> None:
    given = table()
    full = confusion_matrix(given)
    two = confusion(merged(given, TASK).labels, merged_decisions(given, TASK), 2)
    assert two.tolist() == [
        [full[0, 0], full[0, 1:].sum()],
        [full[1:, 0].sum(), full[1:, 1:].sum()],
    ]
    found = figures(given, TASK, draws=20)
    assert found["merged_accuracy"].value == pytest.approx(np.trace(two) / two.sum())
    assert found["merged_sensitivity"].value == pytest.approx(two[1, 1] / two[1].sum())
    assert found["merged_specificity"].value == pytest.approx(two[0, 0] / two[0].sum())


def test_films_of_one_patient_are_drawn_together() -> None:
    kinds = Kinds(np.arange(5), 5)  # every film is a kind of its own, so that a tally is how often it was drawn
    drawn = tallies(("a", "b", "a", "c", "b"), {"film": kinds}, 500, 0)["film"]
    assert (drawn[:, 0] == drawn[:, 2]).all()
    assert (drawn[:, 1] == drawn[:, 4]).all()
    assert drawn[:, [0, 1, 3]].sum(axis=1).tolist() == [3] * 500


def test_all_ways_of_sorting_see_the_same_draws() -> None:
    given = table()
    right = Kinds((given.decisions == given.labels).astype(np.int64), 2)
    cells = Kinds(given.labels * 3 + given.decisions, 9)
    drawn = tallies(given.patients, {"right": right, "cells": cells}, 100, 3)
    np.testing.assert_array_equal(drawn["right"][:, 1], drawn["cells"][:, [0, 4, 8]].sum(axis=1))
    np.testing.assert_array_equal(
        drawn["right"], tallies(given.patients, {"right": right, "cells": cells}, 100, 3)["right"]
    )


@pytest.mark.parametrize("patients", [8, 60, 10**9])
@pytest.mark.parametrize("dear", [0, 10**9], ids=["by type", "one by one"])
def test_types_of_patients_are_drawn_as_patients_are(patients: int, dear: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plain bootstrap, patient by patient, has the same mean, spread and quantiles."""
    monkeypatch.setattr(bootstrap, "_DEAR", dear)
    given = table(count=200, patients=patients)
    right = given.decisions == given.labels
    kinds = {"right": Kinds(right.astype(np.int64), 2)}
    drawn = tallies(given.patients, kinds, 20_000, 1)["right"]
    found = drawn[:, 1] / drawn.sum(axis=1)
    _, person = np.unique(np.array(given.patients), return_inverse=True)
    count = person.max() + 1
    rng = np.random.default_rng(2)
    films, hits = np.bincount(person), np.bincount(person, right)
    chosen = rng.integers(count, size=(20_000, count))
    plain = hits[chosen].sum(axis=1) / films[chosen].sum(axis=1)
    spread = plain.std()
    assert found.mean() == pytest.approx(plain.mean(), abs=spread / 20)
    assert found.std() == pytest.approx(spread, rel=0.03)
    quantiles = (0.025, 0.1, 0.5, 0.9, 0.975)
    np.testing.assert_allclose(np.quantile(found, quantiles), np.quantile(plain, quantiles), atol=spread / 8)


def test_intervals_are_the_percentiles_of_the_plain_bootstrap() -> None:
    given = table(count=400, patients=150)
    found = figures(given, TASK, draws=4000)
    _, person = np.unique(np.array(given.patients), return_inverse=True)
    of_patient = [np.flatnonzero(person == who) for who in range(person.max() + 1)]
    rng = np.random.default_rng(5)
    plain: dict[str, list[float]] = {"f1.VIRUS": [], "auroc.VIRUS": [], "auprc.VIRUS": []}
    for _ in range(600):
        drawn = only(
            given, np.concatenate([of_patient[who] for who in rng.integers(len(of_patient), size=len(of_patient))])
        )
        truth, score = drawn.labels == 2, drawn.probabilities[:, 2]
        plain["f1.VIRUS"].append(float(sk.f1_score(truth, drawn.decisions == 2)))
        plain["auroc.VIRUS"].append(float(sk.roc_auc_score(truth, score)))
        plain["auprc.VIRUS"].append(float(sk.average_precision_score(truth, score)))
    for name, values in plain.items():
        low, high = np.percentile(values, (2.5, 97.5))
        width = high - low
        assert found[name].low == pytest.approx(low, abs=0.15 * width), name
        assert found[name].high == pytest.approx(high, abs=0.15 * width), name


def test_clustering_widens_the_interval() -> None:
    alone = table(400, patients=10**9)
    # The same film eight times over: eight times as many rows, no more information.
    copies = only(alone, np.tile(np.arange(50), 8))
    width = {name: figures(p, TASK, draws=400)["accuracy"] for name, p in (("alone", alone), ("copies", copies))}
    assert width["copies"].high - width["copies"].low > 1.8 * (width["alone"].high - width["alone"].low)


def test_a_rare_class_that_some_draws_lack_has_an_area_all_the_same() -> None:
    given = only(table(), np.r_[0:100, np.flatnonzero(table().labels == 2)[-1]])
    given = Predictions(given.classes, given.files, given.files, np.r_[given.labels[:-1] % 2, 2], given.probabilities)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = figures(given, TASK, draws=200)
    assert 0 <= found["auroc.VIRUS"].low <= found["auroc.VIRUS"].value <= found["auroc.VIRUS"].high <= 1
    assert found["auroc.VIRUS"].low > 0, "draws without a film of the class do not count as 0"


@pytest.mark.parametrize("count", [3, 7, 100, 1001])
def test_a_perfect_network_has_perfect_figures(count: int) -> None:
    given = table(count, seed=8)
    given = replace(given, labels=np.arange(count) % 3, probabilities=np.eye(3)[np.arange(count) % 3])
    for name, figure in figures(given, TASK, draws=50).items():
        assert figure.value == pytest.approx(1), name
        assert figure.told == (not name.startswith("auprc")), name
        assert figure.low > 0, name
    worst = replace(given, probabilities=np.roll(given.probabilities, 1, axis=1))
    assert figures(worst, TASK, draws=50)["f1.macro"].value == 0


def test_ten_of_ten_are_not_certain() -> None:
    """Wilson by hand: 10 of 10 is 72.2 % to 100 %, 0 of 10 is 0 % to 27.8 %."""
    given = table(10, seed=8)
    labels = np.arange(10) % 2
    perfect = replace(given, files=given.files, patients=given.files, labels=labels, probabilities=np.eye(3)[labels])
    found = figures(perfect, TASK, draws=50)
    assert (found["accuracy"].low, found["accuracy"].high) == pytest.approx((10 / 13.841459, 1), abs=1e-5)
    assert found["recall.NORMAL"].low == pytest.approx(5 / 8.841459, abs=1e-5)
    assert found["auroc.NORMAL"].low == found["recall.NORMAL"].low, "five pairs of one film each"
    overlap = 5 / 8.841459
    assert found["f1.NORMAL"].low == pytest.approx(2 * overlap / (1 + overlap), abs=1e-5)
    assert found["recall.macro"].low == pytest.approx((found["recall.NORMAL"].low + found["recall.BACTERIA"].low) / 2)
    assert str(found["auprc.NORMAL"]) == "100.0 % (interval cannot be told)"
    worst = figures(replace(perfect, probabilities=np.eye(3)[1 - labels]), TASK, draws=50)
    assert (worst["accuracy"].low, worst["accuracy"].high) == pytest.approx((0, 3.841459 / 13.841459), abs=1e-5)
    one = figures(replace(perfect, patients=("a",) * 10), TASK, draws=50)
    assert one["accuracy"].low == pytest.approx(1 / 4.841459, abs=1e-5), "ten films of one patient count once"


def test_why_a_figure_is_not_defined() -> None:
    given = table(seed=4, absent=(2,))
    given = replace(given, probabilities=np.eye(3)[np.zeros(len(given), dtype=int)])
    found = figures(given, TASK, draws=20)
    assert "specificity.VIRUS" in found, "of films of others, how many it leaves alone"
    said = {
        "recall.VIRUS": "no films",
        "f1.VIRUS": "no films",
        "auroc.VIRUS": "no films",
        "precision.BACTERIA": "never decided",
    }
    for name, why in said.items():
        assert name not in found
        assert undefined(name, given, TASK) == why
    assert classes_behind(found, "recall", TASK.classes) == 2
    assert classes_behind(found, "precision", TASK.classes) == 1
    alone = table(seed=5, absent=(0, 1))
    assert undefined("specificity.VIRUS", alone, TASK) == "no films of others"
    assert undefined("merged_specificity", alone, TASK) == "no films of others"
    assert undefined("merged_sensitivity", table(seed=5, absent=(1, 2)), TASK) == "no films"


def test_other_classes_and_no_films_are_refused() -> None:
    with pytest.raises(DataError, match="asks for COVID-19"):
        figures(table(), TASKS["covid"])
    with pytest.raises(DataError, match="no predictions to judge"):
        figures(only(table(), np.array([], dtype=int)), TASK)


def test_metrics_and_areas_are_told_apart() -> None:
    assert not set(METRICS) & set(AREAS)
