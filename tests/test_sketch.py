"""The sketches of the networks: the shipped file is what the networks give."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from core.architectures import ARCHITECTURES
from core.architectures.network import map_shape
from core.architectures.sketch import SIZES, load, measured, to_json
from core.errors import DataError


def test_every_architecture_is_sketched() -> None:
    assert list(load()) == list(ARCHITECTURES)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_shipped_sketch_is_what_the_network_gives(name: str) -> None:
    row, kept = ARCHITECTURES[name], load()[name]
    assert measured(row) == kept, "make it anew: python -m core sketch"
    assert set(kept.sizes) >= {row.size, *SIZES}
    last = kept.stages[-1]
    assert (last.channels, last.sides[row.size]) == map_shape(row.trunk, row.size)[:2]
    with torch.device("meta"):
        network = row.build(3)
    whole = sum(weights.numel() for weights in network.parameters())
    assert whole == kept.parameters + sum(weights.numel() for weights in network.head.parameters())


def test_what_is_stored_is_what_is_read(tmp_path: Path) -> None:
    kept = load()
    (tmp_path / "some.json").write_text(to_json(kept.values()))
    assert load(tmp_path / "some.json") == kept


@pytest.mark.parametrize("text", ["", "[]", '{"lenet": {"name": "lenet"}}', '{"lenet": {"stages": [{}]}}'])
def test_a_broken_file_says_what_to_do(tmp_path: Path, text: str) -> None:
    (tmp_path / "some.json").write_text(text)
    with pytest.raises(DataError, match="python -m core sketch"):
        load(tmp_path / "some.json")
