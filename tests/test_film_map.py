"""Maps of films: films alike lie close, the same seed gives the same map, broken tables are named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.cli import main
from core.errors import DataError
from core.evaluate.film_map import Point, project
from core.records import load
from tests.checkpoints import random_checkpoint
from tests.test_training import write_films


def test_films_alike_lie_close_and_the_map_repeats() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat([0, 1, 2], 20)
    features = (rng.normal(size=(3, 64))[groups] * 4 + rng.normal(size=(60, 64))).astype(np.float32)
    files = tuple(f"{n}.png" for n in range(60))
    made, again = project(files, features), project(files, features)
    assert made == again
    assert tuple(point.file for point in made) == files
    points = np.array([(point.x, point.y) for point in made])
    assert np.abs(points).max() == pytest.approx(1)
    distance = np.linalg.norm(points[:, None] - points[None], axis=2) + 9 * np.eye(60)
    assert (groups[distance.argmin(axis=1)] == groups).all()


def test_too_few_films_make_no_map() -> None:
    with pytest.raises(DataError, match="5 films or more"):
        project(("a",), np.zeros((1, 4), np.float32))


def test_films_that_nothing_tells_apart_make_no_map() -> None:
    with pytest.raises(DataError, match="the same of every film"):
        project(tuple("abcdef"), np.ones((6, 4), np.float32))


def test_the_command_stores_a_map_beside_the_weights(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = random_checkpoint(tmp_path / "weights")
    write_films(tmp_path / "films", train_films=1, test_films=4)
    command = ["map", "--model", found.name, "--weights", str(found.folder), "--data", str(tmp_path / "films")]
    assert main(command) == 0
    assert capsys.readouterr().out.strip() == str(found.film_map)
    assert len(load(Point, found.film_map)) == 12
