"""Predictions: one row per film with truth and probabilities, as arrays and as CSV.

The CSV, which any program may write: UTF-8, separated by commas, a header, then one row per film::

    file,patient,label,NORMAL,BACTERIA,VIRUS
    test/NORMAL/IM-0001-0001.jpeg,im-0001,NORMAL,0.856008,0.079295,0.064697

=============  ========================================================================================
``file``       names the film; no two rows alike. Two tables are compared film by film by this name
``patient``    who is on it: films of one patient stay together in intervals. Where that is not known,
               repeat the file's name
``label``      true class, one of the columns that follow
every other    a class, and the probability of it: 0…1, adding up to 1 in each row (to within 0.02, as
               rounded numbers do; they are then made to add up exactly)
=============  ========================================================================================

Columns may stand in any order; those of a known task are put into the task's.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError
from core.tasks import TASKS, Task

if TYPE_CHECKING:
    from core.dataset import Film

_FIXED: Final = ("file", "patient", "label")
LONGEST: Final = 60
"""Characters in the name of a class: it must fit beside a bar."""

_ROUNDING: Final = 0.02
"""How far a row of rounded probabilities may be from 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Truth and probabilities of a set of films.

    Attributes:
        classes: in the order of the columns.
        files: name of each film below the data folder.
        patients: who is on it.
        labels: int64 ``[N]``, true class by position.
        probabilities: float64 ``[N, K]``, rows sum to 1.
    """

    classes: tuple[str, ...]
    files: tuple[str, ...]
    patients: tuple[str, ...]
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float64]

    @classmethod
    def of(cls, classes: tuple[str, ...], films: Sequence[Film], probabilities: NDArray[np.float64]) -> Self:
        """What was said of films, float64 ``[N, K]``, with what the index says of them."""
        return cls(
            classes,
            tuple(film.file for film in films),
            tuple(film.patient for film in films),
            np.array([classes.index(film.label) for film in films], dtype=np.int64),
            probabilities,
        )

    def __len__(self) -> int:
        return len(self.files)

    def require(self, task: Task) -> None:
        """Make sure that the classes are a task's.

        Raises:
            DataError: they are not.
        """
        if self.classes != task.classes:
            raise DataError(
                f"These predictions are of {', '.join(self.classes)}; the task '{task.name}' asks for "
                f"{', '.join(task.classes)}."
            )

    @property
    def decisions(self) -> NDArray[np.int64]:
        """Position of the most probable class, int64 ``[N]``."""
        chosen: NDArray[np.int64] = self.probabilities.argmax(axis=1).astype(np.int64)
        return chosen

    @property
    def margins(self) -> NDArray[np.float64]:
        """Probability of the first class less that of the second, float64 ``[N]``, 0…1."""
        ordered = np.sort(self.probabilities, axis=1)
        found: NDArray[np.float64] = ordered[:, -1] - ordered[:, -2]
        return found


def to_csv(predictions: Predictions) -> str:
    """Columns ``file, patient, label`` and one per class, six digits."""
    out = io.StringIO()
    out.write(header(predictions.classes))
    writer = csv.writer(out, lineterminator="\n")
    for file, patient, label, row in zip(
        predictions.files, predictions.patients, predictions.labels, predictions.probabilities, strict=True
    ):
        writer.writerow(line(file, patient, predictions.classes[label], row))
    return out.getvalue()


def header(classes: Sequence[str]) -> str:
    """First line of a CSV."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow([*_FIXED, *classes])
    return out.getvalue()


def require_columns(classes: Sequence[object]) -> None:
    """Whether classes can be called so: each is a column here, and words on screen.

    Raises:
        DataError: one cannot.
    """
    for name in classes:
        named = isinstance(name, str) and name.isprintable() and name == name.strip() and 0 < len(name) <= LONGEST
        if not named or name in _FIXED:
            raise DataError(
                f"No class can be called {name!r}. Give 1 to {LONGEST} printable characters, neither the first nor the "
                f"last a space, and none of the names {', '.join(_FIXED)}."
            )


def line(file: str, patient: str, label: str, probabilities: NDArray[np.float64]) -> list[str]:
    """Cells of one film's row, probabilities with six digits."""
    return [file, patient, label, *(f"{p:.6f}" for p in probabilities)]


