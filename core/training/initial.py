"""What a network's weights start from: chance, ImageNet, a checkpoint of ours, or convolutions trained elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from torch import Tensor

from core.architectures import Architecture
from core.architectures.network import Network
from core.architectures.row import Names
from core.checkpoint import Card, Checkpoint, folders, named, open_card
from core.errors import CheckpointError, TrainingError, UnknownNameError
from core.training.foreign import CAFFE, TORCHVISION, adopt, convolutions_of_onnx, state_dict
from core.training.keras import fed, resnet
from core.xray import Preprocessing


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
            without batch norms, as a PyTorch state dict (``.pth``) or in ONNX (``.onnx``; Caffe's input convention), or
            Keras' ResNet-50 as TensorFlow.js keeps it (``model.json``).
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
    if path.suffix == ".json":
        tensors = fed(tensors, preprocessing)
    elif path.suffix == ".safetensors":
        card = card_of(init)
        if card and card.architecture in architecture.donors:
            return _graft(network, tensors, architecture.donors[card.architecture])
        if card and classes and card.classes != classes:
            tensors = {name: value for name, value in tensors.items() if not name.startswith("head.")}
    elif not {f"trunk.{name}" for name in network.trunk.state_dict()} <= set(tensors):
        convention = CAFFE if path.suffix == ".onnx" else TORCHVISION
        return adopt(network, tensors, convention, films, preprocessing)
    return _resume_from(network, tensors, path, architecture)


def _checkpoint(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise TrainingError(f"{path} is no readable safetensors file ({error}).") from error


_READERS: Mapping[str, Callable[[Path], dict[str, Tensor]]] = {
    ".safetensors": _checkpoint,
    ".pth": state_dict,
    ".pt": state_dict,
    ".onnx": convolutions_of_onnx,
    ".json": resnet,
}


def _resume_from(network: Network, tensors: dict[str, Tensor], path: Path, architecture: Architecture) -> Network:
    tensors = {name: value.float() if value.is_floating_point() else value for name, value in tensors.items()}
    own = network.state_dict()
    same_head = all(
        name in tensors and tensors[name].shape == own[name].shape for name in own if name.startswith("head.")
    )
    heads = tensors if same_head else own
    wanted = {name: value for name, value in tensors.items() if not name.startswith("head.")}
    try:
        network.load_state_dict(wanted | {name: value for name, value in heads.items() if name.startswith("head.")})
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
