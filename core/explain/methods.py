"""METHODS: the frozen table of explanation methods. Loading it loads no torch."""

from __future__ import annotations

from dataclasses import dataclass

from core.table import Table


@dataclass(frozen=True, slots=True)
class Method:
    """An explanation method.

    Attributes:
        name: key in the table, and of the function in :mod:`core.explain.cam`.
        title: how it is written on screen.
        says: what its map shows, in one line for people.
        paper: where it was published.
    """

    name: str
    title: str
    says: str
    paper: str


METHODS: Table[Method] = Table(
    "method",
    Method(
        "grad_cam",
        "Grad-CAM",
        "Places whose features, weighed by their mean influence on the class, speak for it.",
        "Selvaraju et al. 2017, arXiv:1610.02391",
    ),
    Method(
        "layer_cam",
        "LayerCAM",
        "Like Grad-CAM, but counts only what raises the class, place by place: wider, and never cancelled out.",
        "Jiang et al. 2021, doi 10.1109/TIP.2021.3089943",
    ),
)

DEFAULT = "grad_cam"
