"""What a row of ARCHITECTURES holds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.architectures.grid import Grid
from core.architectures.head import DEFAULT, HEADS
from core.errors import TrainingError, UnknownNameError

if TYPE_CHECKING:
    from torch import nn

    from core.architectures.network import Head, Network


_DRAWING = threading.RLock()
"""Fresh weights come from the one generator that all threads share."""

Names = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """A place in the trunk whose map can be explained: the target layer of a heatmap.

    Attributes:
        name: what it is called on screen and in a heatmap.
        parts: how many of the trunk's parts, from the input on, lead to its map.
        channels: of that map.
        grid: where its cells lie on the film, in pixels of what is fed.
    """

    name: str
    parts: int
    channels: int
    grid: Grid


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """A network's blueprint.

    Attributes:
        name: key in the table and in a checkpoint's name, e.g. ``"resnet18"``.
        title: how it is written on screen, e.g. ``"ResNet-18"``.
        family: heading under which pickers group it.
        stages: where its maps can be explained, from the input on; the last is the trunk's own last map.
        trunk: () → a fresh trunk, film ``[N, 3, S, S]`` → map ``[N, channels, h, w]``.
        classic: number of classes, side S of the input → the head it was published with.
        fixed: its classic head fits the one input size it was built for; a head that averages fits every size.
        size: side of the input it was published for, pixels.
        smallest: side of the smallest input that leaves a map, with every head.
        scaled: mean and deviation of grey (0…1) that its input was published with; ``None``: those of the
            training films.
        fed: the same of its ImageNet weights, where that is not what all of torchvision's are fed with.
        imagenet: () → its trunk with torchvision's ImageNet weights, through torchvision's own cache; ``None`` where
            nobody publishes any.
        torchvision: head → (beginning of our names of weights, beginning of torchvision's), for the heads it has.
        donors: other architecture → (layer of our trunk, layer of its trunk of the same shape): what training can take
            over from a checkpoint of that architecture.
        shallower: other architectures whose layers are all among ours, under the same names; the blocks that only we
            have start as identities, so that training can begin with the function of a checkpoint of theirs.
        paper: where it was published.
    """

    name: str
    title: str
    family: str
    stages: tuple[Stage, ...]
    trunk: Callable[[], nn.Module]
    classic: Callable[[int, int], Head]
    fixed: bool = False
    size: int = 224
    smallest: int = 32
    scaled: tuple[float, float] | None = None
    fed: tuple[float, float] | None = None
    imagenet: Callable[[], nn.Module] | None = None
    torchvision: Mapping[str, Names] = field(default_factory=dict)
    donors: Mapping[str, Names] = field(default_factory=dict)
    shallower: tuple[str, ...] = ()
    paper: str

    @property
    def layer(self) -> str:
        """What the trunk's last feature map is called; named under every heatmap."""
        return self.stages[-1].name

    @property
    def channels(self) -> int:
        """Channels of that map."""
        return self.stages[-1].channels

    def stage(self, name: str) -> Stage:
        """The stage called ``name``.

        Raises:
            UnknownNameError: there is none.
        """
        found = {stage.name: stage for stage in self.stages}
        if name not in found:
            raise UnknownNameError("layer", name, found)
        return found[name]

    def build(self, classes: int, head: str = DEFAULT, size: int | None = None) -> Network:
        """A fresh network.

        Args:
            classes: outputs.
            head: key in HEADS.
            size: side of its input, pixels; as published when left out. Only a classic head needs to know it.

        Raises:
            UnknownNameError: there is no such head.
            ValueError: the input is too small to leave a map.
        """
        from core.architectures.network import Network

        side = self.size if size is None else size
        if side < self.smallest:
            raise ValueError(f"{self.title} needs films of {self.smallest} pixels a side or more, not {side}")
        chosen = HEADS[head]
        with _DRAWING:
            return Network(self.trunk(), chosen.build(self, classes, side))

    def drawn(self, classes: int, head: str, size: int, seed: int) -> Network:
        """A fresh network whose weights are always the same for one seed.

        Args:
            classes, head, size: as for :meth:`build`.
            seed: of the weights.
        """
        import torch

        with _DRAWING, torch.random.fork_rng():
            torch.manual_seed(seed)
            return self.build(classes, head, size)

    def pretrained(self) -> nn.Module:
        """The trunk with its ImageNet weights.

        Raises:
            TrainingError: nobody publishes any.
        """
        if self.imagenet is None:
            raise TrainingError(f"There are no ImageNet weights of {self.title}. Use --init scratch.")
        return self.imagenet()