def from_csv(path: Path, order: Sequence[str] = ()) -> Predictions:
    """The predictions in a file; see the format above.

    Args:
        path: of the file.
        order: of the classes, as in :func:`parse`.

    Raises:
        DataError: the file cannot be read, or a row is not as documented; the message names row and column.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"The predictions {path.name} cannot be read ({error}).") from error
    return parse(text, path.name, order)


def parse(text: str, name: str, order: Sequence[str] = ()) -> Predictions:
    """The predictions in a text; see the format above.

    Args:
        text: CSV.
        name: of the file, for messages.
        order: of the classes, such as a card's, if these are the table's; else the classes of a task have its order,
            and others that of the columns.

    Raises:
        DataError: a column is missing, or a row is not as documented; the message names row and column, rows being
            counted as a spreadsheet does, with the header as row 1.
    """
    try:
        header, *body = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")) if text.strip() else [[]]
    except csv.Error as error:
        raise DataError(f"The predictions {name} cannot be read ({error}).") from error
    table = _Table(name, tuple(column.strip() for column in header), body)
    places = {column: table.columns.index(column) for column in table.columns}
    classes = tuple(column for column in table.columns if column not in _FIXED)
    orders = (tuple(order), *(task.classes for task in TASKS.values()))
    classes = next((known for known in orders if set(known) == set(classes)), classes)
    files = table.texts(places["file"])
    _once(table, files)
    position = {label: place for place, label in enumerate(classes)}
    labels = table.texts(places["label"])
    for number, label in enumerate(labels):
        if label not in position:
            raise table.wrong(number, "label", f"{label!r} is none of {', '.join(classes)}")
    shares = np.stack([table.numbers(places[column]) for column in classes], axis=1)
    totals = shares.sum(axis=1)
    if (far := np.flatnonzero(np.abs(totals - 1) > _ROUNDING)).size:
        raise table.wrong(int(far[0]), f"{classes[0]} to {classes[-1]}", f"the sum is {totals[far[0]]:g}, not 1")
    return Predictions(
        classes,
        files,
        table.texts(places["patient"]),
        np.array([position[label] for label in labels], dtype=np.int64),
        shares / totals[:, None],
    )


class _Table:
    """Cells of a CSV, with errors that say where.

    Raises:
        DataError: columns are missing or there are no rows, or a row has more or fewer cells than the header.
    """

    def __init__(self, name: str, columns: tuple[str, ...], body: Sequence[Sequence[str]]) -> None:
        self.name, self.columns = name, columns
        self._rows = [row for row in body if row]
        self._numbers = [number for number, row in enumerate(body, start=2) if row]
        twice = sorted({column for column in columns if columns.count(column) > 1})
        if not set(_FIXED) <= set(columns) or len(columns) < len(_FIXED) + 2 or "" in columns or twice:
            raise DataError(
                f"{name}, row 1: the columns must be {', '.join(_FIXED)} and one per class, two at least, each once "
                f"and separated by commas, not {', '.join(columns) or 'none'}."
            )
        if not self._rows:
            raise DataError(f"{name} has a header and no rows. Give one film at least.")
        for place, row in enumerate(self._rows):
            if len(row) < len(columns):
                raise self.wrong(place, columns[len(row)], "the cell is missing")
            if len(row) > len(columns):
                raise self.wrong(place, str(len(columns) + 1), "there are more cells than columns")

    def wrong(self, place: int, column: str, says: str) -> DataError:
        """An error about a cell."""
        return DataError(f"{self.name}, row {self._numbers[place]}, column {column}: {says}.")

    def texts(self, column: int) -> tuple[str, ...]:
        """A column; no cell is empty."""
        cells = tuple(row[column] for row in self._rows)
        for place, cell in enumerate(cells):
            if not cell.strip():
                raise self.wrong(place, self.columns[column], "the cell is missing")
        return cells

    def numbers(self, column: int) -> NDArray[np.float64]:
        """A column of probabilities, float64 ``[N]``."""
        cells = self.texts(column)
        found = np.empty(len(cells))
        for place, cell in enumerate(cells):
            try:
                found[place] = float(cell)
            except ValueError:
                raise self.wrong(place, self.columns[column], _no_number(cell)) from None
        if (bad := np.flatnonzero(~np.isfinite(found))).size:
            raise self.wrong(int(bad[0]), self.columns[column], _no_number(cells[bad[0]]))
        if (bad := np.flatnonzero(found < 0)).size:
            raise self.wrong(int(bad[0]), self.columns[column], f"{cells[bad[0]]} is negative")
        if (bad := np.flatnonzero(found > 1 + _ROUNDING)).size:
            raise self.wrong(
                int(bad[0]), self.columns[column], f"{cells[bad[0]]} is above 1; divide percentages by 100"
            )
        return found


def _no_number(cell: str) -> str:
    return f"{cell!r} is no number; every column besides {', '.join(_FIXED)} is a class"


def _once(table: _Table, files: tuple[str, ...]) -> None:
    """Refuse two rows of one film."""
    seen: dict[str, int] = {}
    for place, file in enumerate(files):
        if seen.setdefault(file, place) != place:
            raise table.wrong(place, "file", f"{file!r} stands in an earlier row too; a film must have one row")
