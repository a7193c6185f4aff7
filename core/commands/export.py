"""``python -m core export``: a checkpoint → files that other programs read."""

from __future__ import annotations

import argparse
from pathlib import Path

from core import checkpoint
from core.commands.options import ALL_DONE, weights_option

HELP = "write a network as a PyTorch state dict and as ONNX"


def options(parser: argparse.ArgumentParser) -> None:
    """What can be asked."""
    parser.add_argument("model", metavar="NAME", help="see 'python -m core models'")
    weights_option(parser)
    parser.add_argument("--to", type=Path, required=True, metavar="DIR", help="folder for the files")


def run(options: argparse.Namespace) -> int:
    """Write the files; prints each."""
    from core.portable.outward import hand_out

    for path in hand_out(checkpoint.named(options.model, *options.weights), options.to):
        print(path)
    return ALL_DONE
