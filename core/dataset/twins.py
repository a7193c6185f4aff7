"""Copies and near copies of a film, found without comparing each film with each other.

A perceptual hash proposes pairs; the pictures themselves decide. Chest films of children are alike: the hash alone
would call many different children the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

BITS: Final = 64

# Measured on the 5,840 films of the public pneumonia set. The hash alone will not do: 1,855 pairs of films of different
# children differ in at most 6 of 64 bits, 10,367 in at most 8, a few in only 2. The pictures will: apart from 34 pairs
# of exact copies, no two films correlate above .975. The same film saved again (JPEG of quality 40, half or four times
# the size, less contrast, gamma .7 to 1.3) differs in at most 8 bits in 99 of 100 cases and correlates above .988.
# Cropped by 1 % at each side half are found; cropped by more, turned or given a large marker, few: that is the price
# of no false alarm.
FARTHEST: Final = 8
"""Bits in which the hashes of a pair may differ to be looked at."""

LIKEST: Final = 0.985
"""Correlation of the two pictures, reduced to SIDE x SIDE, from which on they are one film."""

_BLOCK: Final = 4096  # pairs compared at once

SIDE: Final = 32


def groups(hashes: NDArray[np.uint64], pictures: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Number the groups of films that are copies or near copies of each other.

    Args:
        hashes: uint64 ``[N]``, perceptual hashes (Zauner 2010, "Implementation and benchmarking of perceptual image
            hash functions").
        pictures: uint8 ``[N, SIDE, SIDE]``, the films reduced.

    Returns:
        int64 ``[N]``: 1, 2 … in the order of each group's first film, 0 for a film without a twin.
    """
    leader = np.arange(len(hashes))

    def find(film: int) -> int:
        while leader[film] != film:
            leader[film] = film = leader[leader[film]]
        return film

    for pairs in _candidates(hashes):
        for start in range(0, len(pairs), _BLOCK):
            block = pairs[start : start + _BLOCK]
            alike = correlation(pictures[block[:, 0]], pictures[block[:, 1]]) >= LIKEST
            for one, other in block[alike]:
                low, high = sorted((find(int(one)), find(int(other))))
                leader[high] = low
    leaders = np.array([find(film) for film in range(len(hashes))], dtype=np.int64)
    heads, place, count = np.unique(leaders, return_inverse=True, return_counts=True)
    number = np.where(count > 1, np.cumsum(count > 1), 0)
    return number[place].astype(np.int64) if len(heads) else leaders


def correlation(some: NDArray[np.uint8], others: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Correlation of pictures, pair by pair.

    Args:
        some: uint8 ``[M, SIDE, SIDE]``.
        others: the same.

    Returns:
        float32 ``[M]`` in -1…1; 0 where a picture is one even grey.
    """
    found: NDArray[np.float32] = np.einsum("ij,ij->i", _standardised(some), _standardised(others))
    return found


def _candidates(hashes: NDArray[np.uint64]) -> Iterator[NDArray[np.int64]]:
    """Pairs of films at most FARTHEST bits apart, int64 ``[M, 2]``, each pair at least once.

    With the hash cut into FARTHEST + 1 bands, two hashes that differ in FARTHEST bits agree in one band at least
    (Norouzi, Punjani & Fleet 2012, doi 10.1109/CVPR.2012.6248043): only films that share a band are compared.
    """
    edges = np.linspace(0, BITS, FARTHEST + 2).astype(int)
    for start, stop in pairwise(edges):
        band = (hashes >> np.uint64(start)) & np.uint64(2 ** int(stop - start) - 1)
        order = np.argsort(band, kind="stable")
        sorted_band, sorted_hashes = band[order], hashes[order]
        # Compare with the next one in the same band, then the one after next, until no band has that many.
        for step in range(1, len(hashes)):
            same = np.flatnonzero(sorted_band[:-step] == sorted_band[step:])
            if not len(same):
                break
            near = np.bitwise_count(sorted_hashes[same] ^ sorted_hashes[same + step]) <= FARTHEST
            if near.any():
                yield np.stack([order[same[near]], order[same[near] + step]], axis=1)


def _standardised(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Zero mean and unit length, float32 ``[N, SIDE²]``."""
    flat = pictures.reshape(len(pictures), -1).astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), np.float32(1e-6))
    return flat
