"""The index of a data set as a table: one row per film, what is known of it, and not a single pixel.

``python -m core index DIR`` writes such a table; any other program may. Needs pandas, which the rest of this package
does not load.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.dataset.folder import SPLITS
from core.errors import DataError
from core.files import ASSETS
from core.table import Table
from core.tasks import TASKS, Task

SHIPPED: Final = ASSETS / "pneumonia-index.csv"
"""The public pneumonia set's index, made by ``python -m core index``."""

MAX_ROWS: Final = 1_000_000
MAX_CLASSES: Final = 40
"""More are no classes but free text, or several findings in one cell."""

_UP: Final = re.compile(r"(?:^|/)\.\.(?:/|$)")
_DRIVE: Final = re.compile(r"^[A-Za-z]:")

Checked = tuple["pd.Series[Any]", NDArray[np.bool_], str]
"""Values, which of them are wrong, and what those should have been."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an index.

    Attributes:
        name: in the first line of the CSV.
        says: what it holds, with unit and range.
        read: text → values, and which of them are wrong. Empty text is "not known" and never gets here.
        needed: whether an index without it is refused; another column that is missing holds "not known" only.
    """

    name: str
    says: str
    read: Callable[[pd.Series], Checked]
    needed: bool = False


def _text(values: pd.Series[Any]) -> Checked:
    return values, np.zeros(len(values), bool), ""


def _file(values: pd.Series[Any]) -> Checked:
    # A name that leads out of the data set's folder must not even get into a table.
    wrong = values.str.startswith("/") | values.str.contains("\\", regex=False) | values.str.contains(_DRIVE)
    wrong |= values.str.contains(_UP)
    return values, wrong.to_numpy(bool), "a path below the data set's folder, with forward slashes and without '..'"


def _split(values: pd.Series[Any]) -> Checked:
    lower = values.str.lower()
    return lower, ~lower.isin(SPLITS).to_numpy(bool), f"one of {', '.join(SPLITS)}, or empty"


def _number(says: str, low: float, high: float, *, whole: bool = False) -> Callable[[pd.Series], Checked]:
    def read(values: pd.Series[Any]) -> Checked:
        numbers = pd.to_numeric(values, errors="coerce").astype(np.float64)
        array = numbers.to_numpy()
        wrong = ~((array >= low) & (array <= high))  # not a number is wrong as well
        return numbers, wrong | (array != np.floor(array)) if whole else wrong, says

    return read


def _hex(digits: int) -> Callable[[pd.Series], Checked]:
    pattern = re.compile(rf"[0-9a-f]{{{digits}}}")

    def read(values: pd.Series[Any]) -> Checked:
        lower = values.str.lower()
        return lower, ~lower.str.fullmatch(pattern).to_numpy(bool), f"{digits} hexadecimal digits"

    return read


_GREY: Final = _number("a number from 0 to 1", 0, 1)
_PIXELS: Final = _number("a whole number of pixels above 0", 1, 1_000_000, whole=True)

COLUMNS: Final[Table[Column]] = Table(
    "column",
    Column("file", "Path below the data set's folder, with forward slashes; names the film", _file, needed=True),
    Column("label", "Class of the film", _text, needed=True),
    Column("split", "train, val or test; empty where there are no splits", _split),
    Column("patient", "Who is on it; empty where that is not known", _text),
    Column("width", "Pixels", _PIXELS),
    Column("height", "Pixels", _PIXELS),
    Column("sha256", "Of the file's bytes: equal for exact copies", _hex(64)),
    Column("phash", "Perceptual hash of the picture, 64 bits: similar for similar pictures", _hex(16)),
    Column("brightness", "Mean grey, 0 (black) to 1 (white)", _GREY),
    Column("contrast", "Standard deviation of grey, 0 to 0.5", _number("a number from 0 to 0.5", 0, 0.5)),
    Column("dark", "5th percentile of grey, 0 to 1", _GREY),
    Column("bright", "95th percentile of grey, 0 to 1", _GREY),
    Column("twins", "Number of the group of copies and near copies it belongs to; empty when it has none",
           _number("a whole number", 0, 10**9, whole=True)),
    Column("problem", "Why the film cannot be read; empty when it can", _text),
)  # fmt: skip

NUMBERS: Final = ("width", "height", "brightness", "contrast", "dark", "bright", "twins")


