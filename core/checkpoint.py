"""A checkpoint: weights (safetensors, fp16), their card (JSON) and their test predictions (CSV), side by side.

``<name>.safetensors`` + ``.json`` + ``.csv``; ours are called ``<task>-<architecture>``. Cards can be listed without
loading torch; weights are read, and their sha256 compared with the card's, only when a classifier is built. Nothing is
ever unpickled.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from core import settings
from core.architectures import ARCHITECTURES, HEADS, Architecture
from core.errors import CheckpointError, UnknownNameError
from core.files import write
from core.schema import NAME, Name, Sha256, Share, Strict, problem, to_json
from core.tasks import OWN, TASKS, Task, own_task
from core.tensors import packed, unpacked
from core.wilson import wilson_ends
from core.words import percent
from core.xray import Preprocessing

if TYPE_CHECKING:
    from torch import Tensor

    from core.architectures.grid import Grid

SHIPPED = Path(__file__).parent.parent / "weights"
"""Where the trained networks of this project lie."""


class Interval(Strict):
    """A figure with its 95 % interval: mostly a bootstrap's (percentile, resampled by patient).

    An interval without width is none: the films do not tell how sure the figure is (see :attr:`told`).
    """

    value: Share
    low: Share
    high: Share

    @classmethod
    def of_share(cls, share: float, count: int) -> Self:
        """A share of ``count`` independent things, with Wilson's interval."""
        low, high = wilson_ends(share, count)
        return cls(value=share, low=low, high=high)

    @property
    def told(self) -> bool:
        """Whether there is an interval."""
        return self.low < self.high

    def __str__(self) -> str:
        if not self.told:
            return f"{percent(self.value, 1)} (interval cannot be told)"
        # With "to": an en dash is easily read as minus.
        return f"{percent(self.value, 1)} ({100 * self.low:.1f} to {100 * self.high:.1f})"

    def __format__(self, spec: str) -> str:
        """As a number with its ends, each as ``spec`` says: ".3f" → "0.912 (0.884 to 0.935)"; else as text."""
        return f"{self.value:{spec}} ({self.low:{spec}} to {self.high:{spec}})" if spec else str(self)

    def as_json(self) -> dict[str, float | None]:
        """Value and ends; ``None`` for ends that cannot be told."""
        return {"value": self.value, "low": self.low if self.told else None, "high": self.high if self.told else None}

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low <= self.value <= self.high:
            raise ValueError("an interval must hold its own value")
        return self


class TrainingFacts(Strict):
    """How the weights came to be.

    Attributes:
        data: the data set, by name and reference.
        films: split → class → number of films used.
        patients: split → number of patients.
        fingerprint: sha256 over the names and digests of all films; ``None`` where they are not known.
        skipped: films that could not be read.
        command: the command line that made this checkpoint; anyone can run it again.
        recipe: every setting of the run.
        init: what the weights started from.
        teachers: whose answers were mixed into the labels, by name and sha256; ``None`` where they were not noted.
        epochs: how many.
        kept: the epoch whose weights these are, from 1, where not the last one's were kept.
        seconds: how long they took.
        hardware: on what.
        versions: of the packages that matter.
        validation: figures on the held-out patients, by which everything was chosen.
    """

    data: str
    films: dict[str, dict[str, int]]
    patients: dict[str, int]
    fingerprint: Sha256 | None
    skipped: int
    command: str
    recipe: dict[str, Any]
    init: str
    teachers: tuple[str, ...] | None = None
    epochs: int
    kept: int | None = None
    seconds: float
    hardware: str
    versions: dict[str, str]
    validation: dict[str, float]


class Storage(Strict):
    """What storing the weights in 16 bits changed, against the trained 32-bit ones, over the test films.

    Attributes:
        largest_change: of any probability.
        decisions_changed: films whose most probable class is another.
    """

    largest_change: Share
    decisions_changed: int


