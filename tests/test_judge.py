"""Tables of predictions put together, and classes told from each other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.cli import main
from core.errors import DataError
from core.evaluate import Predictions, from_csv, to_csv
from core.evaluate.pooling import among, pooled
from tests.checkpoints import predictions


def part(whole: Predictions, rows: slice) -> Predictions:
    return Predictions(
        whole.classes, whole.files[rows], whole.patients[rows], whole.labels[rows], whole.probabilities[rows]
    )


def test_parts_put_together_are_the_whole() -> None:
    whole = predictions("covid", 90)
    together = pooled([part(whole, slice(40)), part(whole, slice(40, None))])
    assert together.files == whole.files
    assert together.patients == whole.patients
    np.testing.assert_array_equal(together.probabilities, whole.probabilities)
    with pytest.raises(DataError, match=r"test/3\.png is in two of the tables"):
        pooled([whole, part(whole, slice(3, 4))])
    with pytest.raises(DataError, match="different classes"):
        pooled([whole, predictions("pneumonia", 9)])


def test_among_two_classes_the_answer_is_one_of_them() -> None:
    whole = predictions("covid", 200)
    found = among(whole, ("NO_FINDING", "COVID-19"))
    held = np.isin(whole.labels, [0, 1])
    assert len(found) == held.sum()
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)
    likelier = whole.probabilities[held][:, 0] > whole.probabilities[held][:, 1]
    np.testing.assert_array_equal(found.decisions == 1, likelier)
    np.testing.assert_array_equal(found.labels, 1 - whole.labels[held])
    sure = replace(whole, probabilities=np.eye(3)[np.full(200, 2)])
    assert (among(sure, ("NO_FINDING", "COVID-19")).probabilities == 0.5).all()
    for classes, words in ((("COVID-19", "FLU"), "no class FLU"), (("COVID-19",), "two classes or more")):
        with pytest.raises(DataError, match=words):
            among(whole, classes)


def test_the_command_prints_figures_of_all_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = predictions("covid", 100)
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for path, rows in zip(paths, (slice(50), slice(50, None)), strict=True):
        path.write_text(to_csv(part(whole, rows)), "utf-8")
    assert main(["judge", *map(str, paths)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("100 films of 50 patients")
    right = float((whole.decisions == whole.labels).mean())
    assert f"accuracy                 {100 * right:.1f} %" in said
    assert main(["judge", str(paths[0]), "--among", "NO_FINDING,COVID-19"]) == 0
    count = int((from_csv(paths[0]).labels < 2).sum())
    assert capsys.readouterr().out.startswith(f"{count} films")
    assert main(["judge", str(paths[0]), str(paths[0])]) == 1
    assert "every film may count once" in capsys.readouterr().err


def test_a_class_with_a_comma_is_named_in_quotes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = predictions("covid", 100)
    path = tmp_path / "own.csv"
    path.write_text(to_csv(replace(whole, classes=("lesions, multiple", *whole.classes[1:]))), "utf-8")
    assert main(["judge", str(path), "--among", 'NO_FINDING,"lesions, multiple"']) == 0
    assert capsys.readouterr().out.startswith(f"{int((whole.labels < 2).sum())} films")
