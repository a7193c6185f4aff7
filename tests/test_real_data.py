"""On real films: the shipped weights say what their cards and tables claim, and no fast path says anything else."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch

from core.checkpoint import SHIPPED, Checkpoint, find
from core.classifier import Classifier
from core.dataset import Film, fingerprint, index
from core.evaluate import confusion_matrix, figures, from_csv
from core.evaluate.films import films_of, predict
from core.tasks import TASKS
from core.training.baselines import BASELINES
from core.xray import read_xray

NAMES = sorted(path.stem for path in SHIPPED.glob("*.json"))
FOLDERS = {"pneumonia": "chest_xray", "covid": "covid_xray"}
CHANGED, SHIFTED = 1, 0.02
"""Of 624 test films one may change its class, and no probability may move by more than two points."""


@pytest.fixture(params=NAMES)
def checkpoint(request: pytest.FixtureRequest) -> Checkpoint:
    return find()[0][request.param]


def test_cards_state_what_their_predictions_give(checkpoint: Checkpoint) -> None:
    stated = checkpoint.card.metrics
    found = figures(from_csv(checkpoint.predictions), checkpoint.task)
    assert set(found) == set(stated)
    for name, interval in found.items():
        for end in ("value", "low", "high"):
            assert getattr(interval, end) == pytest.approx(getattr(stated[name], end), abs=1e-3), (name, end)


def test_sixteen_bit_storage_changed_nothing_that_matters(checkpoint: Checkpoint) -> None:
    storage = checkpoint.card.storage
    assert storage is not None
    assert storage.decisions_changed <= CHANGED
    assert storage.largest_change <= SHIFTED


def test_every_card_has_what_its_films_give_away_and_what_is_doubtful_about_them(checkpoint: Checkpoint) -> None:
    assert set(checkpoint.card.baselines) == set(BASELINES)
    assert checkpoint.card.warnings


@pytest.mark.realdata
@pytest.mark.timeout(900)
def test_shipped_weights_reproduce_their_predictions_from_the_files(checkpoint: Checkpoint, data_root: Path) -> None:
    """As the app reads (batches, channels-last memory); every twelfth also plainly (trunk, head, ordinary memory)."""
    films, _ = films_of(checkpoint, data_root / FOLDERS[checkpoint.card.task], "test")
    classifier = Classifier(checkpoint)
    now, failed = predict(classifier, films)
    then = from_csv(checkpoint.predictions)
    assert not failed
    assert (now.files, now.patients) == (then.files, then.patients)
    assert confusion_matrix(now).sum(axis=1).tolist() == list(checkpoint.card.training.films["test"].values())
    assert_same(now.probabilities, then.probabilities)
    plain = Classifier(checkpoint).network.to(memory_format=torch.contiguous_format)
    rows = []
    with torch.no_grad():
        some = films[::12]
        for start in range(0, len(some), 16):
            xrays = [read_xray(film.path.read_bytes()) for film in some[start : start + 16]]
            images = classifier.prepare(xrays).repeat(1, 3, 1, 1)
            rows.append((plain.head(plain.trunk(images)) / checkpoint.card.temperature).softmax(1).numpy())
    assert_same(now.probabilities[::12], np.concatenate(rows))


@pytest.mark.realdata
def test_the_card_names_these_very_films(checkpoint: Checkpoint, data_root: Path) -> None:
    from core.dataset import counts, draw, fold_of, hold_out

    films, print_of_all = fingerprinted(data_root, checkpoint.card.task)
    assert print_of_all == checkpoint.card.training.fingerprint
    recipe = checkpoint.card.training.recipe
    fold = fold_of(recipe)
    held = hold_out(draw(films, fold) if fold else films, recipe["val_share"], recipe["seed"])
    assert counts(held, checkpoint.task) == checkpoint.card.training.films


@cache
def fingerprinted(root: Path, task: str) -> tuple[Sequence[Film], str]:
    """A gigabyte is read and hashed once for all networks of a task."""
    films = index(root / FOLDERS[task], TASKS[task])
    return films, fingerprint([(film.file, sha256(film.path.read_bytes()).hexdigest()) for film in films])


def assert_same(now: np.ndarray, then: np.ndarray) -> None:
    assert np.abs(now - then).max() <= SHIFTED
    assert int((now.argmax(1) != then.argmax(1)).sum()) <= CHANGED
