"""ARCHITECTURES: the frozen table of networks. A new one is a row in its family's file, or a new file here.

Importing this loads neither torch nor torchvision: a row's ``build`` does, when it is called.
"""

from __future__ import annotations

from core.architectures import alexnet, googlenet, lenet, residual_vgg, resnet, small, vgg
from core.architectures.head import HEADS, HeadKind
from core.architectures.row import Architecture, Stage
from core.table import Table

__all__ = ["ARCHITECTURES", "HEADS", "Architecture", "HeadKind", "Stage"]

ARCHITECTURES: Table[Architecture] = Table(
    "architecture",
    # In the order in which the field came to them.
    *lenet.ROWS, *small.ROWS, *alexnet.ROWS, *vgg.ROWS, *googlenet.ROWS, *resnet.ROWS, *residual_vgg.ROWS,
)  # fmt: skip
