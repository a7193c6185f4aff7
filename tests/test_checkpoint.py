"""Checkpoints: round trip, schema, and every way in which one can be broken."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from core.checkpoint import SHIPPED, Interval, find, named, store
from core.classifier import Classifier
from core.errors import CheckpointError, UnknownNameError
from core.models import Pool
from core.xray import read_xray
from tests.checkpoints import random_checkpoint
from tests.synthetic import as_png8, film


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    random_checkpoint(tmp_path)
    return tmp_path


def card(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "pneumonia-resnet18.json").read_text()))


def rewrite(folder: Path, **changes: object) -> None:
    (folder / "pneumonia-resnet18.json").write_text(json.dumps(card(folder) | changes))


def test_a_checkpoint_round_trips_bit_for_bit(folder: Path, tmp_path: Path) -> None:
    found = named("pneumonia-resnet18", folder)
    again = store(
        tmp_path / "again", found.tensors(), found.card.model_dump(exclude={"weights_sha256", "weights_bytes"})
    )
    assert again.weights.read_bytes() == found.weights.read_bytes()
    assert again.card == found.card
    for name, tensor in found.tensors().items():
        assert tensor.dtype == (torch.float16 if tensor.is_floating_point() else torch.int64), name


def test_altered_weights_are_refused_when_loaded(folder: Path) -> None:
    path = folder / "pneumonia-resnet18.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match="sha256 differs"):
        Classifier(named("pneumonia-resnet18", folder))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"classes": ["VIRUS", "NORMAL", "BACTERIA"]}, "classes"),
        ({"task": "flowers"}, "no task called"),
        ({"architecture": "resnet19"}, "no architecture called"),
        ({"head": "two-headed"}, "no head called"),
        ({"weights_sha256": "abc"}, "weights_sha256"),
        ({"preprocessing": {"size": 224}}, "preprocessing lacks"),
        ({"surprise": 1}, "surprise"),
        ({"temperature": float("inf")}, "temperature: Input should be a finite number"),
        ({"temperature": float("nan")}, "temperature"),
        ({"name": "pneumonia-vgg16_bn"}, "named alike"),
        ({"metrics": {"accuracy": {"value": 0.9, "low": 0.95, "high": 0.99}}}, "hold its own value"),
    ],
)
def test_a_card_that_does_not_fit_the_schema_is_named(folder: Path, changes: dict[str, object], says: str) -> None:
    rewrite(folder, **changes)
    good, bad = find(folder)
    assert not good
    assert bad[0].name == "pneumonia-resnet18"
    assert says in bad[0].reason


def test_half_copied_and_missing_weights_are_named(folder: Path) -> None:
    path = folder / "pneumonia-resnet18.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    assert "half-copied" in find(folder)[1][0].reason
    path.unlink()
    assert "missing" in find(folder)[1][0].reason


def test_weights_without_a_card_are_named(folder: Path) -> None:
    (folder / "pneumonia-resnet18.json").unlink()
    assert "no card" in find(folder)[1][0].reason


def test_a_card_that_is_no_json_is_named(folder: Path) -> None:
    (folder / "pneumonia-resnet18.json").write_bytes(b"\x00\xff half")
    assert "schema" in find(folder)[1][0].reason


def test_one_broken_checkpoint_leaves_the_others(folder: Path) -> None:
    (folder / "pneumonia-resnet50.json").write_text("{}")
    good, bad = find(folder)
    assert list(good) == ["pneumonia-resnet18"]
    assert [broken.name for broken in bad] == ["pneumonia-resnet50"]
    with pytest.raises(CheckpointError, match="cannot be used"):
        named("pneumonia-resnet50", folder)
    with pytest.raises(UnknownNameError, match="pneumonia-resnet18"):
        named("pneumonia-lenet", folder)


def test_foreign_weights_do_not_fit(folder: Path) -> None:
    found = named("pneumonia-resnet18", folder)
    facts = found.card.model_dump(exclude={"weights_sha256", "weights_bytes"})
    store(folder, {"somebody.elses": torch.zeros(3)}, facts)
    with pytest.raises(CheckpointError, match="foreign"):
        Classifier(named("pneumonia-resnet18", folder))


def test_an_answer_that_is_no_number_is_never_shown(folder: Path) -> None:
    found = named("pneumonia-resnet18", folder)
    tensors = found.tensors()
    tensors["head.linear.bias"][0] = float("nan")
    store(folder, tensors, found.card.model_dump(exclude={"weights_sha256", "weights_bytes"}))
    with pytest.raises(CheckpointError, match="no number"):
        Classifier(named("pneumonia-resnet18", folder)).read([read_xray(as_png8(film(64, 64)))])


def test_facts_that_make_no_card_are_refused(folder: Path) -> None:
    found = named("pneumonia-resnet18", folder)
    with pytest.raises(CheckpointError, match="schema"):
        store(folder, found.tensors(), {"name": "x"})


def test_an_interval_speaks() -> None:
    assert str(Interval(value=0.914, low=0.89, high=0.934)) == "91.4 % (89.0 to 93.4)"


def test_shipped_checkpoints_are_small_enough_for_a_repository() -> None:
    sizes = [path.stat().st_size for path in SHIPPED.glob("*.safetensors")]
    assert all(size < 60e6 for size in sizes)
    assert sum(sizes) < 350e6


def test_the_same_weights_under_other_classes_are_another_checkpoint(folder: Path) -> None:
    """Brought in twice, the second time with its classes put right: readings of one are not the other's."""
    first = find(folder)[0]["pneumonia-resnet18"]
    renamed = first.card.model_copy(update={"classes": tuple(reversed(first.card.classes))})
    second = dataclasses.replace(first, card=renamed)
    assert first.card.weights_sha256 == second.card.weights_sha256
    assert first.key != second.key
    assert first.key == find(folder)[0]["pneumonia-resnet18"].key
    pool = Pool(device="cpu")
    assert pool.get(first) is not pool.get(second)
    assert pool.get(first) is pool.get(first)
