"""Keeps decoders from talking past us."""

from __future__ import annotations

import logging
import re
import warnings
from typing import Final

# Both libraries warn about broken files, and log what they find in files: a description, a value they dislike, which
# may be a name. What matters to a person is in our error message; nothing else may reach a log.
_FILTER: Final = ("ignore", None, UserWarning, re.compile(r"PIL\.|pydicom(\.|$)"), 0)


def quiet() -> None:
    """Silence the decoders' warnings and logs, for the whole process and for good.

    ``warnings.catch_warnings`` swaps a global and puts it back, which goes wrong when two threads overlap. Adding one
    filter that stays is safe: the check and the insert are atomic under the interpreter lock, and a second copy from
    a race does no harm. Called on every read because others (pytest) do reset the list.
    """
    if _FILTER not in warnings.filters:
        warnings.filterwarnings("ignore", category=UserWarning, module=_FILTER[3].pattern)
    for name in ("PIL", "pydicom"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
