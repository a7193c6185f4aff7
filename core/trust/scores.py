"""SCORES: the frozen table of figures that say how faithful a heatmap is to the network. Loading it loads no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from core.table import Table

NOTABLE: Final = 0.02
"""Difference of two figures, of one map or means of many, below which they are called the same."""

CHANCE: Final = 0.1
"""How far a figure of one film may lie from the mean of random maps' by chance: twice what it is spread by, .04 to .07.

Measured on ResNet-18 and GoogLeNet, 12 and 10 test films: of one random map beside another, two thirds and more differ
by more than .02.
"""


@dataclass(frozen=True, slots=True)
class Score:
    """A figure of one map.

    Attributes:
        name: key in the table, and column of tables.
        title: how it is written on screen.
        higher: whether higher is better.
        says: what it measures, in one line for people.
        paper: where it was published.
    """

    name: str
    title: str
    higher: bool
    says: str
    paper: str


SCORES: Table[Score] = Table(
    "score",
    Score(
        "deletion",
        "Deletion",
        higher=False,
        says="Mean probability of the class while the marked places are greyed out, hottest first.",
        paper="Petsiuk et al. 2018, arXiv:1806.07421",
    ),
    Score(
        "insertion",
        "Insertion",
        higher=True,
        says="Mean probability of the class while the marked places are brought back into a blurred film.",
        paper="Petsiuk et al. 2018, arXiv:1806.07421",
    ),
    Score(
        "road",
        "ROAD",
        higher=True,
        says="Half of how much more the probability falls when the hottest places are smoothed away than when the "
        "coldest are.",
        paper="Rong et al. 2022, arXiv:2202.00449",
    ),
)
