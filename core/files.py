"""Where the files are that come with the app; reading no more of a file than is wanted, and writing one whole."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path
from typing import Final

ASSETS: Final = Path(__file__).parent / "assets"
"""Where the tables and pictures of this project lie, and sketches of its networks."""


def write(path: Path, data: bytes) -> None:
    """Put ``data`` in place of ``path`` at once: before, the old file is there, after, the new one, and never a part.

    Raises:
        OSError: it cannot be written; what was there stays.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        error.filename = str(path)  # a part's name says nothing to whoever named the file
        raise
    finally:
        part.unlink(missing_ok=True)


def read_at_most(path: Path, most: int) -> bytes:
    """A file; of a larger one than ``most`` bytes so much, and one byte more, which tells that it is larger.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return file.read(most + 1)


def is_full(error: OSError) -> bool:
    """Whether the disk, or the user's share of it, is full."""
    return error.errno in {errno.ENOSPC, errno.EDQUOT}
