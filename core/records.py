"""Frozen records as a table on disk: one column per field, one row each."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, Protocol, TypeVar, get_type_hints

from core.errors import DataError
from core.files import write

_EXACT = 6  # digits of what means are made of

K = TypeVar("K")
R = TypeVar("R")


class OfNetwork(Protocol):
    """A record of one network."""

    @property
    def model(self) -> str:
        """Name of its checkpoint."""

    @property
    def weights_sha256(self) -> str:
        """Of its weights."""


N = TypeVar("N", bound=OfNetwork)


def to_csv(kind: type[R], records: Sequence[R], digits: int = 4) -> str:
    """Records as UTF-8 text with a header.

    Args:
        kind: of the records; its fields are texts and numbers.
        records: the rows.
        digits: of numbers that are not whole.
    """
    return ",".join(_columns(kind)) + "\n" + rows(kind, records, digits)


def rows(kind: type[R], records: Iterable[R], digits: int = 4) -> str:
    """The same without the header."""
    names, out = _columns(kind), io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for record in records:
        values = (getattr(record, name) for name in names)
        writer.writerow([f"{value:.{digits}f}" if isinstance(value, float) else value for value in values])
    return out.getvalue()


def from_csv(kind: type[R], text: str, name: str) -> list[R]:
    """Records that :func:`to_csv` wrote; a last row that was cut short is left out.

    Args:
        kind: of the records.
        text: the table.
        name: of its file, for messages.

    Raises:
        DataError: it is another kind of table, or a cell is no number; the message names row and column.
    """
    kinds = get_type_hints(kind)
    reader = csv.DictReader(io.StringIO(text[: text.rfind("\n") + 1]))
    if list(reader.fieldnames or ()) != _columns(kind):
        raise DataError(f"{name} is another kind of table. Choose another file, or delete it and make it again.")
    found: list[R] = []
    for number, row in enumerate(reader, start=2):
        values: dict[str, Any] = {}
        for column, text_of in row.items():
            try:
                values[column] = kinds[column](text_of)
            except (KeyError, TypeError, ValueError):
                raise DataError(f"{name}, row {number}, column {column}: {text_of!r} is no number.") from None
        found.append(kind(**values))
    return found


def load(kind: type[R], path: Path) -> list[R]:
    """The records in a file; none where there is no file yet.

    Raises:
        DataError: it cannot be read, or as :func:`from_csv`.
    """
    try:
        return from_csv(kind, path.read_text("utf-8"), path.name) if path.exists() else []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path.name} cannot be read ({error}). Choose another file, or make it again.") from error


def table(kind: type[R], path: Path) -> list[R]:
    """The records in a file that must be there.

    Raises:
        DataError: it is not, or as :func:`from_csv`.
    """
    if not path.is_file():
        raise DataError(f"There is no table {path}. Give --data DIR to make it.")
    return load(kind, path)


@contextmanager
def growing(kind: type[R], path: Path) -> Iterator[tuple[list[R], Callable[[Iterable[R]], None]]]:
    """A table that hours of work add to, whenever they are stopped: the records it has, and what adds others for good.

    A last row that was cut short is taken out first.

    Args:
        kind: of the records; numbers that are not whole are kept with six digits.
        path: of the table, made if need be.

    Raises:
        DataError: as :func:`load`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = load(kind, path)
    write(path, to_csv(kind, kept, _EXACT).encode())
    with path.open("a", encoding="utf-8") as file:

        def add(records: Iterable[R]) -> None:
            file.write(rows(kind, records, _EXACT))
            file.flush()

        yield kept, add


def renew(kind: type[N], path: Path, fresh: Sequence[N]) -> None:
    """Put ``fresh`` records in place of those of a table that measure the same, or are of weights that are gone.

    Raises:
        DataError: as :func:`from_csv`.
    """
    weights, done = {record.model: record.weights_sha256 for record in fresh}, set(map(_measured, fresh))
    others = [record for record in current(load(kind, path), weights) if _measured(record) not in done]
    write(path, to_csv(kind, [*others, *fresh]).encode())


def current(records: Sequence[N], weights: Mapping[str, str]) -> list[N]:
    """Records without those of other weights than these: they would never be shown.

    Args:
        records: of any networks.
        weights: name of a network → sha256 of its weights; of networks that are not named, all records stay.
    """
    return [record for record in records if weights.get(record.model, record.weights_sha256) == record.weights_sha256]


def grouped(records: Iterable[R], key: Callable[[R], K]) -> dict[K, list[R]]:
    """Records by what they have in common, groups in the order in which they first occur."""
    groups: dict[K, list[R]] = {}
    for record in records:
        groups.setdefault(key(record), []).append(record)
    return groups


def _measured(record: OfNetwork) -> tuple[str, ...]:
    """What a record is of: the network, and the method and the score where there are several."""
    return (record.model, *(str(getattr(record, name, "")) for name in ("method", "score")))


def _columns(kind: type[Any]) -> list[str]:
    return [field.name for field in fields(kind)]
