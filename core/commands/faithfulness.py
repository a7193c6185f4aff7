"""``python -m core faithfulness``: how faithful every method's maps are, network by network."""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from core.commands.options import (
    ALL_DONE,
    SOME_FAILED,
    count,
    films_option,
    networks,
    networks_option,
    out_file,
    rows_option,
    say,
)
from core.explain import FAST, METHODS
from core.trust.scores import SCORES
from core.trust.table import SHIPPED

if TYPE_CHECKING:
    from core.classifier import Classifier
    from core.dataset import Film
    from core.explain import Heatmap
    from core.trust.table import Scored
    from core.xray import Xray

HELP = "measure how faithful every method's heatmaps are, over many test films"


def options(parser: argparse.ArgumentParser) -> None:
    """What can be asked."""
    films_option(parser, table=True)
    networks_option(parser)
    parser.add_argument("--method", action="append", choices=METHODS, help="may be repeated (default: every fast one)")
    parser.add_argument("--films", type=count, default=200, help="how many, drawn by chance (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of that draw and of random maps (default: %(default)s)")
    rows_option(parser, "runs/faithfulness.csv")
    parser.add_argument(
        "--out",
        type=out_file,
        default=SHIPPED,
        metavar="CSV",
        help="the table of means; it keeps what it has of other networks and methods",
    )


def run(options: argparse.Namespace) -> int:
    """Measure, film by film, if there are any; print what the table of means says."""
    from core import records
    from core.trust.table import Mean, summary

    failed = _made(options) if options.data else 0
    print("\n".join(summary(records.table(Mean, options.out))))
    return SOME_FAILED if failed else ALL_DONE


def _made(options: argparse.Namespace) -> int:
    """Make the table; how many films could not be read."""
    from core.evaluate.films import drawn
    from core.models import get_pool
    from core.records import growing, load, renew
    from core.trust.table import Mean, Scored, means

    methods = tuple(options.method or FAST)
    asked: set[tuple[str, str, str]] = set()
    failed = 0
    with growing(Scored, options.rows) as (kept, add):
        scored: defaultdict[tuple[str, str, str], set[str]] = defaultdict(set)
        for row in kept:
            scored[row.weights_sha256, row.method, row.file].add(row.score)
        done = {map_ for map_, scores in scored.items() if scores == set(SCORES)}
        for chosen in networks(options):
            sha256 = chosen.card.weights_sha256
            films = drawn(chosen, options.data, options.split, options.films, options.seed)
            asked |= {(sha256, name, film.file) for name in methods for film in films}
            left = {
                film: missing
                for film in films
                if (missing := tuple(name for name in methods if (sha256, name, film.file) not in done))
            }
            failed += _measure(get_pool().get(chosen), left, options.seed, add)
    # A map whose scores were cut short has been measured again. Rows of other weights or films are left out.
    rows = {(row.weights_sha256, row.method, row.file, row.score): row for row in load(Scored, options.rows)}
    renew(Mean, options.out, means(row for (*map_, _), row in rows.items() if tuple(map_) in asked))
    return failed


def _measure(
    classifier: Classifier, films: Mapping[Film, tuple[str, ...]], seed: int, add: Callable[[list[Scored]], None]
) -> int:
    """Add the rows of films by the methods that each lacks; how many films could not be read."""
    from core.batch import readable_films

    read = 0
    for film, xray in readable_films(films, classifier.name, say):
        add(_scored(classifier, film, xray, films[film], seed))
        read += 1
    return len(films) - read


def _scored(classifier: Classifier, film: Film, xray: Xray, methods: tuple[str, ...], seed: int) -> list[Scored]:
    """Figures of the maps of the class that was read. Methods whose maps are the same are measured once."""
    from core.explain import explain_all, explain_film
    from core.training.precision import autocast
    from core.trust.faithful import measure_all
    from core.trust.table import Scored

    reading = classifier.read([xray])[0]
    found = dict(explain_all(classifier, reading, [name for name in methods if METHODS[name].fast]))
    found |= {name: explain_film(classifier, xray, reading, name) for name in methods if not METHODS[name].fast}
    maps = {name: by_class[reading.prediction] for name, by_class in found.items()}
    maps = {name: heatmap for name, heatmap in maps.items() if not heatmap.problem}
    distinct: dict[bytes, Heatmap] = {heatmap.values.tobytes(): heatmap for heatmap in maps.values()}
    if not distinct:
        return []
    with autocast(classifier.device):  # a hundred passes a film: half the time where there is bfloat16
        figures_of = measure_all(classifier, xray, tuple(distinct.values()), seed)
    of_map = dict(zip(distinct, figures_of, strict=True))
    scored = []
    for name, heatmap in maps.items():
        figures = of_map[heatmap.values.tobytes()]
        of = (reading.model, reading.weights_sha256, name, film.file, film.patient, figures.target, figures.before)
        for score in SCORES:
            beside = getattr(figures, score)
            scored.append(Scored(*of, score, beside.marked, beside.random, beside.blob))
    return scored
