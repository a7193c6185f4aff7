"""``python -m core train``: labelled films → a checkpoint."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from core.architectures import ARCHITECTURES
from core.architectures.head import DEFAULT, HEADS
from core.checkpoint import SHIPPED
from core.commands.options import ALL_DONE, task_option
from core.tasks import TASKS

HELP = "train a network and store the checkpoint"


def options(parser: argparse.ArgumentParser) -> None:
    """What can be asked."""
    parser.add_argument(
        "--data",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder with train/ and test/, or just one folder per class (see --fold)",
    )
    task_option(parser)
    parser.add_argument("--arch", choices=ARCHITECTURES, required=True)
    parser.add_argument("--head", choices=HEADS, default=DEFAULT, help="what follows the trunk (default: %(default)s)")
    parser.add_argument("--init", default="scratch", help="scratch, imagenet, or a file (.safetensors, .pth, .onnx)")
    parser.add_argument(
        "--freeze", type=int, default=0, metavar="N", help="leave the trunk's first N layers as they are"
    )
    parser.add_argument(
        "--teacher",
        default="",
        metavar="NAMES",
        help="checkpoints in --out, with commas between, whose probabilities temper the labels",
    )
    parser.add_argument("--stages", default="128x16,224x4", help="resolutions and their epochs (default: %(default)s)")
    parser.add_argument("--rate", type=float, default=2e-3, help="peak learning rate (default: %(default)s)")
    parser.add_argument("--decay", type=float, default=0.05, help="weight decay (default: %(default)s)")
    parser.add_argument("--batch", type=int, default=64, help="films per step (default: %(default)s)")
    parser.add_argument("--mixup", type=float, default=0.0, help="Beta parameter of mixup, 0 for none")
    parser.add_argument(
        "--fold",
        metavar="K/N",
        help="where the folder has no splits: the K-th of N parts of the patients is the test split (default: 1/5)",
    )
    parser.add_argument("--seed", type=int, default=1, help="default: %(default)s")
    parser.add_argument(
        "--out", type=Path, default=SHIPPED, metavar="DIR", help="folder for the checkpoint (default: weights)"
    )
    parser.add_argument(
        "--run", type=Path, metavar="DIR", help="folder for state and history (default: runs/<task>-<arch>)"
    )


def run(options: argparse.Namespace) -> int:
    """Train a network; prints where its weights are."""
    from core.dataset import parse_fold
    from core.training import run
    from core.training.order import Order
    from core.training.recipe import Recipe, parse_stages

    recipe = Recipe(
        stages=parse_stages(options.stages),
        rate=options.rate,
        decay=options.decay,
        batch=options.batch,
        mixup=options.mixup,
        freeze=options.freeze,
        teacher=options.teacher,
        fold=parse_fold(options.fold) if options.fold else None,
        seed=options.seed,
    )
    order = Order(
        data=options.data,
        task=TASKS[options.task],
        architecture=ARCHITECTURES[options.arch],
        recipe=recipe,
        init=options.init,
        head=options.head,
        out=options.out,
        run=options.run or Path("runs") / f"{options.task}-{options.arch}",
        command="python -m core " + shlex.join(options.arguments),
    )
    print(run.train(order))
    return ALL_DONE