class Card(Strict):
    """What is known of a network: the JSON beside its weights.

    Attributes:
        version: of this schema.
        name: of its files, less their endings; of networks trained here ``<task>-<architecture>``.
        task: key in TASKS, or "own": an imported network with classes of its own.
        architecture: key in ARCHITECTURES.
        head: key in HEADS: what follows the trunk. A classic one was built for the input size of the preprocessing.
        classes: in the order of the logits.
        preprocessing: see :class:`core.xray.Preprocessing`.
        temperature: what logits are divided by before the softmax, fitted on validation; 1 leaves them as they are.
        view: how test films were read: one crop, or averaged with their mirror image.
        parameters: number of weights.
        training: how it was trained.
        metrics: name → figure with its interval, on the test split.
        test_films: size of the test split.
        baselines: what these films give away to plain classifiers that see no lungs: key in
            :data:`core.training.baselines.BASELINES` → figure → value; empty where it was not measured.
        storage: what storing in 16 bits changed; ``None`` where it was not measured.
        limits: what it must not be used for, and known failures.
        warnings: what in its training data can mislead: copies, patients on two sides, classes out of balance.
        licence: of the weights.
        citation: whom to cite for data and method.
        weights_sha256: of the ``.safetensors`` file.
        weights_bytes: its size.
    """

    version: Literal[1] = 1
    name: Name
    task: str
    architecture: str
    head: str = "pooled"
    classes: tuple[str, ...]
    preprocessing: dict[str, Any]
    temperature: Annotated[float, Field(gt=0)] = 1.0
    view: Literal["one crop", "flip-averaged"]
    parameters: int
    training: TrainingFacts
    metrics: dict[str, Interval]
    test_films: int
    baselines: dict[str, dict[str, Interval]] = Field(default_factory=dict)
    storage: Storage | None = None
    limits: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    licence: str
    citation: str
    weights_sha256: Sha256
    weights_bytes: int

    @model_validator(mode="after")
    def _known(self) -> Self:
        try:
            classes = self.classes if self.task == OWN else TASKS[self.task].classes
            ARCHITECTURES[self.architecture]
            HEADS[self.head]
        except UnknownNameError as error:
            raise ValueError(str(error)) from error
        if self.classes != classes:
            raise ValueError(f"classes are {self.classes}, the task '{self.task}' has {classes}")
        if len(set(classes)) < max(2, len(classes)):
            raise ValueError(f"classes are {classes}: there must be two or more, all of them different")
        Preprocessing.from_dict(self.preprocessing)
        return self


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A card and where its weights lie.

    Attributes:
        card: what is known of the network.
        folder: where its files are.
    """

    card: Card
    folder: Path

    @property
    def name(self) -> str:
        """Of its files, less their endings."""
        return self.card.name

    @property
    def key(self) -> str:
        """What tells its readings from those of any other: a digest of weights and card.

        Weights alone do not: brought in twice, with classes put right the second time, they make two checkpoints.
        """
        return hashlib.sha256(self.card.model_dump_json().encode()).hexdigest()

    @property
    def title(self) -> str:
        """Its name on screen: the architecture's, and its own where it is not simply that of task and architecture."""
        ours = f"{self.card.task}-{self.card.architecture}"
        return self.architecture.title if self.name == ours else f"{self.name} ({self.architecture.title})"

    @property
    def task(self) -> Task:
        """The classes it knows."""
        return own_task(self.card.classes) if self.card.task == OWN else TASKS[self.card.task]

    @property
    def architecture(self) -> Architecture:
        """The blueprint its weights fill."""
        return ARCHITECTURES[self.card.architecture]

    @property
    def preprocessing(self) -> Preprocessing:
        """What its network expects to be fed."""
        return Preprocessing.from_dict(self.card.preprocessing)

    @property
    def weights(self) -> Path:
        """The safetensors file."""
        return self.folder / f"{self.name}.safetensors"

    @property
    def card_file(self) -> Path:
        """The JSON file of the card."""
        return self.folder / f"{self.name}.json"

    @property
    def predictions(self) -> Path:
        """The table of test predictions."""
        return self.folder / f"{self.name}.csv"

    @property
    def validation(self) -> Path:
        """The table of validation predictions, where there is one: what :mod:`core.certainty` is fitted to."""
        return self.folder / f"{self.name}.validation.csv"

    @property
    def history(self) -> Path:
        """The table of its training, one row per epoch, where there is one: see :mod:`core.training.journal`."""
        return self.folder / f"{self.name}.history.csv"

    @property
    def film_map(self) -> Path:
        """The test films in two dimensions, where there is such a table: see :mod:`core.evaluate.film_map`."""
        return self.folder / f"{self.name}.map.csv"

    @property
    def aids(self) -> Path:
        """The folder of its own aids, such as what :mod:`core.guard` knows of its films."""
        return self.folder / "aids"

    def grid(self, layer: str) -> Grid | None:
        """Where the cells of a stage's map lie, with the side of what the network is fed as the unit.

        ``None``: evenly, as of anything that is no stage: several that were averaged, or the input.
        """
        stages = {stage.name: stage for stage in self.architecture.stages}
        return stages[layer].grid.over(self.preprocessing.size) if layer in stages else None

    def tensors(self) -> dict[str, Tensor]:
        """The weights, name → tensor (:func:`core.tensors.packed`), after their sha256 was compared with the card's.

        Raises:
            CheckpointError: the file is missing, altered or broken.
        """
        return unpacked(self.weights, self.card.weights_sha256)


@dataclass(frozen=True, slots=True)
class Broken:
    """A checkpoint that cannot be used, and why: shown to the user, never raised at them."""

    name: str
    reason: str


