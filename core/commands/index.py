"""``python -m core index``: a folder of X-rays → a table of what is in it, for the page "Data set"."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.commands.options import ALL_DONE, SOME_FAILED, out_file, say, task_of, task_option
from core.tasks import OWN

HELP = "list and measure every film of a folder, for the page 'Data set'"


def options(parser: argparse.ArgumentParser) -> None:
    """What can be asked."""
    parser.add_argument("data", type=Path, metavar="DIR", help="folder with train/ and test/, or one folder per class")
    task_option(parser, OWN)
    parser.add_argument("--out", type=out_file, metavar="FILE", help="CSV to write (default: standard output)")


def run(options: argparse.Namespace) -> int:
    """Read every film of the task once; those that cannot be read keep their row and are named on standard error."""
    from core import files
    from core.dataset import index, left_out, says_left_out
    from core.dataset.census import to_csv
    from core.dataset.survey import survey

    task = task_of(options)
    films = index(options.data, task)
    for line in says_left_out(left_out(options.data, task), task):
        say(line)
    census = survey(films, "index")
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
