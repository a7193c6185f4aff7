"""``python -m core download``: the public pneumonia set."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.commands.options import ALL_DONE

HELP = "fetch the public pneumonia set (1.2 GB)"


def options(parser: argparse.ArgumentParser) -> None:
    """What can be asked."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="where to put train/ and test/")


def run(options: argparse.Namespace) -> int:
    """Fetch the public pneumonia set into the layout that training reads."""
    from core.download import download as fetch

    fetch(options.folder)
    print(options.folder)
    return ALL_DONE
