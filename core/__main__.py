"""``python -m core``: see :mod:`core.cli`."""

import os
import sys

from core.cli import main

status = main()
try:
    sys.stdout.flush()
except OSError:  # said already: Python, as it ends, would try again, and have an exit status of its own
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
raise SystemExit(status)
