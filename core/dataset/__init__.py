"""A data set: a folder of X-rays → an index of its films. Loads no torch."""

from core.dataset.folder import SPLITS, SUFFIXES, Film, counts, fingerprint, hold_out, index, of_split

__all__ = ["SPLITS", "SUFFIXES", "Film", "counts", "fingerprint", "hold_out", "index", "of_split"]
