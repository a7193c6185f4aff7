"""What :mod:`core.ui.cache` hands out: records of films, readings, and of the heatmaps asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.checkpoint import Broken, Checkpoint
from core.explain import METHODS
from core.guard import Verdict
from core.render import Grey
from core.ui.state import Upload
from core.xray import Facts

if TYPE_CHECKING:
    from core.classifier import Reading


@dataclass(frozen=True, slots=True)
class Models:
    """The checkpoints on this machine: usable ones by name, and those that are not."""

    good: Mapping[str, Checkpoint]
    broken: tuple[Broken, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Film:
    """An X-ray as the screen needs it.

    Attributes:
        sha256: of its file.
        key: short form of it, for people and file names.
        width, height: of the film, pixels.
        facts: what is known of the file.
        grey: uint8 ``[h, w]`` at screen size.
        picture: the same as PNG.
    """

    sha256: str
    key: str
    width: int
    height: int
    facts: Facts
    grey: Grey
    picture: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Sent:
    """A film as the viewer gets it.

    Attributes:
        width, height: of the film, pixels; the PNG has fewer where those are too many to send.
        picture: grey PNG of 8 or 16 bits.
    """

    width: int
    height: int
    picture: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What became of an upload: a reading, or the reason why there is none; and whether the film is of a known kind."""

    upload: Upload
    reading: Reading | None
    error: str | None
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """The heatmaps of one reading, by one method.

    Attributes:
        checkpoint: whose network read.
        upload: the film.
        reading: of it.
        method: key in METHODS.
        against: a class that every other one is explained against, if any.
        layers: names of stages whose maps are averaged; none: the last one, or a method that explains the input.
    """

    checkpoint: Checkpoint
    upload: Upload
    reading: Reading
    method: str
    against: str | None = None
    layers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """The same question has one form only."""
        names = [stage.name for stage in self.checkpoint.architecture.stages if stage.name in self.layers]
        plain = not METHODS[self.method].by_layer or names == [self.checkpoint.architecture.layer]
        object.__setattr__(self, "layers", () if plain else tuple(names))

    @property
    def key(self) -> tuple[str, ...]:
        """What tells it from every other."""
        against = () if self.against is None else (self.against,)
        return self.upload.sha256, self.checkpoint.key, self.method, "+".join(self.layers), *against

    @property
    def light(self) -> bool:
        """Whether the reading alone suffices, and the maps are small."""
        return METHODS[self.method].fast and not self.layers
