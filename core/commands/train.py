"""``python -m core train``: labelled films → a checkpoint."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from core.architectures import ARCHITECTURES
from core.architectures.head import DEFAULT, HEADS
from core.commands.options import ALL_DONE, checkpoint_folder, checkpoint_option, task_of, task_option
from core.errors import TrainingError, UsageError
from core.tasks import OWN
from core.training.best import JUDGES
from core.training.recipe import Augmentation, Biases, Keep, Recipe

if TYPE_CHECKING:
    from core.training.recipe import Stage

HELP = "train a network and store the checkpoint"

CLASS_WEIGHTS = {"none": 0.0, "sqrt": 0.5, "balanced": 1.0}
PLAIN = Recipe()
STAGES = ",".join(f"{stage.size}x{stage.epochs}" for stage in PLAIN.stages)
RESOLUTION, EPOCHS = PLAIN.size, PLAIN.epochs


def options(parser: argparse.ArgumentParser) -> None:
    """What can be asked."""
    _what(parser.add_argument_group("what"))
    _start(parser.add_argument_group("where it starts, and what of it learns"))
    _how(parser.add_argument_group("how long, and how"))
    _end(parser.add_argument_group("when it ends, and what is kept"))


def _what(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--data",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder with train/ and test/, or just one folder per class (see --fold)",
    )
    task_option(group, OWN)
    group.add_argument("--arch", choices=ARCHITECTURES, required=True, help="the network")
    group.add_argument("--head", choices=HEADS, default=DEFAULT, help="what follows the trunk (default: %(default)s)")
    group.add_argument(
        "--fold",
        metavar="K/N",
        help="where the folder has no splits: the K-th of N parts of the patients is the test split (default: 1/5)",
    )


def _start(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--init",
        default="scratch",
        metavar="scratch|imagenet|NAME|FILE",
        help="the weights it starts from: chance, ImageNet, a checkpoint in --out or of the app (of other classes "
        "only its trunk is taken; residual_vgg takes the layers that fit from a VGG, a deeper ResNet all of a "
        "shallower one), or a file (.safetensors, .pth, .onnx, or model.json of Keras' ResNet-50) "
        "(default: %(default)s)",
    )
    group.add_argument(
        "--freeze",
        type=_freeze,
        default=PLAIN.freeze,
        metavar="trunk|N",
        help="leave the trunk, or its first N layers (ReLUs and poolings count), as they are (default: %(default)s)",
    )
    group.add_argument(
        "--trunk-rate",
        type=float,
        default=PLAIN.trunk_rate,
        metavar="F",
        help="learning rate of the trunk as a factor of the head's (default: %(default)s)",
    )
    group.add_argument(
        "--teacher",
        default=PLAIN.teacher,
        metavar="NAMES",
        help="checkpoints in --out or of the app, or .safetensors files with their cards beside them, with commas "
        "between, whose probabilities temper the labels",
    )


def _how(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--stages",
        metavar="SIZExEPOCHS,…",
        help=f"progressive resizing: resolutions and their epochs, in order (default: {STAGES})",
    )
    group.add_argument(
        "--resolution",
        type=int,
        metavar="S",
        help=f"one resolution throughout, pixels a side, in place of --stages (default with --epochs: {RESOLUTION})",
    )
    group.add_argument(
        "--epochs", type=int, metavar="N", help=f"epochs at that resolution (default with --resolution: {EPOCHS})"
    )
    group.add_argument("--rate", type=float, default=PLAIN.rate, help="peak learning rate (default: %(default)s)")
    group.add_argument("--decay", type=float, default=PLAIN.decay, help="weight decay (default: %(default)s)")
    group.add_argument(
        "--batch",
        type=int,
        default=PLAIN.batch,
        help="films per step, of all processes together (default: %(default)s)",
    )
    group.add_argument(
        "--class-weights",
        choices=CLASS_WEIGHTS,
        default=next(name for name, power in CLASS_WEIGHTS.items() if power == PLAIN.class_power),
        help="weight of a class in the loss: the same (none), 1 / (films in it) (balanced), or the square root of that "
        "(default: %(default)s)",
    )
    group.add_argument("--mixup", type=float, default=PLAIN.mixup, help="Beta parameter of mixup, 0 for none")
    group.add_argument(
        "--transplant",
        type=float,
        default=PLAIN.transplant,
        metavar="SHARE",
        help="of chest films: so many have their chest put into the surroundings of another, 0 to 1 (default: none)",
    )
    group.add_argument(
        "--propensity",
        type=float,
        default=PLAIN.propensity,
        metavar="TIMES",
        help="films whose class is unlikely where their frame is count for more, at most so many times: then the frame "
        "tells nothing (default: all count alike)",
    )
    group.add_argument(
        "--augmentation",
        choices=get_args(Augmentation),
        default=PLAIN.augmentation,
        help="how much films are altered otherwise: strong works against what tells machines apart, mild suits a few "
        "hundred films, grainy is mild with noise and blur (default: %(default)s)",
    )
    group.add_argument("--seed", type=int, default=PLAIN.seed, help="of everything random (default: %(default)s)")


def _end(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--patience",
        type=int,
        default=PLAIN.patience,
        metavar="N",
        help="stop after N epochs at the last resolution without a better --judge; 0: never (default: %(default)s)",
    )
    group.add_argument(
        "--keep",
        choices=get_args(Keep),
        default=PLAIN.keep,
        help="weights of the last epoch, or of the one with the best --judge at the last resolution "
        "(default: %(default)s, as the shipped networks)",
    )
    group.add_argument(
        "--judge",
        choices=JUDGES,
        default=PLAIN.judge,
        help="figure on the validation films that says which epoch is better (default: %(default)s)",
    )
    group.add_argument(
        "--biases",
        choices=get_args(Biases),
        help="how readily each class is named: settled on validation, so that the merged classes weigh alike, or left "
        f"as training made it (default: {PLAIN.biases}; trained with --task own, whose classes do not merge)",
    )
    checkpoint_option(group)
    group.add_argument("--name", default="", help="what the checkpoint is called (default: <task>-<arch>)")
    group.add_argument(
        "--run",
        type=Path,
        metavar="DIR",
        help="folder for the state, to go on from, and the history as CSV (default: runs/NAME)",
    )
    group.add_argument(
        "--tensorboard", action="store_true", help="write the history for TensorBoard, too: RUN/tensorboard"
    )


def run(options: argparse.Namespace) -> int:
    """Train a network; prints where its weights are."""
    from core.training import run
    from core.training.order import Order
    from core.training.team import mine

    task = task_of(options)
    if "merged" in options.judge and not task.coarser:
        raise UsageError(
            f"--judge {options.judge} is a figure of merged classes, and classes of one's own are not merged. Choose "
            f"{', '.join(name for name in JUDGES if 'merged' not in name)}."
        )
    order = Order(
        data=options.data,
        task=task,
        architecture=ARCHITECTURES[options.arch],
        recipe=_recipe(options),
        init=options.init,
        head=options.head,
        called=options.name,
        out=checkpoint_folder(options),
        run=options.run or Path("runs") / (options.name or f"{task.name}-{options.arch}"),
        command=options.command_line,
        tensorboard=options.tensorboard,
    )
    path = run.train(order)
    if mine().leads:
        print(path)
    return ALL_DONE


def _recipe(options: argparse.Namespace) -> Recipe:
    from core.dataset import parse_fold

    return Recipe(
        stages=_stages(options),
        rate=options.rate,
        decay=options.decay,
        batch=options.batch,
        class_power=CLASS_WEIGHTS[options.class_weights],
        mixup=options.mixup,
        transplant=options.transplant,
        propensity=options.propensity,
        augmentation=options.augmentation,
        freeze=options.freeze,
        trunk_rate=options.trunk_rate,
        teacher=options.teacher,
        fold=parse_fold(options.fold) if options.fold else None,
        patience=options.patience,
        keep=options.keep,
        judge=options.judge,
        biases=options.biases or ("trained" if options.task == OWN else PLAIN.biases),
        seed=options.seed,
    )


def _stages(options: argparse.Namespace) -> tuple[Stage, ...]:
    from core.training.recipe import parse_stages

    plain = options.resolution is not None or options.epochs is not None
    if plain and options.stages:
        raise TrainingError("Give either --stages, or --resolution and --epochs.")
    if not plain:
        return parse_stages(options.stages or STAGES)
    resolution = RESOLUTION if options.resolution is None else options.resolution
    return parse_stages(f"{resolution}x{EPOCHS if options.epochs is None else options.epochs}")


def _freeze(text: str) -> int | Literal["trunk"]:
    if text != "trunk" and not text.removeprefix("-").isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is neither 'trunk' nor a number of layers")
    return "trunk" if text == "trunk" else int(text)
