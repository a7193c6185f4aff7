"""``python -m core judge``: tables of predictions → figures, of all their films together."""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import TYPE_CHECKING

from core.commands.options import ALL_DONE
from core.tasks import TASKS, own_task

if TYPE_CHECKING:
    from core.evaluate import Predictions
    from core.tasks import Task

HELP = "figures of tables of predictions, such as those of a cross-validation"


def options(parser: argparse.ArgumentParser) -> None:
    """What can be asked."""
    parser.add_argument("tables", nargs="+", type=Path, metavar="CSV", help="predictions, as lie beside weights")
    parser.add_argument(
        "--among",
        type=lambda text: next(csv.reader([text], skipinitialspace=True)),
        metavar="CLASSES",
        help="films of these classes only, with commas between, as a row of a CSV table: a name that holds a comma "
        "itself in double quotes; how well are they told from each other?",
    )


def run(options: argparse.Namespace) -> int:
    """Put the tables together and print their figures."""
    from core.commands.evaluate import measure, show
    from core.evaluate import from_csv
    from core.evaluate.pooling import among, pooled

    predictions = pooled([from_csv(path) for path in options.tables])
    if options.among:
        predictions = among(predictions, options.among)
    people = len(set(predictions.patients))
    show(f"{len(predictions)} films of {people} patients", predictions, measure(predictions, _task(predictions)))
    return ALL_DONE


def _task(predictions: Predictions) -> Task:
    same = (task for task in TASKS.values() if task.classes == predictions.classes)
    return next(same, own_task(predictions.classes))
