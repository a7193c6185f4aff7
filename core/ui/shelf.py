"""Bytes kept on disk within a bound, for what is slow to make and the same for every visitor."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, Final

import diskcache

BOUND: Final = 256 * 2**20
"""Bytes; what was used longest ago goes first. About 30,000 small pictures."""

_TROUBLE: Final = (OSError, sqlite3.Error, diskcache.Timeout)


class _BytesOnly(diskcache.Disk):  # type: ignore[misc]  # comes without types
    """Gives back nothing that would have to be unpickled: whoever can write the folder could run code with that."""

    def fetch(self, mode: int, filename: str | None, value: Any, read: bool) -> Any:  # noqa: ANN401, FBT001 - the library's signature
        """What was stored, unless it is a pickle."""
        if mode == diskcache.core.MODE_PICKLE:
            raise OSError("not stored by us")
        return super().fetch(mode, filename, value, read)


class Shelf:
    """Bytes by key, on disk. Trouble with the disk costs time, never a page: then it holds nothing.

    Args:
        folder: where; created if need be. ``None``: nothing is kept.
        bound: bytes it may take.
    """

    def __init__(self, folder: Path | None, bound: int = BOUND) -> None:
        self._cache: Any = None
        if folder is not None:
            try:
                self._cache = diskcache.Cache(
                    str(folder), disk=_BytesOnly, size_limit=bound, eviction_policy="least-recently-used", timeout=5
                )
            except _TROUBLE:
                self._cache = None

    def get(self, key: str) -> bytes | None:
        """What was put there, or ``None``."""
        if self._cache is None:
            return None
        try:
            found = self._cache.get(key)
        except _TROUBLE:
            return None
        return found if isinstance(found, bytes) else None

    def put(self, key: str, value: bytes) -> None:
        """Keep it, if the disk allows."""
        if self._cache is not None:
            try:
                self._cache.set(key, value)
            except _TROUBLE:
                return
