"""The command line: what can be asked. Results go to standard output, progress and problems to standard error."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from core import commands
from core.architectures import ARCHITECTURES
from core.checkpoint import SHIPPED
from core.errors import PneumoLensError, UnknownNameError
from core.explain import DEFAULT, METHODS
from core.tasks import TASKS


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        0 all done, 1 some or all failed, 2 wrong usage.
    """
    arguments = sys.argv[1:] if argv is None else list(argv)
    options = _parser().parse_args(arguments)
    options.arguments = arguments
    try:
        return int(getattr(commands, options.command)(options))
    except UnknownNameError as error:
        print(f"error: {error}", file=sys.stderr)
        return commands.WRONG_USAGE
    except PneumoLensError as error:
        print(f"error: {error}", file=sys.stderr)
        return commands.SOME_FAILED
    except OSError as error:
        print(f"error: {error.filename or 'input or output'}: {error.strerror or error}.", file=sys.stderr)
        return commands.SOME_FAILED
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return commands.SOME_FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m core", description="PneumoLens on the command line. Research use only, not a medical device."
    )
    added = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")

    models = added.add_parser("models", help="list the trained networks")
    _weights(models)
    _json(models)

    read = added.add_parser("read", help="read X-rays: probabilities, and heatmaps on request")
    read.add_argument("files", nargs="+", metavar="FILE", help="files, folders or patterns such as 'films/*.dcm'")
    _model(read)
    _json(read)
    read.add_argument("--heatmaps", type=Path, metavar="DIR", help="write an overlay per film into this folder")
    read.add_argument("--target", metavar="CLASS", help="class whose evidence is drawn (default: the predicted one)")
    read.add_argument("--method", choices=METHODS, default=DEFAULT, help="default: %(default)s")

    evaluate = added.add_parser("evaluate", help="measure a network on a folder of X-rays")
    _model(evaluate)
    _json(evaluate)
    evaluate.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder with one folder per class")
    evaluate.add_argument("--split", default="test", help="'' where the folder has none (default: %(default)s)")
    evaluate.add_argument("--predictions", type=Path, metavar="CSV", help="also write every film's probabilities")

    _train(added.add_parser("train", help="train a network and store the checkpoint"))

    averages = added.add_parser("averages", help="make the average radiograph of each class")
    averages.add_argument("--data", type=Path, required=True, metavar="DIR")
    _task(averages)

    download = added.add_parser("download", help="fetch the public pneumonia set (1.2 GB)")
    download.add_argument("folder", type=Path, metavar="DIR", help="where to put train/ and test/")
    return parser


def _train(train: argparse.ArgumentParser) -> None:
    train.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder with train/ and test/")
    _task(train)
    train.add_argument("--arch", choices=ARCHITECTURES, required=True)
    train.add_argument("--init", default="scratch", help="scratch, imagenet, or a file (.safetensors, .pth, .onnx)")
    train.add_argument(
        "--freeze", type=int, default=0, metavar="N", help="leave the trunk's first N layers as they are"
    )
    train.add_argument(
        "--teacher", default="", metavar="NAME", help="checkpoint in --out whose probabilities temper the labels"
    )
    train.add_argument("--stages", default="128x16,224x4", help="resolutions and their epochs (default: %(default)s)")
    train.add_argument("--rate", type=float, default=2e-3, help="peak learning rate (default: %(default)s)")
    train.add_argument("--decay", type=float, default=0.05, help="weight decay (default: %(default)s)")
    train.add_argument("--batch", type=int, default=64, help="films per step (default: %(default)s)")
    train.add_argument("--mixup", type=float, default=0.0, help="Beta parameter of mixup, 0 for none")
    train.add_argument("--seed", type=int, default=1, help="default: %(default)s")
    train.add_argument(
        "--out", type=Path, default=SHIPPED, metavar="DIR", help="folder for the checkpoint (default: weights)"
    )
    train.add_argument(
        "--run", type=Path, metavar="DIR", help="folder for state and history (default: runs/<task>-<arch>)"
    )


def _task(command: argparse.ArgumentParser) -> None:
    command.add_argument("--task", choices=TASKS, default="pneumonia", help="default: %(default)s")


def _weights(command: argparse.ArgumentParser) -> None:
    command.add_argument("--weights", type=Path, default=SHIPPED, metavar="DIR", help="folder of checkpoints")


def _model(command: argparse.ArgumentParser) -> None:
    command.add_argument("--model", required=True, metavar="NAME", help="see 'python -m core models'")
    _weights(command)


def _json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="for programs: JSON on standard output")
