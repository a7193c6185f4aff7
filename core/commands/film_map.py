"""``python -m core map``: test films as points, for the Performance page."""

from __future__ import annotations

import argparse

from core import checkpoint
from core.commands.options import ALL_DONE, SOME_FAILED, films_option, model_option, say
from core.files import write

HELP = "lay the test films out in two dimensions, as the network sees them"


def options(parser: argparse.ArgumentParser) -> None:
    """What can be asked."""
    model_option(parser)
    films_option(parser)


def run(options: argparse.Namespace) -> int:
    """Read the films, lay them out, and store the map beside the weights; prints the file."""
    import numpy as np
    from tqdm import tqdm

    from core.batch import of_file, read_many
    from core.evaluate.film_map import Point, project
    from core.evaluate.films import films_of
    from core.models import get_pool
    from core.records import to_csv

    chosen = checkpoint.named(options.model, *options.weights)
    films, _ = films_of(chosen, options.data, options.split)
    outcomes = read_many((of_file(film.path) for film in films), get_pool().get(chosen))
    files, features = [], []
    for film, outcome in zip(films, tqdm(outcomes, total=len(films), desc="reading", unit="film"), strict=True):
        if outcome.reading is None:
            say(f"{film.file}: {outcome.error}")
        else:
            files.append(film.file)
            features.append(outcome.reading.pooled)
    table = np.stack(features) if features else np.empty((0, 1), np.float32)
    write(chosen.film_map, to_csv(Point, project(tuple(files), table)).encode())
    print(chosen.film_map)
    return ALL_DONE if len(files) == len(films) else SOME_FAILED
