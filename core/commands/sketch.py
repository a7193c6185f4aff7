"""``python -m core sketch``: what every architecture looks like, for the page "Models"."""

from __future__ import annotations

import argparse

from core.architectures import ARCHITECTURES, sketch
from core.commands.options import ALL_DONE, out_file, say
from core.files import write

HELP = "measure stages, maps and weights of every architecture, for the page 'Models'"


def options(parser: argparse.ArgumentParser) -> None:
    """What can be asked."""
    parser.add_argument(
        "--out", type=out_file, default=sketch.SHIPPED, metavar="FILE", help="default: where the app looks for it"
    )


def run(options: argparse.Namespace) -> int:
    """Sketch every row of the table and store them in one file."""
    found = [sketch.measured(architecture) for architecture in ARCHITECTURES.values()]
    write(options.out, sketch.to_json(found).encode())
    say(f"{len(found)} architectures sketched in {options.out}")
    return ALL_DONE
