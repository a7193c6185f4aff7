"""A table of predictions that is begun, killed, continued: always the one that a single run makes."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.checkpoint import Checkpoint
from core.dataset import Film, index, of_split
from core.errors import DataError
from core.evaluate import resumable
from core.evaluate.resumable import predict_into
from tests.checkpoints import random_checkpoint
from tests.tables import TASK
from tests.test_training import write_films


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    return random_checkpoint(tmp_path / "weights")


@pytest.fixture
def films(tmp_path: Path) -> list[Film]:
    return of_split(index(write_films(tmp_path / "data", 1, 4), TASK), "test")


Reader = Callable[[Any, Sequence[Film], int], Iterator[tuple[Film, np.ndarray | None, str]]]


def reader(stop_after: int = 10**9, bad: str = "") -> Reader:
    """Reads like a network that is sure by file name; is killed after some films; cannot read those named ``bad``."""

    def read(_: object, films: Sequence[Film], before: int = 0) -> Iterator[tuple[Film, np.ndarray | None, str]]:
        for number, film in enumerate(films):
            if number == stop_after:
                raise KeyboardInterrupt
            if bad and bad in film.file:
                yield film, None, "It is no film."
            else:
                score = 1 + sum(film.file.encode()) % 7
                yield film, np.array([score, 2.0, 1.0]) / (score + 3), ""

    return read


@pytest.fixture
def run(
    checkpoint: Checkpoint, films: list[Film], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[Any, dict[str, str], list[str]]]:
    def start(name: str = "p.csv", whose: Checkpoint = checkpoint, which: list[Film] = films, **how: Any) -> Any:
        monkeypatch.setattr(resumable, "read_films", reader(**how))
        said: list[str] = []
        predictions, failed = predict_into(tmp_path / name, whose, which, lambda c: c, said.append)  # type: ignore[arg-type, return-value]
        return predictions, failed, said

    return start


def test_a_killed_run_ends_as_one_that_was_not(run: Any, films: list[Film], tmp_path: Path) -> None:
    whole, failed, said = run("whole.csv")
    assert (len(whole), failed, said) == (12, {}, [])
    for stop in (0, 1, 5):
        with pytest.raises(KeyboardInterrupt):
            run(stop_after=stop)
    assert (tmp_path / "p.csv").read_text().count("\n") == 1 + 6
    again, failed, said = run()
    assert said == ["p.csv holds 6 of 12 films already; going on with the rest."]
    assert (tmp_path / "p.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    np.testing.assert_array_equal(again.probabilities, whole.probabilities)
    assert again.files == tuple(film.file for film in films)


def test_a_row_cut_short_is_read_again(run: Any, tmp_path: Path) -> None:
    run("whole.csv")
    whole = (tmp_path / "whole.csv").read_bytes()
    for length in range(0, len(whole), 41):
        run("p.csv")
        (tmp_path / "p.csv").write_bytes(whole[:length])
        run("p.csv")
        assert (tmp_path / "p.csv").read_bytes() == whole, length


def test_a_finished_table_needs_no_network(run: Any) -> None:
    first, _, _ = run()
    again, _, _ = run(stop_after=0)
    np.testing.assert_array_equal(first.probabilities, again.probabilities)


def test_films_that_failed_are_tried_again_and_put_in_order(run: Any, tmp_path: Path) -> None:
    run("whole.csv")
    found, failed, _ = run(bad="person1_")
    assert len(found) == 10
    assert set(failed.values()) == {"It is no film."}
    found, failed, _ = run()
    assert (len(found), failed) == (12, {})
    assert (tmp_path / "p.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_nothing_read_is_an_error(run: Any) -> None:
    with pytest.raises(DataError, match="None of the films could be read"):
        run(bad="test/")
    assert len(run()[0]) == 12


def test_names_with_commas_and_quotes_survive(run: Any, films: list[Film], tmp_path: Path) -> None:
    from dataclasses import replace

    odd = [replace(film, file=f'test/a, "b" {i}.png') for i, film in enumerate(films)]
    with pytest.raises(KeyboardInterrupt):
        run(which=odd, stop_after=5)
    assert run(which=odd)[0].files == tuple(film.file for film in odd)
    assert len(list(csv.reader(io.StringIO((tmp_path / "p.csv").read_text())))) == 13


def test_a_table_of_something_else_is_not_continued(run: Any, films: list[Film], tmp_path: Path) -> None:
    run()
    before = (tmp_path / "p.csv").read_bytes()
    with pytest.raises(DataError, match=r"p\.csv was begun with predictions of other weights"):
        run(whose=random_checkpoint(tmp_path / "others", seed=1))
    with pytest.raises(DataError, match="was begun with predictions of other films"):
        run(which=films[1:])
    films[0].path.write_bytes(films[0].path.read_bytes() + b"\0")
    with pytest.raises(DataError, match="of other films"):
        run()
    assert (tmp_path / "p.csv").read_bytes() == before


def test_somebody_elses_table_is_not_written_over(run: Any, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("my thesis\n")
    with pytest.raises(DataError, match=r"p\.csv is there already and was not begun by this command"):
        run()
    (tmp_path / "p.csv").write_text("")  # as mktemp makes
    run()
    (tmp_path / "p.csv.json").write_text("{}")
    with pytest.raises(DataError, match=r"p\.csv\.json does not say whose predictions p\.csv holds"):
        run()


def test_a_table_that_was_altered_is_refused(run: Any, tmp_path: Path) -> None:
    run()
    path = tmp_path / "p.csv"
    text = path.read_text()
    path.write_text(text + text.splitlines()[-1] + "\n")
    with pytest.raises(DataError, match="row 14, column file"):
        run()
    path.write_text(text + "elsewhere.png,p,NORMAL,1,0,0\n")
    with pytest.raises(DataError, match=r"holds elsewhere\.png, which is no film"):
        run()


def test_a_network_reads_into_a_table(checkpoint: Checkpoint, films: list[Film], tmp_path: Path) -> None:
    """The real reader: what is in the table is what it says without one."""
    from core.classifier import Classifier
    from core.evaluate.films import predict

    path = tmp_path / "p.csv"
    found, failed = predict_into(path, checkpoint, films, Classifier, lambda _: None)
    plain, _ = predict(Classifier(checkpoint), films)
    assert not failed
    assert found.files == plain.files
    np.testing.assert_allclose(found.probabilities, plain.probabilities, atol=2e-6)


def test_classes_keep_the_order_of_the_card(run: Any, checkpoint: Checkpoint) -> None:
    """Somebody's own network may have a task's classes in the order of the alphabet."""
    classes = ("BACTERIA", "NORMAL", "VIRUS")
    own = replace(checkpoint, card=checkpoint.card.model_copy(update={"task": "own", "classes": classes}))
    first, _, _ = run(whose=own)
    again, _, _ = run(whose=own)
    assert first.classes == again.classes == classes
