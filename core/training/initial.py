"""What a network's weights start from: chance, ImageNet, a checkpoint of ours, or convolutions trained elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from core.architectures import Architecture
from core.architectures.network import Network
from core.architectures.row import Names
from core.checkpoint import Card, Checkpoint, folders, named, open_card
from core.errors import CheckpointError, TrainingError, UnknownNameError
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


def checkpoint_called(name: str, out: Path) -> Checkpoint:
    """A checkpoint by its name: in the folder that results go to, else where the app looks for them.

    Raises:
        CheckpointError: there is one and it is broken.
        UnknownNameError: there is none.
    """
    try:
        return named(name, out)
    except UnknownNameError:
        return named(name, *folders())


def file_of(init: str, out: Path) -> str:
    """What ``--init`` says, with the name of a checkpoint replaced by its weights file.

    Raises:
        CheckpointError: there is such a checkpoint, and it is broken or altered.
        TrainingError: it says nothing that there is.
    """
    if init in {"scratch", "imagenet"} or Path(init).suffix in _READERS:
        return init
    try:
        found = checkpoint_called(init, out)
    except UnknownNameError as error:
        raise TrainingError(
            f"--init {init} is neither 'scratch', 'imagenet', a {', '.join(_READERS)} file nor a checkpoint "
            f"({', '.join(error.legal) or 'there are none'})."
        ) from error
    found.tensors()  # compares their sha256 with the card's
    return str(found.weights)


def card_of(init: str) -> Card | None:
    """The card beside a weights file; ``None`` where there is none, or none that can be read."""
    path = Path(init)
    if path.suffix != ".safetensors" or not path.with_suffix(".json").is_file():
        return None
    try:
        return open_card(path.with_suffix(".json")).card
    except CheckpointError:
        return None


def initialise(  # noqa: PLR0913 - a network, its weights, and what they are fitted on
    architecture: Architecture,
    network: Network,
    init: str,
    films: Tensor,
    preprocessing: Preprocessing,
    *,
    classes: tuple[str, ...] | None = None,
) -> Network:
    """Give a network its initial weights.

    Args:
        architecture: which.
        network: a fresh one; its head stays as chance made it unless a checkpoint has the same head for the same
            classes.
        init: "scratch"; "imagenet" (torchvision's weights, through its own cache); or a file: a ``.safetensors``
            checkpoint of this architecture or of one of its donors, or the convolutions of a network of the same shape,
            without batch norms, as a PyTorch state dict (``.pth``) or in ONNX (``.onnx``; Caffe's input convention).
        films: some training films ``[N, 1, S, S]``, normalised; batch norms are measured on them where they are new.
        preprocessing: how those were normalised.
        classes: of the network; where the card beside a checkpoint names others its head is left out.

    Returns:
        ``network``.

    Raises:
        TrainingError: the weights cannot be had or do not fit.
    """
    if init == "scratch":
        return network
    if init == "imagenet":
        try:
            network.trunk.load_state_dict(architecture.pretrained().state_dict())
        except (OSError, RuntimeError) as error:
            raise TrainingError(
                f"ImageNet weights of {architecture.title} could not be had ({error}). Connect to the network once, or "
                "put torchvision's file into its cache (TORCH_HOME/hub/checkpoints), or use --init scratch."
            ) from error
        return network
    path = Path(init)
    if path.suffix not in _READERS:
        raise TrainingError(f"--init {init} is neither 'scratch', 'imagenet' nor a {', '.join(_READERS)} file.")
    tensors = _READERS[path.suffix](path)
    if path.suffix == ".safetensors":
        card = card_of(init)
        if card and card.architecture in architecture.donors:
            return _graft(network, tensors, architecture.donors[card.architecture])
        if card and classes and card.classes != classes:
            tensors = {name: value for name, value in tensors.items() if not name.startswith("head.")}
        return _resume_from(network, tensors, path, architecture)
    own = {f"trunk.{name}" for name in network.trunk.state_dict()}
    if own <= set(tensors):
        return _resume_from(network, tensors, path, architecture)
    convention = CAFFE if path.suffix == ".onnx" else TORCHVISION
    _adopt(network.trunk, _convolutions(tensors), convention, films, preprocessing)
    return network


def _checkpoint(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise TrainingError(f"{path} is no readable safetensors file ({error}).") from error


def _state_dict(path: Path) -> dict[str, Tensor]:
    import pickle

    try:
        found = torch.load(path, map_location="cpu", weights_only=True)  # tensors only: runs no code from the file
    except (OSError, pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise TrainingError(
            f"{path} is no plain PyTorch state dict ({error}). Save it as one, with torch.save."
        ) from error
    if not isinstance(found, dict) or not all(isinstance(value, Tensor) for value in found.values()):
        raise TrainingError(
            f"{path} holds something else than a plain state dict. Save model.state_dict() and give that."
        )
    return found


def _onnx(path: Path) -> dict[str, Tensor]:
    """Weights and biases of the convolutions, in the order of the graph."""
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
    convolutions = [node for node in graph.node if node.op_type == "Conv" and node.input[1] in values]
    for place, node in enumerate(convolutions):
        for part, name in zip(("weight", "bias"), node.input[1:], strict=False):
            found[f"{place}.{part}"] = torch.tensor(numpy_helper.to_array(values[name]))
    return found


_READERS: Mapping[str, Callable[[Path], dict[str, Tensor]]] = {
    ".safetensors": _checkpoint,
    ".pth": _state_dict,
    ".pt": _state_dict,
    ".onnx": _onnx,
}


def _resume_from(network: Network, tensors: dict[str, Tensor], path: Path, architecture: Architecture) -> Network:
    tensors = {name: value.float() if value.is_floating_point() else value for name, value in tensors.items()}
    own = network.state_dict()
    same_head = all(
        name in tensors and tensors[name].shape == own[name].shape for name in own if name.startswith("head.")
    )
    wanted = tensors if same_head else {name: value for name, value in tensors.items() if not name.startswith("head.")}
    try:
        network.load_state_dict(wanted if same_head else {**own, **wanted})
    except RuntimeError as error:
        raise TrainingError(
            f"{path} does not fit {architecture.title}: give weights of the same architecture."
        ) from error
    return network


def _graft(network: Network, tensors: dict[str, Tensor], layers: Names) -> Network:
    """Convolutions and batch norms out of another architecture, layer by layer; all else stays as chance made it."""
    own = network.trunk.state_dict()
    spare: Tensor | float = 0.0  # bias of a convolution whose own kind has none
    for ours, theirs in layers:
        given = {
            name.rpartition(".")[2]: value.float()
            for name, value in tensors.items()
            if name.startswith(f"trunk.{theirs}.") and value.is_floating_point()
        }
        if "running_mean" in given:  # the batch norm takes the mean away, so that a bias can be taken out of both
            given["running_mean"], spare = given["running_mean"] - spare, 0.0
        elif f"{ours}.bias" not in own:
            spare = given.pop("bias")
        for name, value in given.items():
            own[f"{ours}.{name}"].copy_(value)
    return network


def _convolutions(tensors: dict[str, Tensor]) -> Iterator[tuple[Tensor, Tensor]]:
    for name, weight in tensors.items():
        if weight.ndim == _KERNEL:
            bias = tensors.get(name.removesuffix("weight") + "bias")
            yield weight.float(), torch.zeros(len(weight)) if bias is None else bias.float()


@torch.no_grad()
def _adopt(
    trunk: nn.Module,
    convolutions: Iterator[tuple[Tensor, Tensor]],
    convention: Convention,
    films: Tensor,
    preprocessing: Preprocessing,
) -> None:
    """Foreign convolutions into a chain of convolutions and batch norms, so that it computes what theirs did.

    Each batch norm gets the statistics it sees on ``films``, and a scale and shift that undo it but for one common
    factor, which keeps activations near one: a ReLU network does not mind. Training starts from the foreign network's
    function, and from batch norms that fit the films.
    """
    misfit = TrainingError(
        "The initial weights do not fit: their convolutions are not those of this architecture, in order."
    )
    if not isinstance(trunk, nn.Sequential):
        raise TrainingError(
            "The initial weights have no batch norms, and this architecture is no plain chain: give a full checkpoint."
        )
    scale, shift = (torch.tensor(part).view(1, 3, 1, 1) for part in (convention.scale, convention.shift))
    factor, first, x = 1.0, True, films.expand(-1, 3, -1, -1)
    for layer in trunk.eval():
        if isinstance(layer, nn.Conv2d):
            weight, bias = next(convolutions, (None, None))
            if weight is None or bias is None or weight.shape != layer.weight.shape or layer.bias is None:
                raise misfit
            if first:  # grey = std * input + mean, put into the foreign convention
                bias = bias + (weight * (scale * preprocessing.mean + shift)).sum(dim=(1, 2, 3))
                weight, first = weight * scale * preprocessing.std, False
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
