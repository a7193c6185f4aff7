"""``python -m core index``: a folder of X-rays → a table of what is in it, for the page "Data set"."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.commands.options import ALL_DONE, SOME_FAILED, out_file, say, task_option
from core.tasks import TASKS

HELP = "list and measure every film of a folder, for the page 'Data set'"


def options(parser: argparse.ArgumentParser) -> None:
    """What can be asked."""
    parser.add_argument("data", type=Path, metavar="DIR", help="folder with train/ and test/, or one folder per class")
    task_option(parser)
    parser.add_argument("--out", type=out_file, metavar="FILE", help="CSV to write (default: standard output)")


def run(options: argparse.Namespace) -> int:
    """Read every film once; those that cannot be read keep their row and are named on standard error."""
    from core import files
    from core.dataset import index
    from core.dataset.census import to_csv
    from core.dataset.survey import survey

    census = survey(index(options.data, TASKS[options.task]), "index")
    text = to_csv(census)
    if options.out:
        files.write(options.out, text.encode())
    else:
        print(text, end="")
    failed = census.rows[census.rows["problem"] != ""]
    for file, problem in zip(failed["file"], failed["problem"], strict=True):
        say(f"{file}: {problem}")
    twins = int(census.rows["twins"].nunique())
    say(f"{len(census):,} films, {len(failed)} unreadable, {twins} groups of copies")
    return SOME_FAILED if len(failed) else ALL_DONE
