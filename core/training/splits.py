"""Which films are learnt from, which are validated on, which are kept for the test."""

from __future__ import annotations

from collections.abc import Sequence

from core.dataset import Film, Fold, draw, has_splits, hold_out, of_split
from core.errors import DataError
from core.training.recipe import Recipe


def split(films: Sequence[Film], recipe: Recipe) -> tuple[list[Film], Fold | None]:
    """The films, each in its split, and the fold that was drawn; ``None`` where the folder has splits of its own.

    Validation films are of training patients, held out, unless the folder has some of every class. Some of a few only,
    such as the 16 of the pneumonia set as it is mostly downloaded, are set aside: nothing can be chosen by them.

    Raises:
        DataError: the folder has some splits and lacks another, or a fold was asked for though it has them.
    """
    films, fold = list(films), None
    if has_splits(films):
        if recipe.fold:
            raise DataError(
                "The folder has splits of its own, so no fold can be drawn. Leave --fold out, or give a folder with "
                "one folder per class and nothing above them."
            )
        for name in ("train", "test"):
            of_split(films, name)
    else:
        fold = recipe.fold or Fold()
        films = draw(films, fold)
    if _classes(films, "val") < _classes(films, "train"):
        films = [film for film in films if film.split != "val"]
        films = hold_out(films, recipe.val_share, recipe.seed)
    return films, fold


def _classes(films: Sequence[Film], split: str) -> set[str]:
    return {film.label for film in films if film.split == split}
