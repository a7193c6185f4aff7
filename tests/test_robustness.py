"""Robustness: what corruptions do to films and maps, the command, and its table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.classifier import Classifier
from core.cli import main
from core.compare.agreement import GRID
from core.dataset import Film
from core.errors import DataError
from core.explain import explain
from core.records import from_csv
from core.render import spread
from core.robustness.corruptions import CORRUPTIONS, STRENGTHS
from core.robustness.damage import clean
from core.robustness.damage_record import CLEAN, Damage, in_words
from core.xray import read_xray
from tests.checkpoints import random_checkpoint
from tests.synthetic import as_png8, film
from tests.test_training import write_films

SQUARE = (film(64, 64, 3).astype(np.float64) / max(1, film(64, 64, 3).max())).astype(np.float32)


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_film_gets_worse_step_by_step_and_stays_a_film(name: str) -> None:
    corruption = CORRUPTIONS[name]
    far = []
    for strength in range(1, STRENGTHS + 1):
        made = corruption.film(SQUARE, strength, 7)
        assert made.dtype == np.float32
        assert made.shape == SQUARE.shape
        assert made.min() >= 0
        assert made.max() <= 1
        assert np.array_equal(made, corruption.film(SQUARE, strength, 7))
        far.append(float(np.abs(made - SQUARE).mean()))
    assert np.all(np.diff([0, *far]) > 0)


def test_inverted_at_the_end_is_the_negative() -> None:
    assert CORRUPTIONS["inverted"].film(SQUARE, STRENGTHS, 0) == pytest.approx(1 - SQUARE, abs=1e-6)


@pytest.mark.parametrize("name", [corruption.name for corruption in CORRUPTIONS.values() if corruption.moves])
def test_a_map_moves_as_its_film_does(name: str) -> None:
    spot = np.zeros((64, 64), np.float32)
    spot[20:28, 36:44] = 1
    corruption = CORRUPTIONS[name]
    assert corruption.map(spot, 3) == pytest.approx(corruption.film(spot, 3, 0), abs=1e-6)
    assert not np.array_equal(corruption.map(spot, 3), spot)


def test_what_does_not_move_places_leaves_the_map() -> None:
    assert CORRUPTIONS["noise"].map(SQUARE, 5) is SQUARE


def test_the_maps_compared_lie_where_they_are_shown(tmp_path: Path) -> None:
    classifier = Classifier(random_checkpoint(tmp_path))  # a ResNet, whose cells do not lie evenly
    xrays = [read_xray(as_png8(film(80, 80, seed))) for seed in range(3)]
    readings = classifier.read(xrays)
    films = [Film(tmp_path / str(n), str(n), one.prediction, "test", str(n)) for n, one in enumerate(readings)]
    shown = [explain(classifier, one)[one.prediction] for one in readings]
    assert not any(one.problem for one in shown)
    for one, compared in zip(shown, clean(classifier, films, xrays).maps, strict=True):
        assert compared == pytest.approx(spread(one.values, GRID, GRID), abs=1e-4)


def test_the_command_measures_everything_and_goes_on_where_it_was_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = tmp_path / "weights"
    weights.mkdir()
    random_checkpoint(weights)
    for place, label in enumerate(("NORMAL", "BACTERIA", "VIRUS")):
        folder = tmp_path / "data" / "test" / label
        folder.mkdir(parents=True)
        (folder / f"{place}.png").write_bytes(as_png8(film(80, 80, place)))
    out = tmp_path / "robustness.csv"
    command = ["robustness", "--data", str(tmp_path / "data"), "--weights", str(weights), "--out", str(out)]
    assert main(command) == 0
    whole = out.read_text("utf-8")
    rows = from_csv(Damage, whole, out.name)
    assert len(rows) == 1 + len(CORRUPTIONS) * STRENGTHS
    clean = rows[0]
    assert (clean.corruption, clean.strength, clean.films, clean.stability) == (CLEAN, 0, 3, 1)
    assert all(row.low <= row.accuracy <= row.high for row in rows)
    out.write_text("".join(whole.splitlines(keepends=True)[:40]), "utf-8")
    assert main(command) == 0
    assert out.read_text("utf-8") == whole
    assert str(out) in capsys.readouterr().out
    assert main(command) == 0  # nothing is measured, and it says so
    assert "To measure it on other films give another --out" in capsys.readouterr().err
    out.write_text("".join(whole.splitlines(keepends=True)[:40]), "utf-8")
    (tmp_path / "data" / "test" / "VIRUS" / "more.png").write_bytes(as_png8(film(80, 80, 9)))
    assert main(command) == 1  # rows of three films, and of four, make no table
    assert "of 3 films; these are 4" in capsys.readouterr().err


def test_networks_of_other_classes_than_the_folders_are_left_out_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = tmp_path / "weights"
    weights.mkdir()
    stranger = random_checkpoint(weights, task="covid")
    before = stranger.validation.read_bytes()
    write_films(tmp_path / "data")
    shared = ["--data", str(tmp_path / "data"), "--weights", str(weights)]
    assert main(["certainty", *shared]) == 0
    assert "holds no film of COVID-19, NO_FINDING, which covid-resnet18 knows" in capsys.readouterr().err
    assert main(["certainty", *shared, "--model", stranger.name]) == 1
    assert "Give the folder that it was trained on" in capsys.readouterr().err
    assert stranger.validation.read_bytes() == before
    for path in (tmp_path / "data").rglob("NORMAL"):
        path.rename(path.with_name("FLU"))
    for path in (tmp_path / "data").rglob("PNEUMONIA"):
        path.rename(path.with_name("COLD"))
    assert main(["certainty", *shared]) == 0  # nor is a folder without any film of its task an error
    assert "holds no film of COVID-19, NO_FINDING, PNEUMONIA" in capsys.readouterr().err


def test_a_number_of_films_is_one_or_more(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in ("0", "-3", "many"):
        with pytest.raises(SystemExit, match="2"):
            main(["robustness", "--data", str(tmp_path), "--films", number])
        assert "is no whole number from 1 on" in capsys.readouterr().err


def test_a_foreign_table_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "mine.csv"
    out.write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(DataError, match="another kind of table"):
        from_csv(Damage, out.read_text("utf-8"), out.name)
    assert main(["robustness", "--data", str(tmp_path), "--out", str(out)]) != 0
    assert "another kind of table" in capsys.readouterr().err
    assert out.read_text("utf-8") == "a,b\n1,2\n"


def damage(corruption: str, strength: int, accuracy: float) -> Damage:
    return Damage("net", "0" * 64, corruption, strength, 200, accuracy, 0.0, 1.0, 0.1, 1.0, 1.0, 1.0)


def test_what_breaks_at_the_slightest_strength_is_said() -> None:
    rows = [damage(CLEAN, 0, 0.9), damage("noise", 1, 0.5), damage("blur", 1, 0.85), damage("blur", 2, 0.1)]
    assert in_words(rows) == ("At the slightest of 5 strengths noise leaves 50.0 % of 200 films read right, of 90.0 %.")
    assert "No corruption tried costs more than 10 points" in in_words([rows[0], rows[2], rows[3]])
