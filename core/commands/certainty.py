"""``python -m core certainty``: validation films → what is said of how sure a network is, and what that is worth."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.commands.options import ALL_DONE, SOME_FAILED, json_option, networks, say, weights_option
from core.words import percent

if TYPE_CHECKING:
    from core.certainty import Certainty
    from core.checkpoint import Checkpoint, Interval
    from core.evaluate import Predictions

HELP = "measure how sure a network is: prediction sets, films for a human reader, words"


def options(parser: argparse.ArgumentParser) -> None:
    """What can be asked."""
    parser.add_argument("--model", metavar="NAME", help="default: every network here that has, or gets, what is needed")
    weights_option(parser)
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="folder the network was trained on: read its validation films and keep the predictions beside the weights "
        "(default: use those that are there)",
    )
    json_option(parser)


def run(options: argparse.Namespace) -> int:
    """Make validation predictions where a folder is given; print what is fitted to them, measured on test films."""
    from core.certainty import certainty_of
    from core.errors import DataError
    from core.evaluate import from_csv

    status = ALL_DONE
    for one in networks(options):
        if options.data:
            status = max(status, _read(one, options.data))
        try:
            found = certainty_of(one)
        except DataError as error:
            if options.model:
                raise
            say(str(error))
            status = SOME_FAILED
            continue
        test = from_csv(one.predictions, one.card.classes) if one.predictions.is_file() else None
        if options.json:
            print(json.dumps(_facts(one, found, test)))
        else:
            _print(one, found, test)
    return status


def _read(chosen: Checkpoint, data: Path) -> int:
    """Read the validation films and keep what is said of them."""
    from core.evaluate import to_csv
    from core.evaluate.films import films_of, predict
    from core.files import write
    from core.models import get_pool

    films, _ = films_of(chosen, data, "val")
    predictions, failed = predict(get_pool().get(chosen), films)
    for file, reason in failed.items():
        say(f"{file}: {reason}")
    write(chosen.validation, to_csv(predictions).encode())
    say(f"{chosen.validation}: {len(predictions)} films")
    return SOME_FAILED if failed else ALL_DONE


def _facts(chosen: Checkpoint, found: Certainty, test: Predictions | None) -> dict[str, Any]:
    """One object for programs; figures are of the test films, ``null`` where there are no predictions of them."""
    from core.certainty import LEVELS, TARGETS, WORDINGS, coverage, kept, risk, said

    fitted = {
        "model": chosen.name,
        "view": chosen.card.view,
        "validation_films": found.films,
        "slips": {
            f"{true} recorded as {other}": round(float(found.slips[i, j]), 4)
            for i, true in enumerate(chosen.card.classes)
            for j, other in enumerate(chosen.card.classes)
            if i != j and found.slips[i, j] > 0
        },
        "cuts": {name: round(low, 6) for name, low in found.cuts.items()},
        "said_from": {name: round(low, 6) for name, low in zip(WORDINGS, found.said_from, strict=True)},
    }
    if test is None:
        return fitted | {"test_films": None, "sets": None, "deferral": None, "words": None, "risk": None}
    covered, curve = coverage(test, found), risk(test)
    return fitted | {
        "test_films": len(test),
        "sets": [
            {
                "level": level,
                "coverage": covered.overall[at].model_dump(),
                "per_class": {name: ends[at].model_dump() for name, ends in covered.by_class.items() if ends},
                "size": covered.size[at],
                "empty": covered.empty[at],
            }
            for at, level in enumerate(LEVELS)
        ],
        "deferral": {
            name: {
                "target_error": TARGETS[name].error,
                "read": group.films / group.of,
                "right": _plain(group.right),
            }
            for name, group in kept(test, found).items()
        },
        "words": {
            name: {"films": group.films, "right": _plain(group.right)} for name, group in said(test, found).items()
        },
        "risk": {
            "aurc": curve.area.model_dump(),
            "accuracy_at": {str(share): value.model_dump() for share, value in curve.accuracy_at.items()},
        },
    }


def _plain(figure: Interval | None) -> dict[str, float] | None:
    return None if figure is None else figure.model_dump()


def _print(chosen: Checkpoint, found: Certainty, test: Predictions | None) -> None:
    from core.certainty import LEVELS, TARGETS, TOLD, WORDINGS, coverage, kept, risk, said

    facts = _facts(chosen, found, None)
    print(f"{chosen.name}: fitted to {found.films} validation films, each read as {chosen.card.view}")
    for slip, share in facts["slips"].items():
        print(f"  {slip:32} {percent(share, 1)} of them")
    if test is None:
        print(f"  no test predictions ({chosen.predictions.name}): what it is worth cannot be measured")
        return
    covered, curve = coverage(test, found), risk(test)
    print(f"  on {len(test)} test films; 95 % intervals by patient")
    for at in TOLD:
        print(
            f"  {percent(LEVELS[at])} set: true class in it     {covered.overall[at]}, {covered.size[at]:.2f} classes"
        )
        for name, ends in covered.by_class.items():
            print(f"    {name:30} {ends[at] if ends else 'no films'}")
    for name, group in kept(test, found).items():
        asked = f"errors asked for: {TARGETS[name].title}"
        print(f"  {asked:32} reads {percent(group.films / group.of, 1)} of the films, right in {group.right or 'none'}")
    for name, words in said(test, found).items():
        print(f"  {WORDINGS[name].title:32} {words.films} films, right in {words.right or 'none'}")
    print(f"  {'AURC':32} {curve.area:.4f}")
    for share, value in curve.accuracy_at.items():
        print(f"  accuracy at {percent(share)} coverage         {value}")
