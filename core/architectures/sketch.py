"""What a network looks like: its stages, the maps they leave and their weights, taken from the network itself.

:func:`measured` runs shapes, not films, through the network (PyTorch's ``meta`` device); the result for every row of
ARCHITECTURES lies in ``core/assets/architectures.json``, so that pages draw it without loading torch.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from core.architectures.row import Architecture
from core.errors import DataError
from core.files import ASSETS

if TYPE_CHECKING:
    from torch import nn

SHIPPED: Final = ASSETS / "architectures.json"
"""Where the sketches of all architectures are kept."""

SIZES: Final = (128, 160, 192, 224, 256)
"""Sides of the input, pixels, at which every network is sketched, beside the one it was published for."""

_SHRINKS: Final = 1.5
"""A stage ends where the map shrinks by this factor or more: an unpadded convolution takes off less."""

_BLOCKS: Final = {
    "BasicBlock": "basic block",
    "Bottleneck": "bottleneck",
    "Inception": "inception block",
    "ResidualVggBlock": "residual block",
}
"""Class of a block of layers → what it is called."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Layers one after another that leave a map of one size.

    Attributes:
        name: of the layers in the network, e.g. ``"layer3"``.
        says: what is in it, e.g. ``"2 basic blocks, 5 convolutions"``.
        channels: of the map it leaves.
        sides: side of the input → side of that map, both in pixels.
        parameters: weights in it.
    """

    name: str
    says: str
    channels: int
    sides: Mapping[int, int]
    parameters: int


@dataclass(frozen=True, slots=True)
class Sketch:
    """A network's trunk, from input to last feature map.

    Attributes:
        name: key in ARCHITECTURES.
        size: side of the input it was published for, pixels.
        stages: from the input on.
    """

    name: str
    size: int
    stages: tuple[Stage, ...]

    @property
    def parameters(self) -> int:
        """Weights of the trunk."""
        return sum(stage.parameters for stage in self.stages)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Sides of the input for which it knows its maps."""
        return tuple(self.stages[0].sides)


def measured(architecture: Architecture) -> Sketch:
    """The sketch of a network, taken from the network itself. No weight is drawn, no film read."""
    import torch

    sizes = sorted({size for size in SIZES if size >= architecture.smallest} | {architecture.size})
    with torch.device("meta"):
        trunk = architecture.trunk().eval()
        maps = {size: _maps(trunk, size) for size in sizes}
    groups = _groups([side for _, side in maps[architecture.size]], architecture.size)
    parts = list(trunk.named_children())
    return Sketch(
        architecture.name,
        architecture.size,
        tuple(
            Stage(
                _name([parts[place] for place in group], number),
                _says([parts[place][1] for place in group]),
                maps[architecture.size][group[-1]][0],
                {size: found[group[-1]][1] for size, found in maps.items()},
                sum(weight.numel() for place in group for weight in parts[place][1].parameters()),
            )
            for number, group in enumerate(groups, start=1)
        ),
    )


def to_json(sketches: Iterable[Sketch]) -> str:
    """Sketches as the file that is shipped."""
    return json.dumps({sketch.name: asdict(sketch) for sketch in sketches}, indent=1) + "\n"


def load(path: Path = SHIPPED) -> dict[str, Sketch]:
    """The sketches in a file, by architecture.

    Raises:
        DataError: the file is missing or no such file.
    """
    try:
        return {name: _sketch(facts) for name, facts in json.loads(path.read_text("utf-8")).items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise DataError(
            f"The sketches of the networks cannot be read ({path.name}). Make them anew: python -m core sketch"
        ) from error


def _sketch(facts: Mapping[str, Any]) -> Sketch:
    stages = tuple(
        Stage(**stage | {"sides": {int(size): int(side) for size, side in stage["sides"].items()}})
        for stage in facts["stages"]
    )
    return Sketch(facts["name"], facts["size"], stages)


def _maps(trunk: nn.Module, size: int) -> list[tuple[int, int]]:
    """Channels and side of the map after every part of a trunk."""
    import torch

    x = torch.empty(1, 3, size, size)
    found = []
    for part in trunk.children():
        x = part(x)
        found.append((int(x.shape[1]), int(x.shape[2])))
    return found


def _groups(sides: Sequence[int], size: int) -> list[list[int]]:
    """Places of the parts of each stage: what halves the map begins the next one."""
    groups: list[list[int]] = [[]]
    for place, (before, side) in enumerate(pairwise((size, *sides))):
        if groups[-1] and before / side >= _SHRINKS:
            groups.append([])
        groups[-1].append(place)
    return groups


def _name(parts: Sequence[tuple[str, nn.Module]], number: int) -> str:
    from torch import nn

    named = [name for name, part in parts if any(isinstance(layer, nn.Conv2d) for layer in part.modules())]
    if all(name.isdigit() for name in named):
        return f"block {number}"
    return named[0] if len(named) == 1 else f"{named[0]} to {named[-1]}"


def _says(parts: Sequence[nn.Module]) -> str:
    from torch import nn

    layers = [layer for part in parts for layer in part.modules()]
    kinds = Counter(_BLOCKS[type(layer).__name__] for layer in layers if type(layer).__name__ in _BLOCKS)
    counts = [*kinds.items(), ("convolution", sum(isinstance(layer, nn.Conv2d) for layer in layers))]
    said = [f"{count} {kind}{'s' * (count != 1)}" for kind, count in counts]
    return ", ".join([*said, *(["pooling"] if any("Pool" in type(layer).__name__ for layer in layers) else [])])
