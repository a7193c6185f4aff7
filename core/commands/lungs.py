"""``python -m core lungs``: train the network that outlines lungs, look at it; what the readings owe to the lungs."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from core.aids import FOLDER
from core.commands.options import (
    ALL_DONE,
    count,
    films_option,
    measured_already,
    networks,
    networks_option,
    out_file,
    rows_option,
    say,
)
from core.lungs.probe import SHIPPED as PROBE
from core.lungs.shares import SHIPPED as SHARES
from core.words import percent

if TYPE_CHECKING:
    from core.checkpoint import Checkpoint
    from core.dataset import Film

HELP = "lung fields: train their network, look at outlines, measure the evidence inside, hide them from the networks"
_ON_A_SHEET = 24


def options(parser: argparse.ArgumentParser) -> None:
    """What can be asked."""
    added = parser.add_subparsers(required=True, metavar="WHAT", dest="what")
    train = added.add_parser("train", help="masks and films → the network that outlines lungs")
    train.add_argument("--masks", type=Path, required=True, metavar="ZIP", help="lung masks, named as their films")
    train.add_argument("--images", type=Path, required=True, metavar="DIR", help="the films that the masks are of")
    train.add_argument("--unmasked", type=Path, metavar="DIR", help="films without masks, for self-training")
    train.add_argument(
        "--films", type=count, default=600, help="how many of these, a patient each (default: %(default)s)"
    )
    train.add_argument("--steps", default="450,500,500", help="batches in each round (default: %(default)s)")
    train.add_argument("--seed", type=int, default=0, help="of all chance (default: %(default)s)")
    train.add_argument("--out", type=Path, default=FOLDER, metavar="DIR", help="where the aid is written")
    measure = added.add_parser("measure", help="share of the evidence inside the lung fields, by network and method")
    rows_option(measure, "runs/lungs.csv")
    probe = added.add_parser("probe", help="accuracy with the lung fields hidden, and with nothing else to see")
    look = added.add_parser("look", help="films with their outlines on sheets, to be looked at")
    look.add_argument("--films", type=count, default=72, help="how many, drawn by chance (default: %(default)s)")
    look.add_argument("--seed", type=int, default=7, help="of that draw (default: %(default)s)")
    look.add_argument("--out", type=Path, default=Path("runs/lungs"), metavar="DIR", help="where the sheets go")
    for one in (measure, probe, look):
        films_option(one, table=one is not look)
    for one, out in ((measure, SHARES), (probe, PROBE)):
        networks_option(one)
        one.add_argument("--out", type=out_file, default=out, metavar="CSV", help="the table")


def run(options: argparse.Namespace) -> int:
    """Do what was asked; prints where the result is."""
    return _WHAT[options.what](options)


def _train(options: argparse.Namespace) -> int:
    import numpy as np

    from core.batch import readable
    from core.dataset import index
    from core.errors import DataError
    from core.lungs.making import card, train
    from core.tasks import TASKS

    try:
        rounds = [count(steps.strip()) for steps in options.steps.split(",")]
    except argparse.ArgumentTypeError as error:
        raise DataError(f"--steps wants whole numbers, such as 450,500,500: {error}.") from error
    paths = []
    if options.unmasked:
        films: dict[str, Path] = {}
        for film in index(options.unmasked, TASKS["pneumonia"]):
            films.setdefault(film.patient, film.path)
        people = sorted(films)
        order = np.random.default_rng(options.seed).permutation(len(people))[: options.films]
        paths = [films[people[place]] for place in order]
    unmasked = train.squares(xray for _, xray in readable(paths, "films without masks", say))
    trained = train.train(options.masks, options.images, unmasked, rounds, options.seed, say)
    aid = card.store(options.out, trained, options.command_line)
    print(f"{aid.weights}  Dice {aid.card.metrics['dice']:.3f}")
    return ALL_DONE


def _measure(options: argparse.Namespace) -> int:
    from core.lungs.shares import MeanInside
    from core.records import table

    if options.data:
        _make_shares(options)
    for row in table(MeanInside, options.out):
        print(
            f"{row.model:24} {row.method:15} {row.inside:.3f} ({row.low:.3f} to {row.high:.3f})  "
            f"lungs cover {row.share:.3f}  mostly outside on {percent(row.outside)} of {row.films} films"
        )
    return ALL_DONE


def _make_shares(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    from core.batch import readable_films
    from core.lungs import outline
    from core.lungs.shares import Inside, MeanInside, means, of_film
    from core.models import get_pool
    from core.records import growing, renew

    asked: set[tuple[str, str]] = set()
    with growing(Inside, options.rows) as (rows, add):
        for chosen, films in _asked(options):
            sha256 = chosen.card.weights_sha256
            asked |= {(sha256, film.file) for film in films}
            done = {row.file for row in rows if row.weights_sha256 == sha256}
            left = [film for film in films if film.file not in done]
            classifier = get_pool().get(chosen) if left else None
            for film, xray in readable_films(left, chosen.name, say):
                fields = outline(xray)
                if classifier is None or not fields.plausible:
                    continue
                inside = of_film(classifier, classifier.read([xray])[0], film, fields)
                rows.extend(inside)
                add(inside)
            tqdm.write(f"{chosen.name}: {len(films)} films", file=sys.stderr)
    # Not of other weights or films.
    renew(MeanInside, options.out, means(row for row in rows if (row.weights_sha256, row.file) in asked))


def _probe(options: argparse.Namespace) -> int:
    from core.lungs.probe import Probed
    from core.records import table

    if options.data:
        _make_probe(options)
    for row in table(Probed, options.out):
        two = f"two-class {row.merged:.3f} ({row.merged_low:.3f} to {row.merged_high:.3f})  "
        print(
            f"{row.model:24} {row.view:9} {row.accuracy:.3f} ({row.low:.3f} to {row.high:.3f})  "
            f"{'' if math.isnan(row.merged) else two}{row.films} films"
        )
    return ALL_DONE


def _make_probe(options: argparse.Namespace) -> None:
    from core.batch import readable_films
    from core.errors import DataError
    from core.files import write
    from core.lungs import outline
    from core.lungs.probe import VIEWS, Probed, probed, seen
    from core.models import get_pool
    from core.records import current, load, to_csv

    rows = load(Probed, options.out)
    for chosen, films in _asked(options):
        sha256 = chosen.card.weights_sha256
        rows = current(rows, {chosen.name: sha256})
        if any(row.weights_sha256 == sha256 for row in rows):
            say(measured_already(chosen.name, options.out))
            continue
        held, squares = [], []
        for film, xray in readable_films(films, chosen.name, say):
            if (fields := outline(xray)).plausible:
                square = chosen.preprocessing.square(xray)
                window = chosen.preprocessing.window(xray.height, xray.width)
                held.append(film)
                squares.append({view.name: seen(view, square, fields, window) for view in VIEWS.values()})
        if not held:
            raise DataError(f"On none of the films for {chosen.name} lungs are seen. Give frontal chest films.")
        classifier = get_pool().get(chosen)
        for view in VIEWS.values():
            rows.append(
                probed(classifier, view, held, classifier.ask([shown[view.name] for shown in squares]).argmax(1))
            )
            say(f"{chosen.name}: {view.title}: {rows[-1].accuracy:.3f}")
        write(options.out, to_csv(Probed, rows).encode())


def _look(options: argparse.Namespace) -> int:
    import numpy as np

    from core.batch import readable
    from core.dataset import index, of_split
    from core.lungs import outlines
    from core.lungs.sheet import sheet
    from core.tasks import TASKS

    films = of_split(index(options.data, TASKS["pneumonia"]), options.split)
    order = np.random.default_rng(options.seed).permutation(len(films))[: options.films]
    xrays = [xray for _, xray in readable([films[place].path for place in sorted(order)], "lung fields", say)]
    found = list(zip(xrays, outlines(xrays), strict=True))
    options.out.mkdir(parents=True, exist_ok=True)
    for first in range(0, len(found), _ON_A_SHEET):
        path = options.out / f"lungs-{first:03d}.png"
        sheet(found[first : first + _ON_A_SHEET], first=first).save(path)
        print(path)
    return ALL_DONE


def _asked(options: argparse.Namespace) -> Iterator[tuple[Checkpoint, list[Film]]]:
    """The networks that were asked for, each with its films."""
    from core.evaluate.films import films_of

    for chosen in networks(options):
        yield chosen, films_of(chosen, options.data, options.split)[0]


_WHAT = MappingProxyType[str, Callable[[argparse.Namespace], int]](
    {"train": _train, "measure": _measure, "probe": _probe, "look": _look}
)
