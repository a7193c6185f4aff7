"""A data set: a folder of X-rays → an index of its films, and what the index tells. Loads no torch.

::

    folder ──index──▶ films ──survey──▶ census: a table without pixels ──▶ balance, health, shortcut, distribution
                        │                  ▲
                        │                twins: copies and near copies
                        └──▶ averages: mean and deviation of each class
    archive: films on the server, by the names that tables use

Modules that need pandas (``census`` and what is made of it) are imported where they are used, not here.
"""

from core.dataset.folder import SPLITS, SUFFIXES, Film, counts, fingerprint, hold_out, index, of_split

__all__ = ["SPLITS", "SUFFIXES", "Film", "counts", "fingerprint", "hold_out", "index", "of_split"]
