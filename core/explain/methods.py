"""METHODS: the frozen table of explanation methods. Loading it loads no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from core.errors import UnknownNameError


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


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        row.name: row
        for row in (
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
    }
)

DEFAULT = "grad_cam"


def method(name: str) -> Method:
    """The method called ``name``.

    Raises:
        UnknownNameError: there is none; the message lists those that exist.
    """
    try:
        return METHODS[name]
    except KeyError:
        raise UnknownNameError("method", name, METHODS) from None
