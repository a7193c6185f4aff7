"""A checkpoint → files that other programs read: a state dict, its classes, its preprocessing, and ONNX."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import torch

from core.checkpoint import Checkpoint
from core.classifier import Classifier, trained
from core.errors import CheckpointError
from core.files import write
from core.portable import class_indices, names, onnx_file


def hand_out(checkpoint: Checkpoint, folder: Path) -> Iterator[Path]:
    """Write ``<name>.pth``, its card, ``class_indices.json``, ``preprocessing.json`` and ``<name>.onnx``, one by one.

    Weights are called as torchvision calls them where it has this network with this head, so that
    ``torchvision.models.resnet18(num_classes=3).load_state_dict(torch.load(…))`` takes them; else as we do.

    Args:
        checkpoint: what to hand out.
        folder: created if need be.

    Yields:
        Each file, once it is written.

    Raises:
        CheckpointError: the checkpoint is broken, the folder holds facts of another network, ONNX cannot be had, or
            does not compute the same.
        OSError: a file cannot be written.
    """
    classifier = Classifier(checkpoint)
    folder.mkdir(parents=True, exist_ok=True)
    card = checkpoint.card
    tensors = {name: value.contiguous() for name, value in trained(checkpoint).state_dict().items()}
    buffer = io.BytesIO()
    torch.save(names.to_theirs(checkpoint.architecture, card.head, tensors), buffer)
    files = {
        f"{card.name}.pth": buffer.getvalue(),
        f"{card.name}.card.json": checkpoint.card_file.read_bytes(),  # limits, licence, and what logits are divided by
        "class_indices.json": class_indices.text(card.classes).encode(),
        "preprocessing.json": (json.dumps(card.preprocessing, indent=2) + "\n").encode(),
    }
    for name in ("class_indices.json", "preprocessing.json"):  # not called after the network: they could be another's
        if (folder / name).is_file() and (folder / name).read_bytes() != files[name]:
            raise CheckpointError(f"{folder} holds {name} of another network. Give a folder of its own with --to.")
    for name, data in files.items():
        write(folder / name, data)
        yield folder / name
    write(folder / f"{card.name}.onnx", onnx_file.encoded(classifier))
    yield folder / f"{card.name}.onnx"
