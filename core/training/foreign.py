"""Weights that others made: reading their files, and fitting them to what we feed a network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from core.architectures.network import Network
from core.errors import TrainingError
from core.xray import Preprocessing


@dataclass(frozen=True, slots=True)
class Convention:
    """What a foreign network was fed: channel c was ``scale[c] * grey + shift[c]``, grey in 0…1."""

    scale: tuple[float, float, float]
    shift: tuple[float, float, float]


TORCHVISION = Convention((1 / 0.229, 1 / 0.224, 1 / 0.225), (-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225))
_KERNEL = 4  # dimensions of a convolution's weight

CAFFE = Convention((255.0, 255.0, 255.0), (-103.939, -116.779, -123.68))
"""Blue, green, red in 0…255 less their means: what the VGG authors' weights expect, in Caffe and in Keras."""


def convolutions_of_onnx(path: Path) -> dict[str, Tensor]:
    """Weights and biases of an ONNX file's convolutions, in the order of its graph.

    Raises:
        TrainingError: it is none, or the package ``onnx`` is missing.
    """
    try:
        import onnx
        from onnx import numpy_helper
    except ImportError as error:
        raise TrainingError("Reading ONNX needs the package onnx: pip install onnx.") from error
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    try:
        graph = onnx.load(path).graph
    except (OSError, DecodeError) as error:
        raise TrainingError(f"{path} is no readable ONNX file ({error}).") from error
    values = {item.name: item for item in graph.initializer}
    found = {}
    nodes = [node for node in graph.node if node.op_type == "Conv" and node.input[1] in values]
    for place, node in enumerate(nodes):
        for part, name in zip(("weight", "bias"), node.input[1:], strict=False):
            found[f"{place}.{part}"] = torch.tensor(numpy_helper.to_array(values[name]))
    return found


def translated(weight: Tensor, convention: Convention, preprocessing: Preprocessing) -> tuple[Tensor, Tensor]:
    """A first convolution ``[out, 3, h, w]`` for our input (grey = std * input + mean), and the bias it then needs."""
    scale, shift = (torch.tensor(part).view(1, 3, 1, 1) for part in (convention.scale, convention.shift))
    bias = (weight * (scale * preprocessing.mean + shift)).sum(dim=(1, 2, 3))
    return weight * scale * preprocessing.std, bias


def _convolutions(tensors: dict[str, Tensor]) -> Iterator[tuple[Tensor, Tensor]]:
    """Each convolution's weight ``[out, in, h, w]`` and bias ``[out]``, in order."""
    for name, weight in tensors.items():
        if weight.ndim == _KERNEL:
            bias = tensors.get(name.removesuffix("weight") + "bias")
            yield weight.float(), torch.zeros(len(weight)) if bias is None else bias.float()


@torch.no_grad()
def adopt(
    network: Network,
    tensors: dict[str, Tensor],
    convention: Convention,
    films: Tensor,
    preprocessing: Preprocessing,
) -> Network:
    """Foreign convolutions into a chain of convolutions and batch norms, so that it computes what theirs did.

    Each batch norm gets the statistics it sees on ``films``, and a scale and shift that undo it but for one common
    factor, which keeps activations near one: a ReLU network does not mind. Training starts from the foreign network's
    function, and from batch norms that fit the films.

    Raises:
        TrainingError: the convolutions are not those of this trunk, or it is no chain.
    """
    trunk, convolutions = network.trunk, _convolutions(tensors)
    misfit = TrainingError(
        "The initial weights do not fit: their convolutions are not those of this architecture, in order."
    )
    if not isinstance(trunk, nn.Sequential):
        raise TrainingError(
            "The initial weights have no batch norms, and this architecture is no plain chain: give a full checkpoint."
        )
    factor, first, x = 1.0, True, films.expand(-1, 3, -1, -1)
    for layer in trunk.eval():
        if isinstance(layer, nn.Conv2d):
            weight, bias = next(convolutions, (None, None))
            if weight is None or bias is None or weight.shape != layer.weight.shape or layer.bias is None:
                raise misfit
            if first:
                weight, more = translated(weight, convention, preprocessing)
                bias, first = bias + more, False
            layer.weight.copy_(weight)
            layer.bias.copy_(bias / factor)
        elif isinstance(layer, nn.BatchNorm2d):
            if layer.running_mean is None or layer.running_var is None:
                raise misfit
            variance, mean = torch.var_mean(x, dim=(0, 2, 3))
            common = float(variance.sqrt().mean())
            layer.running_mean.copy_(mean)
            layer.running_var.copy_(variance)
            layer.weight.copy_((variance + layer.eps).sqrt() / common)
            layer.bias.copy_(mean / common)
            factor *= common
        x = layer(x)
    if next(convolutions, None) is not None:
        raise misfit
    return network
