"""Two networks on the same films: the tests by hand and by scikit-learn and SciPy, and what is said of them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from sklearn import metrics as sk

from core.errors import DataError
from core.evaluate import Predictions, compare, confusion_matrix
from core.evaluate.comparison import mcnemar
from core.tasks import TASKS
from tests.tables import TASK, only, table


def two(seed: int = 0, count: int = 300) -> tuple[Predictions, Predictions]:
    a = table(count, seed=seed)
    return a, replace(a, probabilities=np.roll(a.probabilities, seed + 3, axis=0) * 0.3 + a.probabilities * 0.7)


def binomial(fewer: int, trials: int) -> float:
    """Two-sided p of ``fewer`` heads in ``trials`` throws of a fair coin, in whole numbers."""
    ways = total = 1
    for k in range(fewer):
        ways = ways * (trials - k) // (k + 1)
        total += ways
    return float(min(Fraction(1), Fraction(2 * total, 2**trials)))


@pytest.mark.parametrize(
    ("b", "c"), [(0, 0), (1, 0), (0, 7), (9, 14), (14, 9), (5, 5), (300, 200), (8_000, 8_300), (6_000, 100)]
)
def test_mcnemar_is_the_exact_binomial_test(b: int, c: int) -> None:
    assert mcnemar(b, c) == pytest.approx(binomial(min(b, c), b + c), rel=1e-9, abs=1e-300)


def test_mcnemar_of_a_known_table() -> None:
    """14 against 9 heads: 2 · Σ C(23, k ≤ 9) / 2²³."""
    assert mcnemar(14, 9) == pytest.approx(0.40487, abs=5e-6)


@pytest.mark.parametrize("seed", range(4))
def test_counts_and_kappa_agree_with_others(seed: int) -> None:
    a, b = two(seed)
    found = compare(a, b, TASK, draws=200)
    right_a, right_b = a.decisions == a.labels, b.decisions == b.labels
    assert (found.only_a, found.only_b) == ((right_a & ~right_b).sum(), (right_b & ~right_a).sum())
    assert (found.both_right, found.both_wrong) == ((right_a & right_b).sum(), (~right_a & ~right_b).sum())
    assert found.only_a + found.only_b + found.both_right + found.both_wrong == len(found) == len(a)
    np.testing.assert_array_equal(found.difference, confusion_matrix(a) - confusion_matrix(b))
    assert found.differing == tuple(a.files[i] for i in np.flatnonzero(a.decisions != b.decisions))
    assert found.kappa.value == pytest.approx(sk.cohen_kappa_score(a.decisions, b.decisions), abs=1e-9)
    assert found.accuracy.value == pytest.approx(right_a.mean() - right_b.mean(), abs=1e-9)
    assert found.accuracy.low <= found.accuracy.value <= found.accuracy.high
    assert found.kappa.low <= found.kappa.value <= found.kappa.high


def test_the_order_of_the_two_only_changes_signs() -> None:
    a, b = two()
    forth, back = compare(a, b, TASK, draws=4000), compare(b, a, TASK, draws=4000)
    assert (forth.only_a, forth.only_b, forth.p) == (back.only_b, back.only_a, back.p)
    assert forth.accuracy.value == -back.accuracy.value
    assert forth.accuracy.low == pytest.approx(-back.accuracy.high, abs=0.01)
    np.testing.assert_array_equal(forth.difference, -back.difference)


def test_the_interval_is_the_paired_one_by_patient() -> None:
    a, b = two()
    found = compare(a, b, TASK, draws=4000).accuracy
    gain = (a.decisions == a.labels).astype(float) - (b.decisions == b.labels)
    _, person = np.unique(np.array(a.patients), return_inverse=True)
    count = person.max() + 1
    chosen = np.random.default_rng(3).integers(count, size=(20_000, count))
    sums, films = np.bincount(person, gain), np.bincount(person)
    low, high = np.percentile(sums[chosen].sum(axis=1) / films[chosen].sum(axis=1), (2.5, 97.5))
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.006)


def test_films_are_matched_by_name() -> None:
    a, b = two()
    shuffled = only(b, np.random.default_rng(0).permutation(len(b))[:200])
    found = compare(a, shuffled, TASK, draws=50)
    assert len(found) == 200
    assert list(found.files) == [file for file in a.files if file in set(shuffled.files)]
    rows = np.array([a.files.index(file) for file in found.files])
    direct = compare(only(a, rows), only(b, rows), TASK, draws=50)
    assert (found.only_a, found.only_b, found.kappa) == (direct.only_a, direct.only_b, direct.kappa)


def test_coarser_classes_are_compared_when_asked() -> None:
    a, b = two()
    found = compare(a, b, TASK, draws=50, coarse=True)
    assert found.classes == ("NORMAL", "PNEUMONIA")
    right = [(p.decisions == 0) == (p.labels == 0) for p in (a, b)]
    assert found.only_a == (right[0] & ~right[1]).sum()
    assert found.difference.shape == (2, 2)


def test_what_cannot_be_compared_is_refused() -> None:
    a, b = two()
    with pytest.raises(DataError, match="no film in common"):
        compare(a, replace(b, files=tuple(f"other/{file}" for file in b.files)), TASK)
    labels = b.labels.copy()
    labels[7] = (labels[7] + 1) % 3
    with pytest.raises(DataError, match=r"The film test/7\.png is \w+ in one table and \w+ in the other"):
        compare(a, replace(b, labels=labels), TASK)
    with pytest.raises(DataError, match="asks for COVID-19"):
        compare(a, b, TASKS["covid"])


def test_the_sentence_says_what_it_means() -> None:
    a, _ = two()
    found = compare(a, a, TASK, draws=20)
    right = found.both_right
    assert found.sentence("A", "B") == f"A and B are right on the same {right} of 300 films: no difference."
    assert found.p == 1
    made = replace(found, only_a=14, only_b=9, p=mcnemar(14, 9))
    says = (
        "ResNet-50 is right on 14 films where VGG-16-BN is wrong, the reverse on 9: no evidence of a difference, "
        "p = .40."
    )
    assert made.sentence("ResNet-50", "VGG-16-BN") == says
    assert replace(made, only_a=9, only_b=14).sentence("VGG-16-BN", "ResNet-50") == says
    better = replace(made, only_a=30, only_b=9, p=mcnemar(30, 9)).sentence("A", "B")
    assert better == "A is right on 30 films where B is wrong, the reverse on 9: A is better on these films, p = .001."
    assert (
        replace(made, only_a=1, only_b=0, p=1.0).sentence("A", "B").startswith("A is right on 1 film where B is wrong")
    )
    assert replace(made, only_a=90, only_b=9, p=1e-9).sentence("A", "B").endswith("p < .001.")


def test_kappa_of_one_class_alone_is_not_defined() -> None:
    a, _ = two()
    same = replace(a, probabilities=np.eye(3)[np.zeros(len(a), dtype=int)])
    assert np.isnan(compare(same, same, TASK, draws=20).kappa.value)


def test_the_same_decisions_are_no_certain_tie() -> None:
    """Of 10 patients none has a film that only one gets right: at most 27.8 % may, by Wilson."""
    a = table(10)
    a = replace(a, patients=a.files)
    found = compare(a, a, TASK, draws=20)
    assert (found.accuracy.low, found.accuracy.high) == pytest.approx((-3.841459 / 13.841459, 3.841459 / 13.841459))
    assert not found.kappa.told
    right, wrong = (replace(a, probabilities=np.eye(3)[(a.labels + turn) % 3]) for turn in (0, 1))
    best = compare(right, wrong, TASK, draws=20).accuracy
    assert (best.value, best.low, best.high) == pytest.approx((1, 2 * 10 / 13.841459 - 1, 1))
