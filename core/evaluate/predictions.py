"""Predictions: one row per film with truth and probabilities, as arrays and as CSV. Needs NumPy only."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError

_FIXED = ("file", "patient", "label")


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

    def __len__(self) -> int:
        return len(self.files)

    @property
    def decisions(self) -> NDArray[np.int64]:
        """Position of the most probable class, int64 ``[N]``."""
        chosen: NDArray[np.int64] = self.probabilities.argmax(axis=1).astype(np.int64)
        return chosen


def to_csv(predictions: Predictions) -> str:
    """Columns ``file, patient, label`` and one per class, six digits."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*_FIXED, *predictions.classes])
    for file, patient, label, row in zip(
        predictions.files, predictions.patients, predictions.labels, predictions.probabilities, strict=True
    ):
        writer.writerow([file, patient, predictions.classes[label], *(f"{p:.6f}" for p in row)])
    return out.getvalue()


def from_csv(path: Path) -> Predictions:
    """What :func:`to_csv` wrote.

    Raises:
        DataError: the file is missing, or a row is not as documented; the message names row and column.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
            columns = tuple(reader.fieldnames or ()) if rows else ()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"The predictions {path.name} cannot be read ({error}).") from error
    classes = tuple(column for column in columns if column not in _FIXED)
    if not set(_FIXED) <= set(columns) or not classes:
        raise DataError(
            f"{path.name}: the columns must be {', '.join(_FIXED)} and one per class, "
            f"not {', '.join(columns) or 'none'}."
        )
    labels, table = [], np.empty((len(rows), len(classes)))
    for number, row in enumerate(rows, start=2):
        if row["label"] not in classes:
            raise DataError(
                f"{path.name}, row {number}, column label: {row['label']!r} is none of {', '.join(classes)}."
            )
        labels.append(classes.index(row["label"]))
        for place, column in enumerate(classes):
            try:
                table[number - 2, place] = float(row[column])
            except (TypeError, ValueError) as error:
                raise DataError(f"{path.name}, row {number}, column {column}: {row[column]!r} is no number.") from error
    return Predictions(
        classes,
        tuple(row["file"] for row in rows),
        tuple(row["patient"] for row in rows),
        np.array(labels, dtype=np.int64),
        table / table.sum(axis=1, keepdims=True),
    )