@dataclass(frozen=True, eq=False)
class Census:  # without slots: what is worked out once is kept in the instance
    """An index as a table. Shared between visitors: never change its rows.

    Attributes:
        name: what it is called on screen; no path.
        rows: the COLUMNS, in their order. ``label`` and ``split`` are categories in the order of ``classes`` and
            ``splits``, numbers are float64 with NaN for "not known", all else is text with "" for that.
        classes: in the task's order, or sorted.
        task: the task these classes are of, if any.
        given: the columns that it has, and that are not "not known" for every film.
    """

    name: str
    rows: pd.DataFrame
    classes: tuple[str, ...]
    task: Task | None
    given: frozenset[str]

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def splits(self) -> tuple[str, ...]:
        """The splits that have films, in the order train, val, test, none ("")."""
        return tuple(str(split) for split in self.rows["split"].cat.categories)

    @cached_property
    def labels(self) -> NDArray[np.int64]:
        """Class of each film by position in ``classes``, int64 ``[N]``."""
        return self.rows["label"].cat.codes.to_numpy().astype(np.int64)

    @cached_property
    def split_places(self) -> NDArray[np.int64]:
        """Split of each film by position in ``splits``, int64 ``[N]``."""
        return self.rows["split"].cat.codes.to_numpy().astype(np.int64)

    @cached_property
    def patients(self) -> NDArray[np.int64]:
        """Patient of each film by number, int64 ``[N]``; -1 where not known."""
        codes, names = pd.factorize(self.rows["patient"])
        nobody = np.flatnonzero(names == "")
        return np.where(np.isin(codes, nobody), -1, codes).astype(np.int64)

    def where(self, keep: NDArray[np.bool_]) -> Census:
        """Only some of the films; classes and splits stay as they are, so that colours and places do.

        Args:
            keep: bool ``[N]``.
        """
        return replace(self, rows=self.rows[keep])

    def merged(self) -> Census:
        """The same films with the task's coarser classes (normal / pneumonia).

        Raises:
            DataError: the classes are of no task, so nothing says which belong together.
        """
        if self.task is None:
            raise DataError("The classes of this index are of no known task: which belong together is not known.")
        coarse = self.rows["label"].astype(str).map(dict(self.task.merged))
        label = pd.Categorical(coarse, categories=self.task.merged_classes)
        return replace(self, rows=self.rows.assign(label=label), classes=self.task.merged_classes, task=None)


