"""What the user asked to be trained."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

from core.architectures import Architecture
from core.architectures.head import DEFAULT
from core.checkpoint import folders, open_card, require_name
from core.errors import CheckpointError, TrainingError
from core.evaluate.predictions import require_columns
from core.tasks import Task
from core.training.recipe import Recipe
from core.training.setting import Run

_PROBE = 2**20  # bytes that must go into the folder for the checkpoint


@dataclass(frozen=True, slots=True)
class Order:
    """What the user asked for.

    Attributes:
        data: folder of films.
        task: the classes.
        architecture: the network.
        head: key in HEADS: what follows its trunk.
        recipe: how to train.
        init: "scratch", "imagenet", a file of weights, or the name of a checkpoint.
        out: folder that receives the checkpoint.
        run: folder of the run's state and history.
        command: the command line, for the card.
        tensorboard: whether the history is also written for TensorBoard.
        called: what the checkpoint is called; "": ``<task>-<architecture>``.

    Raises:
        CheckpointError: files cannot be called as it is.
        DataError: a class cannot be called as it is.
        TrainingError: the films would be too small for the network, or of more sizes than its head takes.
    """

    data: Path
    task: Task
    architecture: Architecture
    recipe: Recipe
    init: str
    out: Path
    run: Path
    command: str
    head: str = DEFAULT
    tensorboard: bool = False
    called: str = ""

    @property
    def name(self) -> str:
        """Of the checkpoint's files."""
        return self.called or f"{self.task.name}-{self.architecture.name}"

    def __post_init__(self) -> None:
        require_name(self.name)
        require_columns(self.task.classes)
        sizes = {stage.size for stage in self.recipe.stages}
        small = self.architecture.smallest
        if min(sizes) < small:
            raise TrainingError(
                f"{self.architecture.title} needs films of {small} pixels a side or more. Give --stages as large."
            )
        if self.head == "classic" and self.architecture.fixed and len(sizes) > 1:
            raise TrainingError(
                f"The classic head of {self.architecture.title} fits one size only. Give --stages of one "
                "size, or --head pooled."
            )

    def make_place(self) -> None:
        """Make the folder for the checkpoint, and try it: before the first epoch rather than after the last.

        Raises:
            TrainingError: the folder cannot be made or written to, or a network of this name is in another that the app
                reads.
        """
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.out) as probe:
                probe.write(bytes(_PROBE))
        except OSError as error:
            raise TrainingError(
                f"--out {self.out} cannot be made or written to ({error.strerror}). Give another folder."
            ) from error
        places = folders()
        others = [place for place in places if place != self.out.resolve() and (place / f"{self.name}.json").exists()]
        if self.out.resolve() in places and others:
            raise TrainingError(
                f"There is a network called {self.name} in {others[0]} already, and of two that are called alike "
                "neither could be used. Give another --name."
            )

    def require_own(self, run: Run) -> None:
        """Whether what this training stores replaces nothing but what the same training stored before.

        Raises:
            TrainingError: another network of this name is there.
        """
        path = self.out / f"{self.name}.json"
        if not path.exists():
            return
        try:
            card = open_card(path).card
        except CheckpointError as error:
            raise TrainingError(
                f"The network called {self.name} in {self.out} cannot be used: {error} Or give another --name."
            ) from error
        known = card.model_dump(include={"classes", "architecture", "head"})
        known |= card.training.model_dump(include={"recipe", "fingerprint", "init"})
        if card.training.teachers is not None:  # cards from before do not say
            known["teachers"] = card.training.teachers
        if otherwise := run.otherwise(known):
            raise TrainingError(
                f"There is a network called {self.name} in {self.out} already, with {otherwise}. "
                "It is not overwritten: give another --name."
            )

    @property
    def init_says(self) -> str:
        """What the weights started from, for the card: a file by its name and digest, never by where it lay.

        Where one file names others that hold the weights, the digest is of all of them, one after the other.
        """
        from core.training.keras import parts

        path = Path(self.start)
        if not path.is_file():
            return self.init
        whole = parts(path) if path.suffix == ".json" else (path,)
        return f"{path.name} (sha256 {hashlib.sha256(b''.join(part.read_bytes() for part in whole)).hexdigest()})"

    @property
    def start(self) -> str:
        """``init``, with the name of a checkpoint replaced by its weights file."""
        from core.training.initial import file_of

        return file_of(self.init, self.out)
