"""``python -m core robustness``: what noise, blur, turns and the like leave of a network's accuracy and maps."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from core.commands.options import (
    ALL_DONE,
    count,
    films_option,
    measured_already,
    networks,
    networks_option,
    out_file,
    say,
)
from core.errors import DataError
from core.robustness.corruptions import CORRUPTIONS, STRENGTHS, Corruption
from core.robustness.damage_record import SHIPPED

if TYPE_CHECKING:
    from core.classifier import Classifier
    from core.robustness.damage import Clean

HELP = "measure what is left of accuracy and heatmaps on films made worse"


def options(parser: argparse.ArgumentParser) -> None:
    """What can be asked."""
    films_option(parser)
    networks_option(parser)
    parser.add_argument("--films", type=count, default=200, help="how many, drawn by chance (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of that draw (default: %(default)s)")
    parser.add_argument(
        "--out",
        type=out_file,
        default=SHIPPED,
        metavar="CSV",
        help="the table; run again, it goes on where it was stopped (default: %(default)s)",
    )


def run(options: argparse.Namespace) -> int:
    """Measure, corruption by corruption; prints where the table is."""
    from tqdm import tqdm

    from core.files import write
    from core.models import get_pool
    from core.records import current, load, to_csv
    from core.robustness.damage import damage
    from core.robustness.damage_record import CLEAN, Damage

    found = load(Damage, options.out)
    for chosen in networks(options):
        name = chosen.name
        found = current(found, {name: chosen.card.weights_sha256})
        done = {(row.corruption, row.strength) for row in found if row.model == name}
        left = [
            (how, strength) for how, strength in _everything() if (how.name if how else CLEAN, strength) not in done
        ]
        if not left:
            say(measured_already(name, options.out))
            continue
        classifier = get_pool().get(chosen)
        before = _before(options, classifier)
        if many := {row.films for row in found if row.model == name} - {len(before.films)}:
            raise DataError(
                f"{options.out} has rows of {name} of {many.pop()} films; these are {len(before.films)}. Ask for as "
                "many, or give another --out."
            )
        for how, strength in tqdm(left, desc=name, unit="strength"):
            found.append(damage(classifier, before, how, strength))
            write(options.out, to_csv(Damage, found).encode())
    print(options.out)
    return ALL_DONE


def _everything() -> Iterator[tuple[Corruption | None, int]]:
    """Clean films, then every corruption in every strength."""
    yield None, 0
    for corruption in CORRUPTIONS.values():
        for strength in range(1, STRENGTHS + 1):
            yield corruption, strength


def _before(options: argparse.Namespace, classifier: Classifier) -> Clean:
    """The drawn films, and what the network makes of them undisturbed."""
    from core.batch import readable_films
    from core.evaluate.films import drawn, none_could_be_read
    from core.robustness.damage import clean

    films = drawn(classifier.checkpoint, options.data, options.split, options.films, options.seed)
    xrays = dict(readable_films(films, classifier.name, say))
    if not xrays:
        raise none_could_be_read()
    return clean(classifier, list(xrays), list(xrays.values()))
