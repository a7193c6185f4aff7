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
from core.portable import names, state_dict
from core.tensors import widened
from core.training.foreign import CAFFE, TORCHVISION, adopt, convolutions_of_onnx
from core.training.keras import fed, resnet
from core.xray import Preprocessing


def checkpoint_called(name: str, out: Path) -> Checkpoint:
    """A checkpoint by its weights file or its name: in the folder that results go to, else where the app looks for it.

    Raises:
        CheckpointError: there is one and it is broken, or there is no such file or no card beside it.
        UnknownNameError: there is none of that name.
    """
    if Path(name).suffix == ".safetensors":
        return open_card(Path(name).with_suffix(".json"))
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
    if Path(init).suffix in _READERS and not Path(init).is_file():
        raise TrainingError(f"--init {init}: there is no such file. Give one that there is, or --init scratch.")
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
        init: "scratch"; "imagenet" (torchvision's weights, through its own cache); or a file. A state dict
            (``.safetensors``, ``.pth``) is of this architecture, under our names or torchvision's, or of one of its
            donors, or a shallower one, as which it then starts, or of the same convolutions without batch norms.
            ONNX (``.onnx``) has such convolutions in Caffe's input convention, and ``model.json`` is Keras' ResNet-50
            as TensorFlow.js keeps it.
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
    tensors = names.to_ours(architecture, next(iter(architecture.torchvision), ""), _READERS[path.suffix](path))
    if path.suffix == ".json":
        tensors = fed(tensors, preprocessing)
    elif card := card_of(init):
        if card.architecture in architecture.donors:
            return _graft(network, tensors, architecture.donors[card.architecture])
        if classes and card.classes != classes:
            tensors = {name: value for name, value in tensors.items() if not name.startswith("head.")}
        tensors = _filled(tensors, network) if card.architecture in architecture.shallower else tensors
    elif not {f"trunk.{name}" for name, _ in network.trunk.named_parameters()} <= set(tensors):
        convention = CAFFE if path.suffix == ".onnx" else TORCHVISION
        return adopt(network, tensors, convention, films, preprocessing)
    return _resume_from(network, tensors, path, architecture)


def _tensors(path: Path) -> dict[str, Tensor]:
    try:
        return names.used(state_dict.read(path))
    except (OSError, CheckpointError) as error:
        raise TrainingError(f"{path}: {error}") from error


_READERS: Mapping[str, Callable[[Path], dict[str, Tensor]]] = {
    ".safetensors": _tensors,
    ".pth": _tensors,
    ".pt": _tensors,
    ".onnx": convolutions_of_onnx,
    ".json": resnet,
}


def _resume_from(network: Network, tensors: dict[str, Tensor], path: Path, architecture: Architecture) -> Network:
    tensors = widened(tensors)
    own = network.state_dict()
    same_head = all(
        name in tensors and tensors[name].shape == own[name].shape for name in own if name.startswith("head.")
    )
    heads = tensors if same_head else own
    counters = {name: value for name, value in own.items() if name.endswith(names.COUNTER)}
    wanted = {name: value for name, value in tensors.items() if not name.startswith("head.")}
    head = {name: value for name, value in heads.items() if name.startswith("head.")}
    try:
        network.load_state_dict(counters | wanted | head)
    except RuntimeError as error:
        raise TrainingError(
            f"{path} does not fit {architecture.title}: give weights of the same architecture."
        ) from error
    return network


def _filled(tensors: dict[str, Tensor], network: Network) -> dict[str, Tensor]:
    """A shallower network's weights, and for the blocks that it has not those of ours as they are."""
    return {f"trunk.{name}": value for name, value in network.trunk.state_dict().items()} | tensors


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
