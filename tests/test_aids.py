"""core.aids: small networks and statistics beside the checkpoints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from core.aids import FOLDER, open_aid, store_aid
from core.checkpoint import find
from core.errors import CheckpointError

FACTS: dict[str, Any] = {
    "name": "turns",
    "purpose": "Says which way up a film lies.",
    "data": "made by a test",
    "films": {"train": 2},
    "command": "python -m pytest",
    "limits": ("None known.",),
    "licence": "Apache-2.0",
    "citation": "none",
}


def test_an_aid_comes_back_as_it_was_stored_and_is_no_checkpoint(tmp_path: Path) -> None:
    stored = store_aid(tmp_path / "aids", {"mean": torch.arange(4.0)}, FACTS)
    found = open_aid("turns", tmp_path / "aids")
    assert found == stored
    assert found.tensors()["mean"].tolist() == [0, 1, 2, 3]
    assert find(tmp_path) == ({}, ())


def test_one_that_is_not_there_is_none(tmp_path: Path) -> None:
    assert open_aid("turns", tmp_path) is None


def test_altered_weights_and_foreign_cards_are_named(tmp_path: Path) -> None:
    aid = store_aid(tmp_path, {"mean": torch.zeros(4)}, FACTS)
    aid.weights.write_bytes(b"something else")
    with pytest.raises(CheckpointError, match="turns are not those its card describes"):
        aid.tensors()
    (tmp_path / "turns.json").write_text("{}")
    with pytest.raises(CheckpointError, match="card of turns does not fit the schema"):
        open_aid("turns", tmp_path)
    with pytest.raises(CheckpointError, match="do not fit the schema"):
        store_aid(tmp_path, {}, {"name": "turns"})


def test_every_shipped_aid_can_be_opened() -> None:
    for card in FOLDER.glob("*.json"):
        aid = open_aid(card.stem)
        assert aid is not None
        assert aid.tensors()
