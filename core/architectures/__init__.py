"""ARCHITECTURES: the frozen table of networks. A new one is a row in its family's file, or a new file here.

Importing this loads neither torch nor torchvision: a row's ``build`` does, when it is called.
"""

from __future__ import annotations

from core.architectures import resnet, vgg
from core.architectures.row import Architecture
from core.table import Table

__all__ = ["ARCHITECTURES", "Architecture"]

ARCHITECTURES: Table[Architecture] = Table("architecture", *vgg.ROWS, *resnet.ROWS)
