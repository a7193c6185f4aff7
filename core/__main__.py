"""``python -m core``: see :mod:`core.cli`."""

import os
import sys

from core.cli import main

status = main()
try:
    print(end="", flush=True)  # noqa: T201 - nothing: print takes it when there is no standard output
except OSError:  # said already: Python, as it ends, would try again, and have an exit status of its own
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
raise SystemExit(status)
