"""``python -m core averages``: the average radiographs that the app shows and offers to try."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.commands.options import ALL_DONE, task_option
from core.tasks import TASKS

HELP = "make the average and the standard deviation radiograph of each class"


def options(parser: argparse.ArgumentParser) -> None:
    """What can be asked."""
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder with train/")
    task_option(parser)


def run(options: argparse.Namespace) -> int:
    """Average the training films of every class; prints the files."""
    from core.dataset import index, of_split
    from core.dataset.averages import make_averages

    task = TASKS[options.task]
    for path in make_averages(of_split(index(options.data, task), "train"), task):
        print(path)
    return ALL_DONE
