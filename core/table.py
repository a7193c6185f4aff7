"""A frozen table: rows by name, in their order. What the app offers is rows in such tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol, TypeVar

from core.errors import UnknownNameError


class Named(Protocol):
    """A row: anything with a name."""

    @property
    def name(self) -> str:
        """Key in the table."""


Row = TypeVar("Row", bound=Named)


class Table(Mapping[str, Row]):
    """Rows by name. A name that is not there raises an error that lists those that are.

    Args:
        kind: what a row is called in that error, e.g. ``"architecture"``.
        rows: in the order in which they are shown.

    Raises:
        ValueError: two rows share a name.
    """

    def __init__(self, kind: str, *rows: Row) -> None:
        self._kind = kind
        self._rows: dict[str, Row] = {}
        for row in rows:
            if row.name in self._rows:
                raise ValueError(f"two rows of the table of {kind}s are called {row.name!r}")
            self._rows[row.name] = row

    def __getitem__(self, name: str) -> Row:
        """The row called ``name``.

        Raises:
            UnknownNameError: there is none.
        """
        try:
            return self._rows[name]
        except KeyError:
            raise UnknownNameError(self._kind, name, self._rows) from None

    def __iter__(self) -> Iterator[str]:
        """Names, in order."""
        return iter(self._rows)

    def __len__(self) -> int:
        """How many rows."""
        return len(self._rows)
