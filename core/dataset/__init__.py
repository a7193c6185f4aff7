"""A data set: a folder of X-rays → an index of its films, and what the index tells. Loads no torch.

::

    folder ──index──▶ films ──survey──▶ census: a table without pixels ──▶ balance, health, shortcut, distribution
                        │                  ▲
                        │                twins: copies and near copies
                        ├──▶ splitting: test and validation films drawn by patient
                        └──▶ averages: mean and deviation of each class
    archive: films on the server, by the names that tables use

Modules that need pandas (``census`` and what is made of it) are imported where they are used, not here.
"""

from core.dataset.folder import (
    SPLITS,
    SUFFIXES,
    Film,
    classes_in,
    counts,
    film_at,
    films_below,
    fingerprint,
    index,
    is_named_as_published,
    left_out,
    of_split,
    says_left_out,
)
from core.dataset.splitting import (
    Fold,
    draw,
    fold_of,
    has_splits,
    has_validation,
    hold_out,
    parse_fold,
    with_validation,
)

__all__ = [
    "SPLITS",
    "SUFFIXES",
    "Film",
    "Fold",
    "classes_in",
    "counts",
    "draw",
    "film_at",
    "films_below",
    "fingerprint",
    "fold_of",
    "has_splits",
    "has_validation",
    "hold_out",
    "index",
    "is_named_as_published",
    "left_out",
    "of_split",
    "parse_fold",
    "says_left_out",
    "with_validation",
]
