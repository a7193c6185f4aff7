"""Options and exit statuses that commands share."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from core import checkpoint
from core.checkpoint import Checkpoint
from core.errors import DataError
from core.tasks import OWN, TASKS, Task, own_task

ALL_DONE, SOME_FAILED, WRONG_USAGE = 0, 1, 2


def count(text: str) -> int:
    """What an option's text says, where it is a number of things: one or more.

    Raises:
        ArgumentTypeError: it is not.
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return int(text)


def out_file(text: str) -> Path:
    """A path that a file can be written at: said before hours of work, not after.

    Raises:
        ArgumentTypeError: it is a folder, or in none.
    """
    path = Path(text)
    if path.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is a folder; name a file")
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {str(path.parent)!r} to write into; make it first")
    return path


def task_option(parser: argparse._ActionsContainer, *more: str) -> None:
    """--task: which classes; ``more`` are choices beside the tasks."""
    parser.add_argument(
        "--task",
        choices=[*TASKS, *more],
        default="pneumonia",
        help=f"which classes{'; own: those that the folders are called after' * (OWN in more)} (default: %(default)s)",
    )


def task_of(options: argparse.Namespace) -> Task:
    """The task that --task names; of classes of one's own, that of the folders of --data.

    Raises:
        DataError: these are no folders of classes.
    """
    from core.dataset import classes_in

    return own_task(classes_in(options.data)) if options.task == OWN else TASKS[options.task]


def weights_option(parser: argparse.ArgumentParser) -> None:
    """--weights: where the checkpoints are."""
    parser.add_argument(
        "--weights",
        type=Path,
        nargs=1,
        default=(),
        metavar="DIR",
        help="folder of checkpoints (default: the shipped ones, and those in the folder that PNEUMOLENS_WEIGHTS names)",
    )


def model_option(parser: argparse.ArgumentParser) -> None:
    """--model and --weights: which checkpoint."""
    parser.add_argument("--model", required=True, metavar="NAME", help="see 'python -m core models'")
    weights_option(parser)


def networks_option(parser: argparse.ArgumentParser) -> None:
    """--model, which may be repeated, and --weights: which checkpoints; :func:`networks` finds them."""
    parser.add_argument("--model", action="append", metavar="NAME", help="may be repeated (default: every network)")
    weights_option(parser)


def networks(options: argparse.Namespace) -> list[Checkpoint]:
    """The networks that --model names; else all there are, but for those whose classes --data has no films of.

    What is measured on films of half a network's classes is worth nothing: those are named, and left alone.

    Raises:
        DataError: a network that was named is such a one, or there is no such folder.
        CheckpointError: there is no such network.
    """
    asked = [options.model] if isinstance(options.model, str) else options.model or []
    found = [checkpoint.named(name, *options.weights) for name in asked]
    found = found or list(checkpoint.find(*options.weights)[0].values())
    if not options.data:
        return found
    there: dict[tuple[str, ...], set[str]] = {}  # classes → those with films: a folder is walked once for each task
    fit = []
    for one in found:
        classes = one.card.classes
        if classes not in there:
            there[classes] = _labels(options.data, one.task)
        lacking = [label for label in classes if label not in there[classes]]
        if not lacking:
            fit.append(one)
            continue
        says = f"{options.data} holds no film of {', '.join(lacking)}, which {one.name} knows."
        if asked:
            raise DataError(f"{says} Give the folder that it was trained on, or one with all its classes.")
        say(f"left out: {says}")
    return fit


def _labels(data: Path, task: Task) -> set[str]:
    """The classes of which a folder has films; none where all of its films are of something else."""
    from core.dataset import index

    try:
        return {film.label for film in index(data, task)}
    except DataError:
        if data.is_dir():
            return set()
        raise


def films_option(parser: argparse.ArgumentParser, *, table: bool = False) -> None:
    """--data and --split: which films. Left out where there is a ``table`` of them, that is printed as it is."""
    says = "folder with one folder per class" + " (without: print the table there is)" * table
    parser.add_argument("--data", type=Path, required=not table, metavar="DIR", help=says)
    parser.add_argument(
        "--split",
        default="test",
        help="train, val or test: as the folder has them or, where it has none, as the model's card says they were "
        "drawn; '' for all films of such a folder (default: %(default)s)",
    )


def rows_option(parser: argparse.ArgumentParser, default: str) -> None:
    """--rows: where the figures of every film are kept."""
    parser.add_argument(
        "--rows",
        type=Path,
        default=Path(default),
        metavar="CSV",
        help="figures of every film; run again, it goes on where it was stopped (default: %(default)s)",
    )


def checkpoint_option(parser: argparse._ActionsContainer) -> None:
    """--out: where a new checkpoint goes."""
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="folder for the checkpoint (default: the one that PNEUMOLENS_WEIGHTS names, else weights)",
    )


def checkpoint_folder(options: argparse.Namespace) -> Path:
    """What --out says, or its default: looked for when a checkpoint is made, not whenever a command is read."""
    return options.out or checkpoint.folders()[-1]


def json_option(parser: argparse.ArgumentParser) -> None:
    """--json: for programs."""
    parser.add_argument("--json", action="store_true", help="for programs: JSON on standard output")


def measured_already(name: str, out: Path) -> str:
    """What is said where a table has all of a network, so that nothing is measured."""
    return f"{name}: all of it is in {out} already. To measure it on other films give another --out."


def say(text: str) -> None:
    """A line on standard error, where whatever is no result goes."""
    print(text, file=sys.stderr, flush=True)
