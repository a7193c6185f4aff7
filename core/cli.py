"""The command line. Results go to standard output, progress and problems to standard error."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from core.architectures import ARCHITECTURES, architecture
from core.errors import PneumoLensError
from core.tasks import TASKS, task


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        0 all done, 1 some or all failed, 2 wrong usage.
    """
    arguments = sys.argv[1:] if argv is None else list(argv)
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options, arguments))
    except PneumoLensError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m core", description="PneumoLens on the command line. Research use only.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    train = commands.add_parser("train", help="train a network on a folder of X-rays and store the checkpoint")
    train.add_argument("--data", type=Path, required=True, help="folder with train/ and test/")
    train.add_argument("--task", choices=TASKS, default="pneumonia")
    train.add_argument("--arch", choices=ARCHITECTURES, required=True)
    train.add_argument("--init", default="scratch", help="scratch, imagenet, or a file (.safetensors, .pth, .onnx)")
    train.add_argument("--stages", default="128x16,224x4", help="resolutions and their epochs (default: %(default)s)")
    train.add_argument("--rate", type=float, default=2e-3, help="peak learning rate (default: %(default)s)")
    train.add_argument("--batch", type=int, default=64, help="films per step (default: %(default)s)")
    train.add_argument("--mixup", type=float, default=0.0, help="Beta parameter of mixup, 0 for none (default: %(default)s)")
    train.add_argument("--freeze", type=int, default=0, help="first layers of the trunk to leave as they are (default: %(default)s)")
    train.add_argument("--teacher", default="", metavar="NAME", help="checkpoint in --out whose probabilities temper the labels")
    train.add_argument("--decay", type=float, default=0.05, help="weight decay (default: %(default)s)")
    train.add_argument("--seed", type=int, default=1)
    train.add_argument("--out", type=Path, default=Path("weights"), help="folder for the checkpoint (default: %(default)s)")
    train.add_argument("--run", dest="folder", type=Path, help="folder for state and history (default: runs/<task>-<arch>)")
    train.set_defaults(run=_train)
    return parser


def _train(options: argparse.Namespace, arguments: Sequence[str]) -> int:
    from core.training.recipe import Recipe, parse_stages
    from core.training.run import Order, train

    recipe = Recipe(
        stages=parse_stages(options.stages),
        rate=options.rate,
        batch=options.batch,
        mixup=options.mixup,
        freeze=options.freeze,
        decay=options.decay,
        teacher=options.teacher,
        seed=options.seed,
    )
    folder = options.folder or Path("runs") / f"{options.task}-{options.arch}"
    command = "python -m core " + shlex.join(arguments)
    print(train(Order(options.data, task(options.task), architecture(options.arch), recipe, options.init, options.out, folder, command)))
    return 0