def open_card(path: Path) -> Checkpoint:
    """The checkpoint whose card is ``path``.

    Raises:
        CheckpointError: the card cannot be read, does not fit the schema, or has no weights beside it.
    """
    try:
        card = Card.model_validate_json(path.read_bytes())
    except OSError as error:
        raise CheckpointError(f"The card cannot be read ({error.strerror}).") from error
    except ValidationError as error:
        raise CheckpointError(f"The card does not fit the schema: {problem(error)}.") from error
    if card.name != path.stem:
        raise CheckpointError(f"The card is of '{card.name}': files and card must be named alike.")
    found = Checkpoint(card, path.parent)
    try:
        size = found.weights.stat().st_size
    except OSError:
        size = None
    if size != card.weights_bytes:
        state = "missing." if size is None else f"{size:,} bytes long, not {card.weights_bytes:,}: half-copied?"
        raise CheckpointError(f"{found.weights.name} is {state} Copy it again.")
    return found


def folders() -> tuple[Path, ...]:
    """Where checkpoints are looked for: the shipped ones; the folder that PNEUMOLENS_WEIGHTS names, if any."""
    own = settings.path(settings.WEIGHTS)
    return tuple(dict.fromkeys([SHIPPED.resolve(), *([own.resolve()] if own else [])]))


def find(*places: Path) -> tuple[dict[str, Checkpoint], tuple[Broken, ...]]:
    """Every checkpoint in some folders: the usable ones, by name, best of each task first; and the others.

    Reads cards only, so it is cheap and loads no torch. Two of one name are both unusable: whichever was taken, someone
    would read films with a network that they did not mean.

    Args:
        *places: :func:`folders` when left out.
    """
    cards: dict[str, list[Path]] = {}
    bad: list[Broken] = []
    for folder in places or folders():
        if not folder.is_dir():
            bad.append(Broken(folder.name, f"There is no folder {folder}. Correct its name, or make it."))
        for path in sorted(folder.glob("*.json")):
            cards.setdefault(path.stem, []).append(path)
        bad += [
            Broken(path.stem, f"{path.name} has no card beside it ({path.stem}.json). Copy the card too.")
            for path in sorted(folder.glob("*.safetensors"))
            if not path.with_suffix(".json").is_file()
        ]
    good: list[Checkpoint] = []
    for name, paths in cards.items():
        if len(paths) > 1:
            both = " and ".join(map(str, paths))
            bad.append(
                Broken(
                    name, f"Two are called so: {both}. Rename one, its files and the name in its card, or remove it."
                )
            )
            continue
        try:
            good.append(open_card(paths[0]))
        except CheckpointError as error:
            bad.append(Broken(name, str(error)))
    tasks = [*TASKS, OWN]  # an imported network never comes first where ours are: the first is what a visitor meets
    good.sort(
        key=lambda c: (
            tasks.index(c.card.task),
            -c.card.metrics["accuracy"].value if "accuracy" in c.card.metrics else 0,
            c.name,
        )
    )
    return {c.name: c for c in good}, tuple(bad)


def named(name: str, *places: Path) -> Checkpoint:
    """The usable checkpoint called ``name``, in :func:`folders` or those given.

    Raises:
        CheckpointError: there is one and it is broken.
        UnknownNameError: there is none.
    """
    good, bad = find(*places)
    if name in good:
        return good[name]
    for broken in bad:
        if broken.name == name:
            raise CheckpointError(f"{name} cannot be used. {broken.reason}")
    raise UnknownNameError("model", name, good)


def require_name(name: str) -> None:
    """Whether a checkpoint can be called so.

    Raises:
        CheckpointError: it cannot.
    """
    if re.match(NAME, name) is None:
        raise CheckpointError(
            f"--name {name!r} cannot name files. Give letters, figures, '.', '-' and '_', a letter or a figure first."
        )


def store(folder: Path, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> Checkpoint:
    """Write weights (:func:`core.tensors.packed`), then the card.

    Card last: a checkpoint cut short in writing is seen as weights without a card.

    Args:
        folder: created if need be.
        tensors: the network's state dict.
        facts: the card's fields, less the sha256 and size, which are measured here.

    Raises:
        CheckpointError: the facts do not fit the schema.
    """
    data = packed(tensors)
    digest = hashlib.sha256(data).hexdigest()
    try:
        card = Card(**facts, weights_sha256=digest, weights_bytes=len(data))
    except ValidationError as error:
        raise CheckpointError(f"The card's facts do not fit the schema: {problem(error)}.") from error
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = Checkpoint(card, folder)
    write(checkpoint.weights, data)
    write(checkpoint.card_file, to_json(card))
    return checkpoint
