"""The CSV of predictions: it survives writing and reading, and what is wrong in one is named by row and column."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import DataError
from core.evaluate import from_csv, parse, to_csv
from tests.tables import table


def test_predictions_survive_the_csv(tmp_path: Path) -> None:
    given = table(20)
    path = tmp_path / "p.csv"
    path.write_text(to_csv(given), encoding="utf-8")
    back = from_csv(path)
    assert (back.classes, back.files, back.patients) == (given.classes, given.files, given.patients)
    np.testing.assert_array_equal(back.labels, given.labels)
    np.testing.assert_allclose(back.probabilities, given.probabilities, atol=2e-6)


def test_a_table_of_a_spreadsheet_is_understood() -> None:
    """A byte-order mark, columns in another order, spaces in the header, Windows line ends, a blank line at the end."""
    text = '\ufeffVIRUS, file ,label,NORMAL,patient,BACTERIA\r\n0.2,"a, b.png",VIRUS,0.7,Åsa,0.1\r\n\r\n'
    found = parse(text, "mine.csv")
    assert found.classes == ("NORMAL", "BACTERIA", "VIRUS"), "the task's order"
    assert (found.files, found.patients, found.labels.tolist()) == (("a, b.png",), ("Åsa",), [2])
    np.testing.assert_allclose(found.probabilities, [[0.7, 0.1, 0.2]])


def test_classes_of_no_task_keep_their_order() -> None:
    assert parse("file,patient,label,YES,NO\nx,p,NO,0.1,0.9\n", "t").classes == ("YES", "NO")


def test_classes_of_a_card_keep_its_order_even_where_a_task_has_another() -> None:
    text = "file,patient,label,BACTERIA,NORMAL,VIRUS\nx,p,VIRUS,0.1,0.2,0.7\n"
    card = ("BACTERIA", "NORMAL", "VIRUS")
    found = parse(text, "t", card)
    assert (found.classes, found.labels.tolist(), found.probabilities[0].tolist()) == (card, [2], [0.1, 0.2, 0.7])
    assert parse(text, "t", ("A", "B", "C")).classes == ("NORMAL", "BACTERIA", "VIRUS")


def test_rounded_rows_are_made_to_add_up() -> None:
    found = parse("file,patient,label,A,B,C\nx,p,A,0.33,0.33,0.33\n", "t")
    np.testing.assert_allclose(found.probabilities, 1 / 3)


HEAD = "file,patient,label,A,B\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "columns must be file, patient, label and one per class"),
        ("file,label,A,B\nx,A,1,0\n", "columns must be"),
        ("file,patient,label,A\nx,p,A,1\n", "columns must be"),
        ("file,patient,label,A,A\nx,p,A,1,0\n", "columns must be"),
        ("file;patient;label;A;B\nx;p;A;1;0\n", "separated by commas"),
        (HEAD, "a header and no rows"),
        (f"{HEAD}x,p,C,1,0\n", "p.csv, row 2, column label: 'C' is none of A, B"),
        (f"{HEAD}x,p,A,1,0\ny,p,A,1,zero\n", "row 3, column B: 'zero' is no number"),
        (f"{HEAD}x,p,A,1,nan\n", "row 2, column B: 'nan' is no number"),
        (f"{HEAD}x,p,A,inf,0\n", "row 2, column A: 'inf' is no number"),
        (f"{HEAD}x,p,A,1,-0.2\n", "row 2, column B: -0.2 is negative"),
        (f"{HEAD}x,p,A,80,20\n", "row 2, column A: 80 is above 1; divide percentages by 100"),
        (f"{HEAD}x,p,A,0,0\n", "row 2, column A to B: the sum is 0, not 1"),
        (f"{HEAD}x,p,A,1,0\n\nx,q,B,0,1\n", "row 4, column file: 'x' stands in an earlier row too"),
        (f"{HEAD}x,p,A,1\n", "row 2, column B: the cell is missing"),
        (f"{HEAD}x,,A,1,0\n", "row 2, column patient: the cell is missing"),
        (f"{HEAD}x,p,A,1,\n", "row 2, column B: the cell is missing"),
        (f"{HEAD}x,p,A,1,0,0\n", "row 2, column 6: there are more cells than columns"),
        ("file,patient,label,split,A,B\nx,p,A,test,1,0\n", "column split: 'test' is no number; every column besides"),
        (f"{HEAD}x,p,A,{'9' * 200_000},0\n", "cannot be read"),
    ],
)
def test_a_bad_csv_is_refused_by_row_and_column(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "p.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=says):
        from_csv(path)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_bytes(b"\x89PNG\xff\xfe")
    with pytest.raises(DataError, match=r"p\.csv cannot be read"):
        from_csv(path)
    with pytest.raises(DataError, match=r"gone\.csv cannot be read"):
        from_csv(tmp_path / "gone.csv")
