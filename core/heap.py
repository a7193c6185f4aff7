"""Freed memory, handed back to the system.

Readings that are kept lie between the large blocks of those that are being made. The C library keeps what was freed
between them for itself, so that a server that reads film after film seems to grow, though what it holds does not.
"""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress


def trim() -> None:
    """Hand back what is free: some milliseconds. Does nothing where the C library is not GNU's."""
    if sys.platform == "linux":
        with suppress(AttributeError):  # another one
            ctypes.CDLL(None).malloc_trim(0)
