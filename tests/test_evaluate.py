"""Figures: the same as scikit-learn's, and intervals that respect patients."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics as sk

from core.errors import DataError
from core.evaluate import METRICS, Predictions, confusion_matrix, figures, from_csv, merged, merged_decisions, to_csv
from core.evaluate.figures import bootstrap_weights
from core.evaluate.metrics import auroc, binary_counts
from core.tasks import TASKS

TASK = TASKS["pneumonia"]


def predictions(count: int = 300, seed: int = 0, patients: int = 120) -> Predictions:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, count)
    table = np.round(rng.dirichlet(np.ones(3), count) * 0.6 + np.eye(3)[labels] * 0.4, 2)  # rounding makes ties
    return Predictions(
        TASK.classes,
        tuple(f"test/{i}.png" for i in range(count)),
        tuple(f"p{n}" for n in rng.integers(0, patients, count)),
        labels,
        table / table.sum(axis=1, keepdims=True),
    )


@pytest.mark.parametrize("seed", range(5))
def test_figures_agree_with_scikit_learn(seed: int) -> None:
    given = predictions(seed=seed)
    found = figures(given, TASK, draws=20)
    assert found["accuracy"].value == pytest.approx(sk.accuracy_score(given.labels, given.decisions), abs=1e-9)
    for place, name in enumerate(given.classes):
        truth, decided = given.labels == place, given.decisions == place
        expected = {
            "recall": sk.recall_score(truth, decided),
            "specificity": sk.recall_score(~truth, ~decided),
            "precision": sk.precision_score(truth, decided),
            "f1": sk.f1_score(truth, decided),
            "auroc": sk.roc_auc_score(truth, given.probabilities[:, place]),
        }
        assert set(expected) == {*METRICS, "auroc"}
        for metric, value in expected.items():
            assert found[f"{metric}.{name}"].value == pytest.approx(value, abs=1e-9)


def test_weighted_figures_are_those_of_repeated_films() -> None:
    given = predictions(60)
    weights = np.random.default_rng(1).integers(0, 4, (1, 60)).astype(float)
    repeated = np.repeat(np.arange(60), weights[0].astype(int))
    truth = given.labels == 1
    score = given.probabilities[:, 1]
    assert auroc(weights, truth, score)[0] == pytest.approx(
        sk.roc_auc_score(truth[repeated], score[repeated]), abs=1e-9
    )
    counts = binary_counts(weights, truth, given.decisions == 1)
    assert METRICS["f1"].compute(counts)[0] == pytest.approx(
        sk.f1_score(truth[repeated], (given.decisions == 1)[repeated])
    )


def test_the_merged_matrix_is_the_full_one_added_up() -> None:
    given = predictions()
    full = confusion_matrix(given)
    coarse = merged(given, TASK)
    decided = merged_decisions(given, TASK)
    two = np.zeros((2, 2), dtype=int)
    np.add.at(two, (coarse.labels, decided), 1)
    assert two.tolist() == [
        [full[0, 0], full[0, 1:].sum()],
        [full[1:, 0].sum(), full[1:, 1:].sum()],
    ]
    found = figures(given, TASK, draws=20)
    assert found["merged_sensitivity"].value == pytest.approx(two[1, 1] / two[1].sum())
    assert found["merged_specificity"].value == pytest.approx(two[0, 0] / two[0].sum())


def test_films_of_one_patient_are_drawn_together() -> None:
    patients = ("a", "b", "a", "c", "b")
    weights = bootstrap_weights(patients, 500, 0)
    assert (weights[:, 0] == weights[:, 2]).all()
    assert (weights[:, 1] == weights[:, 4]).all()
    assert weights[:, [0, 1, 3]].sum(axis=1).tolist() == [3] * 500


def test_clustering_widens_the_interval() -> None:
    alone = predictions(400, patients=10**9)
    # The same film eight times over: eight times as many rows, no more information.
    copies = Predictions(
        alone.classes,
        alone.files[:50] * 8,
        alone.patients[:50] * 8,
        np.tile(alone.labels[:50], 8),
        np.tile(alone.probabilities[:50], (8, 1)),
    )
    width = {name: figures(p, TASK, draws=400)["accuracy"] for name, p in (("alone", alone), ("copies", copies))}
    assert width["copies"].high - width["copies"].low > 1.8 * (width["alone"].high - width["alone"].low)


def test_predictions_survive_the_csv(tmp_path: Path) -> None:
    given = predictions(20)
    path = tmp_path / "p.csv"
    path.write_text(to_csv(given), encoding="utf-8")
    back = from_csv(path)
    assert (back.classes, back.files, back.patients) == (given.classes, given.files, given.patients)
    np.testing.assert_array_equal(back.labels, given.labels)
    np.testing.assert_allclose(back.probabilities, given.probabilities, atol=2e-6)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("file,label,A\nx,A,1\n", "columns must be"),
        ("file,patient,label,A,B\nx,p,C,1,0\n", "row 2, column label"),
        ("file,patient,label,A,B\nx,p,A,1,zero\n", "row 2, column B"),
        ("", "columns must be"),
        ("file,patient\nx,p,A,1\n", "columns must be"),
        (f"file,patient,label,A\nx,p,A,{'9' * 200_000}\n", "cannot be read"),
    ],
)
def test_a_bad_csv_is_refused_by_row_and_column(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "p.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=says):
        from_csv(path)