def load(path: Path) -> Census:
    """The index in a CSV file, named as the file is.

    Raises:
        DataError: it cannot be read, or as :func:`parse`.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"The index {path.name} cannot be read ({error.strerror}).") from error
    return parse(data, path.name)


def parse(data: bytes, name: str) -> Census:
    """An index from the bytes of a CSV file.

    Columns are those of COLUMNS, in any order; those that are missing hold "not known", unknown ones are left out.

    Args:
        data: the file, UTF-8.
        name: what to call it in messages and on screen.

    Raises:
        DataError: no CSV, a needed column is missing, or a cell is wrong; the message names row and column. Rows are
            counted as a spreadsheet does: the first line, with the names, is row 1.
    """
    raw = _cells(data, name)
    missing = [column.name for column in COLUMNS.values() if column.needed and column.name not in raw]
    if missing:
        raise DataError(
            f"{name}, row 1: there is no column {' and no column '.join(missing)}, but {', '.join(raw.columns[:8])}. "
            f"An index has the columns {', '.join(COLUMNS)}; file and label are needed."
        )
    if raw.empty:
        raise DataError(f"{name}: there is no film in this index, only the names of its columns.")
    if len(raw) > MAX_ROWS:
        raise DataError(f"{name}: more than {MAX_ROWS:,} films are too many. Split the index.")
    values = {column.name: _values(raw, column, name) for column in COLUMNS.values() if column.name in raw}
    _once(values["file"], name)
    found = of_columns(values, name)
    if len(found.classes) > MAX_CLASSES:
        raise DataError(
            f"{name}, column label: {len(found.classes):,} different classes, at most {MAX_CLASSES} can be shown. "
            "An index names one class per film."
        )
    return found


def of_columns(values: Mapping[str, Sequence[object] | NDArray[np.float64] | pd.Series[Any]], name: str) -> Census:
    """An index from columns that are known to be right.

    Args:
        values: column → a value per film: text, and for NUMBERS floats with NaN for "not known". Those of COLUMNS that
            are missing are not known of any film.
        name: what to call it on screen.
    """
    rows = pd.DataFrame(
        {column: values.get(column, np.nan if column in NUMBERS else "") for column in COLUMNS},
        index=pd.RangeIndex(len(values["file"])),
    )
    found = rows["label"].unique().tolist()
    task = next((task for task in TASKS.values() if set(found) <= set(task.classes)), None)
    classes = task.classes if task else tuple(sorted(found))
    splits = [split for split in (*SPLITS, "") if (rows["split"] == split).any()]
    rows["label"] = pd.Categorical(rows["label"], categories=classes)
    rows["split"] = pd.Categorical(rows["split"], categories=splits)
    # An empty "twins" or "problem" says that there is none.
    given = {
        column
        for column in values
        if column in {"twins", "problem"}
        or (rows[column].notna() if column in NUMBERS else rows[column] != "").to_numpy(bool).any()
    }
    return Census(name, rows, classes, task, frozenset(given))


def to_csv(census: Census) -> str:
    """What :func:`parse` reads: whole numbers as such, grey values with four digits, empty for "not known"."""
    rows = census.rows.copy()
    for column in NUMBERS:
        whole = column in {"width", "height", "twins"}
        rows[column] = [
            "" if np.isnan(value) else f"{value:.0f}" if whole else f"{value:.4f}" for value in rows[column].to_numpy()
        ]
    return str(rows.to_csv(index=False, lineterminator="\n"))


def _cells(data: bytes, name: str) -> pd.DataFrame:
    """The CSV as text, nothing guessed."""
    try:
        raw = pd.read_csv(
            io.BytesIO(data), dtype=str, keep_default_na=False, encoding="utf-8-sig", skip_blank_lines=False
        )
    except UnicodeDecodeError as error:
        raise DataError(f"{name} is no text in UTF-8. Save the table as 'CSV UTF-8'.") from error
    except pd.errors.EmptyDataError as error:
        raise DataError(f"{name} is empty. An index has the columns {', '.join(COLUMNS)}.") from error
    except pd.errors.ParserError as error:
        # "Error tokenizing data. C error: Expected 2 fields in line 3, saw 5": the line is what people need.
        what = re.sub(r"^Error tokenizing data\. C error: ", "", str(error)).strip().rstrip(".")
        what = re.sub(r"\bline (\d+)", r"row \1", what)
        raise DataError(f"{name} is no table of comma-separated values: {what}. Save it as CSV again.") from error
    if not isinstance(raw.index, pd.RangeIndex):  # pandas takes the first cell of longer rows for the row's name
        raise DataError(f"{name}, row 2: there are more cells than columns in row 1. Name every column, or remove it.")
    header = pd.read_csv(io.BytesIO(data), dtype=str, encoding="utf-8-sig", header=None, nrows=1).iloc[0].dropna()
    if twice := sorted({column for column in header if (header == column).sum() > 1}):  # pandas calls one "label.1"
        raise DataError(f"{name}, row 1: the column {', '.join(twice)} is there twice. Rename or remove one.")
    raw.columns = [str(column).strip() for column in raw.columns]
    return raw.fillna("")  # a row cut short


def _values(raw: pd.DataFrame, column: Column, name: str) -> pd.Series[Any]:
    """One column, every cell checked."""
    text = raw[column.name]
    known = (text != "").to_numpy(bool)
    if column.needed and not known.all():
        raise DataError(f"{name}, row {int(known.argmin()) + 2}, column {column.name}: the cell is empty.")
    if known.all():
        values, wrong, should = column.read(text)
    else:
        some, bad, should = column.read(text[known])
        values = some.reindex(text.index)
        if column.name not in NUMBERS:
            values = values.fillna("")
        wrong = np.zeros(len(text), bool)
        wrong[known] = bad
    if wrong.any():
        place = int(wrong.argmax())
        raise DataError(f"{name}, row {place + 2}, column {column.name}: {text.iloc[place][:80]!r} is not {should}.")
    return values


def _once(files: pd.Series[Any], name: str) -> None:
    """Refuse a file that is named twice: pages and predictions find a film by it."""
    again = files.duplicated().to_numpy(bool)
    if again.any():
        place = int(again.argmax())
        first = int((files == files.iloc[place]).to_numpy(bool).argmax())
        raise DataError(
            f"{name}, row {place + 2}, column file: {files.iloc[place][:80]!r} is in row {first + 2} already. "
            "Every film has one row."
        )
