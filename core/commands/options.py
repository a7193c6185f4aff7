"""Options and exit statuses that commands share."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.tasks import OWN, TASKS

ALL_DONE, SOME_FAILED, WRONG_USAGE = 0, 1, 2


def task_option(parser: argparse._ActionsContainer, *more: str) -> None:
    """--task: which classes; ``more`` are choices beside the tasks."""
    parser.add_argument(
        "--task",
        choices=[*TASKS, *more],
        default="pneumonia",
        help=f"which classes{'; own: those that the folders are called after' * (OWN in more)} (default: %(default)s)",
    )


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


def split_option(parser: argparse.ArgumentParser) -> None:
    """--split: which films of the folder."""
    parser.add_argument(
        "--split",
        default="test",
        help="train, val or test: as the folder has them or, where it has none, as the model's card says they were "
        "drawn; '' for all films of such a folder (default: %(default)s)",
    )


def json_option(parser: argparse.ArgumentParser) -> None:
    """--json: for programs."""
    parser.add_argument("--json", action="store_true", help="for programs: JSON on standard output")
