"""``python -m core guard``: films → what a network knows of the films it was trained on, and what that is worth."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from core.aids import Aid, AidCard, open_aid, store_aid
from core.commands.options import ALL_DONE, networks, say, weights_option
from core.errors import UsageError
from core.guard.known import looked_with, name_of
from core.tasks import TASKS

if TYPE_CHECKING:
    from core.checkpoint import Checkpoint

HELP = "measure which films a network knows, so that others are refused or read with a warning"


def options(parser: argparse.ArgumentParser) -> None:
    """What can be asked."""
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="folder the network was trained on (without: print what was measured)"
    )
    parser.add_argument(
        "--others",
        type=Path,
        metavar="DIR",
        help="films of another population (adults, say), one folder per source: the network learns to warn of them",
    )
    parser.add_argument("--model", metavar="NAME", help="default: every network here")
    weights_option(parser)


def run(options: argparse.Namespace) -> int:
    """Fit, choose limits on validation films and half of the negatives, measure on test films and the other half."""
    for one in _judged(options):
        aid = _make(one, options) if options.data else open_aid(name_of(one), one.aids)
        print("\n".join(_lines(aid.card)) if aid else f"{one.name}: no statistics. Give --data DIR to make them.")
    return ALL_DONE


def _judged(options: argparse.Namespace) -> list[Checkpoint]:
    """The networks asked for whose films a guard judges.

    Raises:
        UsageError: it judges none of the network that was named.
    """
    found = []
    for one in networks(options):
        if one.task.chest:
            found.append(one)
            continue
        says = f"{one.name} has classes of its own, so nothing is known of its images, and no guard judges them."
        if options.model:
            raise UsageError(f"{says} Name a network of {' or '.join(TASKS)}.")
        say(f"left out: {says}")
    return found


def _make(chosen: Checkpoint, options: argparse.Namespace) -> Aid:
    from core.guard.making import make
    from core.models import get_pool

    made = make(get_pool().get(chosen), options.data, options.others, say)
    return store_aid(
        chosen.aids,
        made.known.tensors(),
        {
            "name": name_of(chosen),
            "purpose": f"How far a film is from those {chosen.name} was trained on",
            "settings": {
                "weights_sha256": chosen.card.weights_sha256,
                "orientation_sha256": looked_with(),
                **made.known.settings(),
            },
            "data": chosen.card.training.data,
            "films": made.films,
            "command": options.command_line,
            "metrics": made.metrics,
            "measured": made.measured,
            "limits": (
                "Research use only: not a medical device.",
                "An accepted film can still be of another population, badly exposed, or of something never met.",
                "Most negatives are made by code; real films of other body parts were not there to measure on.",
                "Left-right mirroring is not noticed.",
            ),
            "licence": chosen.card.licence,
            "citation": "Lee et al. 2018, NeurIPS (distance); " + chosen.card.citation,
        },
    )


def _lines(card: AidCard) -> list[str]:
    """What was measured: shares of films with 95 % intervals, then the rest."""
    shares = [f"  {name:32} {one:.4f}" for name, one in card.metrics.items()]
    return [card.name, *shares, *(f"  {name:32} {value:.4g}" for name, value in card.measured.items())]
