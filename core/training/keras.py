"""Keras' ResNet-50 as TensorFlow.js keeps it: ImageNet weights where torchvision's cannot be had.

It is the authors' own network (He et al. 2016, arXiv:1512.03385; they published it under the MIT licence), and differs
from torchvision's in three ways. Its convolutions have biases, which the batch norms take off again; its batch norms
add 1e-3 to the variance: both are made good exactly. And the first block of a stage steps by two pixels in its first
convolution, not in its second: the same kernels then look at neighbours half as far away, which is left to training.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.errors import TrainingError
from core.training.foreign import CAFFE, translated
from core.xray import Preprocessing

_EPSILON = 1e-3 - 1e-5  # what Keras' batch norms add to the variance beyond torchvision's
_NORM = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var"}
_BLOCK = re.compile(r"(res|bn)(\d)([a-z])_branch(1|2[abc])$")
_KINDS = ("res", "bn")  # a shortcut is a convolution and a batch norm, in this order
_STEM = {"conv1": "conv1", "bn_conv1": "bn1"}


def resnet(path: Path) -> dict[str, Tensor]:
    """The trunk's weights out of a ``model.json`` and the files beside it, named as in ``trunk.layer1.0.conv1.weight``.

    The first convolution still wants what Keras fed it: blue, green, red in 0…255 less their means.

    Raises:
        TrainingError: no such model, a file of it is missing or cut off, or it is another network than a ResNet-50.
    """
    found: dict[str, Tensor] = {}
    biases: dict[str, Tensor] = {}
    for name, value in _weights(path):
        layer, _, part = name.rpartition("/")
        ours = _layer(layer)
        if ours is None:
            continue  # the head: classes of ImageNet
        if part == "kernel":
            found[f"{ours}.weight"] = value.permute(3, 2, 0, 1).contiguous()  # [h, w, in, out] → [out, in, h, w]
        elif part == "bias":
            biases[_norm(ours)] = value
        else:
            found[f"{ours}.{_NORM[part]}"] = value
    if "trunk.conv1.weight" not in found:
        raise TrainingError(
            f"{path} is another network than Keras' ResNet-50, the only one whose layers are known here."
        )
    for norm, bias in biases.items():
        found[f"{norm}.running_mean"] -= bias
        found[f"{norm}.running_var"] += _EPSILON
        found[f"{norm}.num_batches_tracked"] = torch.tensor(0)
    return found


def fed(tensors: dict[str, Tensor], preprocessing: Preprocessing) -> dict[str, Tensor]:
    """The same network, for films normalised as ``preprocessing`` says instead of what Keras fed it."""
    weight, bias = translated(tensors["trunk.conv1.weight"], CAFFE, preprocessing)
    mean = tensors["trunk.bn1.running_mean"] - bias
    return {**tensors, "trunk.conv1.weight": weight, "trunk.bn1.running_mean": mean}


def _layer(theirs: str) -> str | None:
    """``res2a_branch2b`` → ``trunk.layer1.0.conv2``; ``None`` for what is no part of the trunk."""
    if theirs in _STEM:
        return f"trunk.{_STEM[theirs]}"
    match = _BLOCK.match(theirs)
    if not match:
        return None
    kind, stage, block, branch = match.groups()
    block_name = f"trunk.layer{int(stage) - 1}.{ord(block) - ord('a')}"
    if branch == "1":
        return f"{block_name}.downsample.{_KINDS.index(kind)}"
    return f"{block_name}.{'conv' if kind == 'res' else 'bn'}{'abc'.index(branch[1]) + 1}"


def _norm(convolution: str) -> str:
    """The batch norm behind a convolution."""
    head, _, last = convolution.rpartition(".")
    return f"{head}.1" if last == "0" else f"{head}.{last.replace('conv', 'bn')}"


def parts(path: Path) -> tuple[Path, ...]:
    """``model.json`` and the files it names, which hold its weights."""
    return path, *(path.parent / name for group in _groups(path) for name in group["paths"])


def _groups(path: Path) -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = json.loads(path.read_text())["weightsManifest"]
    return groups


def _weights(path: Path) -> Iterator[tuple[str, Tensor]]:
    try:
        for group in _groups(path):
            stored = b"".join((path.parent / name).read_bytes() for name in group["paths"])
            at = 0
            for entry in group["weights"]:
                if entry["dtype"] != "float32" or "quantization" in entry:
                    raise TrainingError(f"{path}: {entry['name']} is not stored in float32. Convert it unquantised.")
                count = int(np.prod(entry["shape"], dtype=np.int64))
                value = np.frombuffer(stored, "<f4", count, at).reshape(entry["shape"])
                at += 4 * count
                yield entry["name"], torch.tensor(value)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise TrainingError(
            f"{path} is no complete TensorFlow.js layers model ({error}). "
            "Give its model.json, and leave the files it names beside it."
        ) from error
