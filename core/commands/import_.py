"""``python -m core import``: weights trained elsewhere → a checkpoint."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from core.architectures import ARCHITECTURES, HEADS, Architecture
from core.commands.options import ALL_DONE, checkpoint_folder, checkpoint_option, count, say
from core.errors import CheckpointError
from core.tasks import OWN, TASKS, Task, own_task
from core.xray import Preprocessing

HELP = "take in weights that were trained elsewhere"

NORMALISED = {
    "imagenet": ((0.485, 0.229), (0.456, 0.224), (0.406, 0.225)),
    "half": ((0.5, 0.5),) * 3,
}
"""Mean and deviation of red, green and blue in training: torchvision's tutorials', and -1…1."""


def options(parser: argparse.ArgumentParser) -> None:
    """What can be asked."""
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help="a PyTorch state dict (.pth, .pt, .ckpt) or .safetensors; nothing is run",
    )
    parser.add_argument("--arch", choices=ARCHITECTURES, required=True, metavar="ARCH", help="see the README")
    parser.add_argument(
        "--classes", type=Path, required=True, metavar="JSON", help='class_indices.json: {"0": "name", …}'
    )
    parser.add_argument("--name", required=True, help="what it is called from now on")
    parser.add_argument(
        "--task",
        choices=[OWN, *TASKS],
        default=OWN,
        help="of whose classes it is; 'own': its classes are its own (default: %(default)s)",
    )
    parser.add_argument("--head", choices=HEADS, help="default: the one that the weights fit")
    parser.add_argument(
        "--rename",
        action="append",
        default=[],
        metavar="OLD=NEW",
        help="beginning of names in the file, and what torchvision calls them (repeatable)",
    )
    fed = parser.add_argument_group("what it was fed in training", "As torchvision's tutorials do, unless said here.")
    fed.add_argument("--size", type=count, help="side of its input, pixels (default: as published, mostly 224)")
    whole = fed.add_mutually_exclusive_group()
    whole.add_argument("--resize", type=count, help="shorter side before the crop, pixels (default: 256 for 224)")
    whole.add_argument("--squeeze", action="store_true", help="images were squeezed to a square instead of cropped")
    fed.add_argument(
        "--normalise",
        metavar="HOW",
        help=f"{', '.join(NORMALISED)} (-1 to 1), or MEAN,STD (default: imagenet; half for lenet and googlenet)",
    )
    fed.add_argument("--preprocessing", type=Path, metavar="JSON", help="instead of all these: what 'export' wrote")
    checkpoint_option(parser)


def run(options: argparse.Namespace) -> int:
    """Take in a file of weights; prints where the checkpoint is."""
    from core.portable import class_indices
    from core.portable.inward import Arrival, take_in

    architecture = ARCHITECTURES[options.arch]
    checkpoint = take_in(
        Arrival(
            weights=options.file,
            name=options.name,
            architecture=architecture,
            task=_task(options.task, class_indices.read(options.classes)),
            preprocessing=_preprocessing(options, architecture),
            out=checkpoint_folder(options),
            command=options.command_line,
            head=options.head,
            renamed=[_pair(text) for text in options.rename],
        ),
        say,
    )
    card = checkpoint.card
    says = f"{card.name}: {checkpoint.architecture.title} with a {HEADS[card.head].title.lower()} head, "
    say(f"{says}{len(card.classes)} classes: {', '.join(card.classes)}")
    if card.task == OWN:
        for note in (checkpoint.task.population, checkpoint.task.limits[-1]):
            say(f"note: {note}")
    print(checkpoint.weights)
    return ALL_DONE


def _task(name: str, classes: tuple[str, ...]) -> Task:
    if name == OWN:
        return own_task(classes)
    task = TASKS[name]
    if task.classes != classes:
        raise CheckpointError(
            f"The task '{name}' has the classes {', '.join(task.classes)}, in this order; the network has "
            f"{', '.join(classes)}. Leave --task away: its classes are its own."
        )
    return task


def _preprocessing(options: argparse.Namespace, architecture: Architecture) -> Preprocessing:
    try:
        if options.preprocessing:
            return Preprocessing.from_dict(json.loads(options.preprocessing.read_text(encoding="utf-8-sig")))
        size = architecture.size if options.size is None else options.size
        whole = round(size * 256 / 224) if options.resize is None else options.resize
        channels = _channels(options.normalise or ("half" if architecture.scaled or architecture.fed else "imagenet"))
        mean, std = (round(sum(part) / len(part), 4) for part in zip(*channels, strict=True))
        if options.squeeze:
            return Preprocessing(canvas=size, size=size, mean=mean, std=std, channels=channels)
        return Preprocessing(canvas=whole, size=size, mean=mean, std=std, fit="crop", channels=channels)
    except (ValueError, TypeError, RecursionError) as error:
        raise CheckpointError(f"The preprocessing makes no sense: {error}.") from error


def _channels(text: str) -> tuple[tuple[float, float], ...]:
    if text in NORMALISED:
        return NORMALISED[text]
    mean, _, std = text.partition(",")
    return ((float(mean), float(std)),) * 3


def _pair(text: str) -> tuple[str, str]:
    old, equals, new = text.partition("=")
    if not (old and equals):
        raise CheckpointError(f"--rename {text} does not say OLD=NEW.")
    return old, new
