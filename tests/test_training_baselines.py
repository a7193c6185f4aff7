"""What films give away to classifiers that see no lungs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.dataset import Film
from core.tasks import TASKS
from core.training.baselines import BASELINES, KEPT, judged
from core.training.data import Films

TASK = TASKS["covid"]


def films(seed: int = 0, mark: int = 0) -> Films:
    """Noise of which nothing tells the class but, with ``mark``, how bright the uppermost rows are."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.tile(np.arange(3), 60)).astype(np.int64)
    images = rng.integers(60, 180, (len(labels), 96, 96)).astype(np.uint8)
    images[:, :12] += (mark * labels)[:, None, None].astype(np.uint8)
    rows = tuple(
        Film(Path(f"{n}.png"), f"{n}.png", TASK.classes[label], "test" if n % 3 == 0 else "train", f"p{n}")
        for n, label in enumerate(labels)
    )
    return Films(rows, images, labels, tuple(row.file for row in rows), np.eye(3, dtype=np.float32)[labels])


def test_a_mark_at_the_border_is_found_out() -> None:
    found = judged(films(mark=30), TASK)
    assert set(found) == set(BASELINES)
    assert all(set(figures) == set(KEPT) for figures in found.values())
    assert found["border"]["accuracy"].value > 0.95
    assert found["border"]["merged_auroc"].value > 0.95


def test_where_nothing_tells_the_class_nothing_is_found() -> None:
    found = judged(films(), TASK)
    assert all(0.25 < figures["merged_auroc"].value < 0.75 for figures in found.values())


@pytest.mark.parametrize("name", ["blurred", "greys"])
def test_each_sees_only_what_it_says(name: str) -> None:
    images = films(mark=30).images
    features = BASELINES[name].features
    if name == "greys":  # where a grey is does not matter
        np.testing.assert_array_equal(features(images), features(images[:, ::-1]))
    else:
        assert features(images).shape == (len(images), 64)
    border = BASELINES["border"].features
    changed = images.copy()
    changed[:, 12:-12, 12:-12] = 0
    np.testing.assert_array_equal(border(images), border(changed))
