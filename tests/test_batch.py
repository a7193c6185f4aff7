"""Many films: in order, one bad one beside the good, no more than a few in memory, batches as single films."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core import batch
from core.batch import read_many, readable
from core.checkpoint import find
from core.classifier import Classifier
from core.errors import XrayError
from core.xray import read_xray
from tests.synthetic import as_png8, film


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(find()[0]["pneumonia-resnet18"])


FILES = [as_png8(film(70 + seed, 80, seed)) for seed in range(7)]


def test_bad_films_stand_beside_the_good_in_order(classifier: Classifier) -> None:
    def missing() -> bytes:
        raise FileNotFoundError("gone")

    sources = [lambda data=data: data for data in FILES]
    sources[2] = lambda: b"not an image"
    sources[5] = missing
    outcomes = list(read_many(sources, classifier, batch=3))
    assert [outcome.index for outcome in outcomes] == list(range(7))
    assert [outcome.error is None for outcome in outcomes] == [True, True, False, True, True, False, True]
    assert isinstance(outcomes[2].error, XrayError)
    assert isinstance(outcomes[5].error, FileNotFoundError)
    for outcome, data in zip(outcomes, FILES, strict=True):
        if outcome.reading:
            assert outcome.reading.xray_sha256 == read_xray(data).sha256


def test_a_batch_reads_as_single_films_do(classifier: Classifier) -> None:
    xrays = [read_xray(data) for data in FILES]
    together = classifier.read(xrays)
    for xray, reading in zip(xrays, together, strict=True):
        alone = classifier.read([xray])[0]
        np.testing.assert_allclose(reading.probabilities, alone.probabilities, atol=1e-5)
        assert reading.probabilities.sum() == pytest.approx(1, abs=1e-6)
        assert reading.by_class[reading.prediction] == max(reading.by_class.values())


def test_a_film_that_is_decoded_already_is_read_as_it_is(classifier: Classifier) -> None:
    (outcome,) = read_many([lambda: replace(read_xray(FILES[0]), sha256="f" * 64)], classifier)
    (same,) = read_many([lambda: FILES[0]], classifier)
    assert outcome.reading is not None
    assert same.reading is not None
    assert outcome.reading.xray_sha256 == "f" * 64
    assert outcome.reading.by_class == same.reading.by_class


def test_no_film_is_no_pass(classifier: Classifier) -> None:
    assert classifier.read([]) == []
    assert list(read_many([], classifier)) == []


def test_bytes_are_fetched_as_they_are_needed(classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[int] = []

    def source(i: int) -> bytes:
        fetched.append(i)
        return FILES[0]

    outcomes = read_many([lambda i=i: source(i) for i in range(40)], classifier, batch=4)
    next(outcomes)
    assert len(fetched) <= 8
    outcomes.close()
    fetched.clear()
    monkeypatch.setattr(batch, "_PIXELS", 2 * 70 * 80)  # two of these films
    outcomes = read_many([lambda i=i: source(i) for i in range(40)], classifier)
    next(outcomes)
    assert len(fetched) <= 4
    assert sum(outcome.reading is not None for outcome in outcomes) == 39
    monkeypatch.setattr(batch, "_PIXELS", 5 * 80 * 80)
    sizes: list[int] = []
    real = classifier.read
    monkeypatch.setattr(classifier, "read", lambda xrays: sizes.append(len(xrays)) or real(xrays))
    large = as_png8(film(400, 400))
    assert len(list(read_many([lambda data=data: data for data in (*FILES, large, *FILES)], classifier))) == 15
    assert sizes[-1] > 1  # one large film slows down none but its own batch


def test_a_reading_that_is_kept_keeps_no_other_alive(classifier: Classifier) -> None:
    (first, *_) = classifier.read([read_xray(data) for data in FILES])
    assert first.features.untyped_storage().nbytes() == first.features.nbytes


def test_files_that_cannot_be_read_are_named_and_left_out(tmp_path: Path) -> None:
    good, broken, gone = tmp_path / "good.png", tmp_path / "broken.png", tmp_path / "gone.png"
    good.write_bytes(FILES[0])
    broken.write_bytes(b"nothing of a film")
    said: list[str] = []
    assert [path for path, _ in readable([gone, broken, good], "films", said.append)] == [good]
    assert [Path(line.split(": ")[0]) for line in said] == [gone, broken]
