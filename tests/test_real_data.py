"""On real films: the shipped weights say what their cards and tables claim, and no fast path says anything else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from core.checkpoint import SHIPPED, Checkpoint, find
from core.classifier import Classifier
from core.dataset import fingerprint, index, of_split
from core.evaluate import Predictions, confusion_matrix, figures, from_csv
from core.evaluate.films import predict
from core.xray import read_xray

NAMES = sorted(path.stem for path in SHIPPED.glob("*.json"))
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


@pytest.mark.realdata
@pytest.mark.timeout(600)
def test_shipped_weights_reproduce_their_predictions_from_the_files(checkpoint: Checkpoint, data_root: Path) -> None:
    films = of_split(index(data_root / "chest_xray", checkpoint.task), "test")
    now, failed = predict(Classifier(checkpoint), films)
    then = from_csv(checkpoint.predictions)
    assert not failed
    assert len(now) == 624
    assert (now.files, now.patients) == (then.files, then.patients)
    assert_same(now, then)
    assert confusion_matrix(now).sum(axis=1).tolist() == [234, 242, 148]


@pytest.mark.realdata
def test_fast_paths_say_what_the_plain_network_says(checkpoint: Checkpoint, data_root: Path) -> None:
    """Channels-last memory and batches against one film at a time in plain memory, through trunk and head."""
    films = of_split(index(data_root / "chest_xray", checkpoint.task), "test")[::16]
    classifier = Classifier(checkpoint)
    xrays = [read_xray(film.path.read_bytes()) for film in films]
    fast = np.stack([reading.probabilities for reading in classifier.read(xrays)])
    plain = Classifier(checkpoint).network.to(memory_format=torch.contiguous_format)
    with torch.no_grad():
        slow = np.concatenate(
            [
                plain.head(plain.trunk(classifier.prepare([xray]).repeat(1, 3, 1, 1))).softmax(1).numpy()
                for xray in xrays
            ]
        )
    assert np.abs(fast - slow).max() < 1e-3
    assert (fast.argmax(1) == slow.argmax(1)).all()


@pytest.mark.realdata
def test_the_card_names_these_very_films(checkpoint: Checkpoint, data_root: Path) -> None:
    import hashlib

    from core.dataset import counts, hold_out

    films = index(data_root / "chest_xray", checkpoint.task)
    digests = [(film.file, hashlib.sha256(film.path.read_bytes()).hexdigest()) for film in films]
    assert fingerprint(digests) == checkpoint.card.training.fingerprint
    recipe = checkpoint.card.training.recipe
    assert (
        counts(hold_out(films, recipe["val_share"], recipe["seed"]), checkpoint.task) == checkpoint.card.training.films
    )


def assert_same(now: Predictions, then: Predictions) -> None:
    assert np.abs(now.probabilities - then.probabilities).max() <= SHIFTED
    assert int((now.decisions != then.decisions).sum()) <= CHANGED
