"""Batch norms inside the convolutions before them: the same function, with one pass fewer over every map.

A batch norm that no longer learns scales and shifts each channel by fixed numbers, which weights and bias of a
convolution can hold as well. A network that is read with wants it; one that is trained, or has to forget layer by
layer, needs the two apart.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TypeVar

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

Module = TypeVar("Module", bound=nn.Module)


def folded(network: Module) -> Module:
    """The same network, altered in place, with nothing where batch norms were, so that its parts keep their numbers.

    Args:
        network: in evaluation mode. A batch norm that it names right after a convolution also follows that one in use,
            as in every network here and in torchvision's.
    """
    for part in list(network.modules()):
        for (here, one), (after, other) in pairwise(list(part.named_children())):
            if isinstance(one, nn.Conv2d) and isinstance(other, nn.BatchNorm2d):
                setattr(part, here, fuse_conv_bn_eval(one, other))
                setattr(part, after, nn.Identity())
    return network.requires_grad_(requires_grad=False)
