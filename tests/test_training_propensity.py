"""Films count for how unlikely their class is, going by their frame alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.dataset import Film
from core.errors import TrainingError
from core.tasks import TASKS, own_task
from core.training.balance import alike
from core.training.data import Films
from core.training.propensity import weigh
from core.training.recipe import Recipe
from core.training.validation import validate

TASK = TASKS["pneumonia"]
SIDE = 32


def films(count: int, belied: float, seed: int = 0) -> tuple[Films, NDArray[np.bool_]]:
    """Films whose frame is bright where they are diseased, but for a share of each class; and which those are."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, count)
    odd = rng.random(count) < belied
    bright = (labels > 0) ^ odd
    images = rng.integers(90, 110, (count, SIDE, SIDE))
    frame = np.ones((SIDE, SIDE), bool)
    frame[4:-4, 4:-4] = False
    images[:, frame] += 60 * bright[:, None]
    names = [f"{seed}-{i}" for i in range(count)]
    rows = tuple(Film(Path(n), n, TASK.classes[c], "train", n) for n, c in zip(names, labels, strict=True))
    found = Films(rows, images.astype(np.uint8), labels, ("",) * count, np.eye(3, dtype=np.float32)[labels])
    return found, odd


def test_films_that_their_frame_belies_count_for_more_and_the_frame_then_tells_less() -> None:
    (train, odd), (val, odd_val) = films(600, 0.1), films(200, 0.1, seed=1)
    for one, there in zip(weigh(train, val, TASK, 10), (odd, odd_val), strict=True):
        assert one.counts is not None
        sick = one.labels > 0
        for of_class in (sick, ~sick):
            assert one.counts[of_class & there].min() > 3 * one.counts[of_class & ~there].max()
        bright = sick ^ there
        told = [abs(np.corrcoef(bright, sick)[0, 1]), abs(np.cov(bright, sick, aweights=one.counts)[0, 1]) * 4]
        assert told[0] > 0.7
        assert told[1] < 0.4
        for label in range(3):
            assert one.counts[one.labels == label].mean() == pytest.approx(1, abs=1e-5)
        assert one.counts.max() / one.counts.min() <= 10 * 10 * 3  # of classes with means of their own


def test_a_frame_that_tells_nothing_weighs_nothing() -> None:
    (train, _), (val, _) = films(600, 0.5), films(200, 0.5, seed=1)
    for one in weigh(train, val, TASK, 10):
        assert one.counts is not None
        assert one.counts.std() < 0.2


def test_what_a_film_counts_stays_with_it() -> None:
    (train, _), (val, _) = films(60, 0.2), films(30, 0.2, seed=1)
    weighed, _ = weigh(train, val, TASK, 4)
    assert weighed.counts is not None
    some = replace(
        weighed, films=tuple(replace(film, split="val") if i % 2 else film for i, film in enumerate(train.films))
    )
    kept = some.where("val").counts
    assert kept is not None
    np.testing.assert_array_equal(kept, weighed.counts[1::2])


def test_balancing_heeds_what_films_count() -> None:
    one, _ = films(90, 0.2)
    assert alike(one, TASK, 0.5)[one.labels == 0].sum() == pytest.approx(0.5)
    counts = np.where(np.arange(90) % 2, 0.0, 2.0).astype(np.float32)
    weights = alike(replace(one, counts=counts), TASK, 0.5)
    assert weights.sum() == pytest.approx(1)
    assert not weights[1::2].any()
    assert weights[one.labels == 0].sum() == pytest.approx(0.5)


def test_too_few_patients_and_a_weight_below_one_are_said() -> None:
    one, _ = films(3, 0.0)
    with pytest.raises(TrainingError, match="--propensity needs films of 5 patients"):
        weigh(one, one, TASK, 10)
    many, _ = films(60, 0.0)
    people = [replace(film, patient="one" if film.label == "NORMAL" else film.patient) for film in many.films]
    with pytest.raises(TrainingError, match="of every class"):  # many patients, and one of normal films
        weigh(replace(many, films=tuple(people)), many, TASK, 10)
    with pytest.raises(TrainingError, match=r"--propensity 0\.5: give a number of 1 or more"):
        Recipe(propensity=0.5)


def test_validation_can_heed_what_films_count() -> None:
    one, _ = films(90, 0.2)
    logits = 4 * torch.eye(3)[one.labels]
    logits[:10] = logits[:10].roll(1, dims=1)  # read wrong
    counts = np.ones(90, np.float32)
    counts[:10] = 0
    weighed = replace(one, counts=counts)
    assert validate(logits, weighed, TASK)["val_accuracy"] == pytest.approx(80 / 90)
    assert validate(logits, weighed, TASK) == validate(logits, one, TASK, weighed=True)
    heeded = validate(logits, weighed, TASK, weighed=True)
    assert {value for name, value in heeded.items() if name != "val_loss"} == {1.0}


def test_classes_of_ones_own_weigh_alike_each() -> None:
    one, _ = films(90, 0.2)
    weights = np.bincount(one.labels, alike(one, own_task(TASK.classes), 0.5))
    assert weights == pytest.approx([1 / 3] * 3)


def test_validation_merges_no_classes_of_ones_own() -> None:
    one, _ = films(90, 0.2)
    figures = validate(torch.eye(3)[one.labels], one, own_task(TASK.classes))
    assert set(figures) == {"val_loss", "val_accuracy", "val_macro_recall"}
