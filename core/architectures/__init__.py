"""ARCHITECTURES: the frozen table of networks. A new one is a row in its family's file, or a new file here.

Importing this loads neither torch nor torchvision: a row's ``build`` does, when it is called.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from core.architectures import resnet, vgg
from core.architectures.table import Architecture, table
from core.errors import UnknownNameError

__all__ = ["ARCHITECTURES", "Architecture", "architecture"]

ARCHITECTURES: Mapping[str, Architecture] = MappingProxyType(table(vgg.ROWS, resnet.ROWS))


def architecture(name: str) -> Architecture:
    """The architecture called ``name``.

    Raises:
        UnknownNameError: there is none; the message lists those that exist.
    """
    try:
        return ARCHITECTURES[name]
    except KeyError:
        raise UnknownNameError("architecture", name, ARCHITECTURES) from None
