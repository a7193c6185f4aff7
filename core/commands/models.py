"""``python -m core models``: which networks there are."""

from __future__ import annotations

import argparse
import json

from core import checkpoint
from core.commands.options import ALL_DONE, SOME_FAILED, count, say, weights_option

HELP = "list the trained networks"


def options(parser: argparse.ArgumentParser) -> None:
    """What can be asked."""
    weights_option(parser)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help="for programs: JSON on standard output")
    how.add_argument(
        "--table", action="store_true", help="Markdown, with calibration error and the time of a reading measured now"
    )
    parser.add_argument(
        "--rounds",
        type=count,
        default=15,
        metavar="N",
        help="with --table: readings timed of each (default: %(default)s)",
    )


def run(options: argparse.Namespace) -> int:
    """List the checkpoints; broken ones, on standard error, with the reason."""
    good, bad = checkpoint.find(*options.weights)
    for broken in bad:
        say(f"{broken.name} cannot be used: {broken.reason}")
    if options.json:
        print(json.dumps([found.card.model_dump(mode="json") for found in good.values()], ensure_ascii=False))
        return SOME_FAILED if bad else ALL_DONE
    if options.table:
        from core.commands.models_table import markdown

        print(markdown(good, options.rounds))
        return SOME_FAILED if bad else ALL_DONE
    for name, found in good.items():
        card = found.card
        two = f"  two-class {card.metrics.get('merged_accuracy', 'unknown')}" if found.task.coarser else ""
        print(
            f"{name:24} {card.weights_bytes / 1e6:5.1f} MB  {card.parameters / 1e6:5.2f} M parameters  "
            f"{card.preprocessing['size']} px  "
            f"test accuracy {card.metrics.get('accuracy', 'unknown')}{two}"
        )
    return SOME_FAILED if bad else ALL_DONE
