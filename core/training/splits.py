"""Which films are learnt from, which are validated on, which are kept for the test."""

from __future__ import annotations

from collections.abc import Sequence

from core.dataset import Film, Fold, draw, has_splits, of_split, with_validation
from core.errors import DataError
from core.training.recipe import Recipe


def split(films: Sequence[Film], recipe: Recipe) -> tuple[list[Film], Fold | None]:
    """The films, each in its split, and the fold that was drawn; ``None`` where the folder has splits of its own.

    Validation films are those of the folder, or held out: :func:`core.dataset.with_validation`.

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
    return with_validation(films, recipe.val_share, recipe.seed), fold
