"""Training runs as they lie on disk: read for the page "Training", while they go on and afterwards. Needs no torch.

A run is a folder of ``runs/`` (or of what ``PNEUMOLENS_RUNS`` names) with any of these::

    history.csv     one row per finished epoch: epoch,size,rate,train_loss,…,val_loss,val_accuracy,…,seconds,…
    confusion.csv   epoch,true,predicted,films: validation films by true class and class read
    progress.json   how far it is, whether it is alive, and with which command it was started

A curve may also lie beside a checkpoint as ``<name>.history.csv``. Folders that hold none of these are none of ours and
are left out; files that are half-written or broken are said to be, by row and column, and hide no other run.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Final, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core import settings
from core.errors import DataError
from core.schema import problem

V = TypeVar("V")

SILENT: Final = 60.0
"""Seconds without a heartbeat from which on a run that says it is running is taken for dead."""

HISTORY, CONFUSION, PROGRESS = "history.csv", "confusion.csv", "progress.json"
BESIDE: Final = ".history.csv"
"""End of the name of a curve that lies beside a checkpoint."""

State = Literal["running", "finished", "diverged", "failed", "stopped"]
Standing = Literal["running", "finished", "diverged", "failed", "stopped", "dead", "unknown"]


@dataclass(frozen=True, slots=True)
class Epoch:
    """A row of ``history.csv``.

    Attributes:
        number: of the epoch, 1 or more.
        figures: column → number, of those that are numbers: an empty cell, a NaN or an infinity is left out. Losses are
            natural logarithms, accuracies and recalls 0…1, ``size`` pixels, ``rate`` of the head.
    """

    number: int
    figures: Mapping[str, float]


class Progress(BaseModel):
    """What ``progress.json`` says.

    Attributes:
        name: of the run.
        task: key in TASKS, or another word.
        architecture: key in ARCHITECTURES, or another word.
        command: that started it, and lets it go on.
        epochs: to be run; once no more are, those that were.
        done: finished.
        part: of the epoch being run, 0…1; a word, where the engine has no better, counts as nothing done.
        seconds_left: estimated; ``None`` when not known.
        state: as the run itself said last.
        message: what it does before the first epoch to be run or after the last, or why it ended so and what to do.
        heartbeat: when it last said anything.
        started: when it was.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str = ""
    task: str = ""
    architecture: str = ""
    command: str = ""
    epochs: Annotated[int, Field(ge=0)] = 0
    done: Annotated[int, Field(ge=0)] = 0
    part: float | str | None = None
    seconds_left: Annotated[float, Field(ge=0)] | None = None
    state: State
    message: str | None = None
    heartbeat: datetime | None = None
    started: datetime | None = None

    @property
    def share(self) -> float:
        """How much of all epochs is done, 0…1."""
        part = min(1.0, max(0.0, self.part)) if isinstance(self.part, float | int) else 0.0
        return min(1.0, (self.done + part) / self.epochs) if self.epochs else 0.0

    def silent(self, now: datetime) -> float:
        """Seconds since it last said anything; infinite when it never did."""
        if self.heartbeat is None:
            return math.inf
        # A time without a zone is this machine's; a clock that is ahead of ours is not silence.
        return max(0.0, (now - self.heartbeat.astimezone(UTC)).total_seconds())


@dataclass(frozen=True, slots=True, eq=False)
class Confusion:
    """Validation films by true class (row) and class read (column), epoch by epoch.

    Attributes:
        classes: in the order in which they first occur.
        epochs: epoch → films, int64 ``[K, K]``.
    """

    classes: tuple[str, ...]
    epochs: Mapping[int, NDArray[np.int64]]


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A run, or the curve of a checkpoint.

    Attributes:
        key: tells it from every other: ``runs/<name>`` or ``weights/<name>``.
        name: of its folder, or of the checkpoint.
        epochs: finished ones, ascending.
        progress: what it says of itself; ``None`` where it said nothing.
        confusion: validation films by class, where they were written down.
        problems: which of its files cannot be used, and why.
    """

    key: str
    name: str
    epochs: tuple[Epoch, ...] = ()
    progress: Progress | None = None
    confusion: Confusion | None = None
    problems: tuple[str, ...] = field(default=())

    @property
    def columns(self) -> tuple[str, ...]:
        """Figures that any of its epochs has."""
        return tuple(dict.fromkeys(name for epoch in self.epochs for name in epoch.figures))

    def standing(self, now: datetime | None = None) -> Standing:
        """How it is: as it says, but "dead" where it says it runs and has said nothing for :data:`SILENT` seconds.

        A curve beside a checkpoint is "finished"; a run that left no ``progress.json`` is "unknown".
        """
        if self.progress is None:
            return "finished" if self.key.startswith("weights/") else "unknown"
        if self.progress.state == "running" and self.progress.silent(now or datetime.now(UTC)) > SILENT:
            return "dead"
        return self.progress.state

    def series(self, name: str) -> tuple[list[int], list[float | None]]:
        """Epochs, and a figure in each; ``None`` where it is not known, which interrupts a curve."""
        return [epoch.number for epoch in self.epochs], [epoch.figures.get(name) for epoch in self.epochs]

    def steps(self) -> list[tuple[int, int]]:
        """Epochs from which on films have another side than before, with that side in pixels; the first is not one."""
        sizes = [(epoch.number, int(epoch.figures["size"])) for epoch in self.epochs if "size" in epoch.figures]
        return [here for before, here in pairwise(sizes) if before[1] != here[1]]


def folder() -> Path:
    """Where runs are looked for."""
    return settings.path(settings.RUNS) or Path("runs")


def keys(runs: Path | None = None, weights: Iterable[Path] = ()) -> dict[str, Path]:
    """Every run there is, by key: its folder, or its curve beside a checkpoint. Runs come first, the newest before.

    Args:
        runs: folder of runs; :func:`folder` when left out.
        weights: folders of checkpoints.
    """
    place = folder() if runs is None else runs
    try:
        inside = [path for path in place.iterdir() if _is_run(path)]
    except OSError:  # no such folder, or none of ours: there are no runs in it
        inside = []
    inside.sort(key=lambda path: (-_changed(path), path.name))
    found = {f"runs/{path.name}": path for path in inside}
    for shelf in weights:
        for path in sorted(shelf.glob(f"*{BESIDE}")):
            found.setdefault(f"weights/{path.name.removesuffix(BESIDE)}", path)
    return found


def load(key: str, path: Path) -> Run:
    """A run as it is now. Files that cannot be used are in its ``problems``; nothing is raised.

    Args:
        key: from :func:`keys`.
        path: its folder, or its curve beside a checkpoint.
    """
    name = key.split("/", 1)[1]
    alone = path.name.endswith(BESIDE)
    problems: list[str] = []
    epochs = _part(path if alone else path / HISTORY, parse_history, problems) or ()
    confusion = progress = None
    if not alone:
        confusion = _part(path / CONFUSION, parse_confusion, problems)
        progress = _part(path / PROGRESS, parse_progress, problems)
    return Run(key, name, epochs, progress, confusion, tuple(problems))


def _part(path: Path, parse: Callable[[str, str], V], problems: list[str]) -> V | None:
    """What a file of a run holds; ``None`` where there is none, or where it is no good, which ``problems`` is told."""
    try:
        text = _text(path)
        return None if text is None else parse(text, path.name)
    except DataError as error:
        problems.append(str(error))
        return None


def parse_history(text: str, name: str) -> tuple[Epoch, ...]:
    """The epochs in a ``history.csv``; columns unknown to us are kept when they hold numbers.

    Args:
        text: CSV with a header that names ``epoch``.
        name: of the file, for messages.

    Raises:
        DataError: a column is missing, or a cell is no number; rows are counted as a spreadsheet does.
    """
    header, rows = _table(text, name, ("epoch",))
    epochs: list[Epoch] = []
    for number, row in rows:
        cells = dict(zip(header, row, strict=True))
        epoch = _whole(cells["epoch"], name, number, "epoch", least=1)
        if epochs and epoch <= epochs[-1].number:
            raise DataError(
                f"{name}, row {number}, column epoch: {epoch} does not come after {epochs[-1].number}. Two runs wrote "
                "into one folder, or rows were moved: put them in order, or give each run a folder of its own (--run)."
            )
        values = {
            column: value
            for column, cell in cells.items()
            if column != "epoch" and (value := _number(cell, name, number, column)) is not None
        }
        epochs.append(Epoch(epoch, values))
    return tuple(epochs)


def parse_confusion(text: str, name: str) -> Confusion:
    """The matrices in a ``confusion.csv``: columns ``epoch, true, predicted, films``.

    Args:
        text: CSV.
        name: of the file, for messages.

    Raises:
        DataError: a column is missing, or a cell is not as documented.
    """
    header, rows = _table(text, name, ("epoch", "true", "predicted", "films"))
    cells: list[tuple[int, str, str, int]] = []
    for number, row in rows:
        found = dict(zip(header, row, strict=True))
        for column in ("true", "predicted"):
            if not found[column]:
                raise DataError(f"{name}, row {number}, column {column}: no class is named. Write the class there.")
        epoch = _whole(found["epoch"], name, number, "epoch", least=1)
        cells.append((epoch, found["true"], found["predicted"], _whole(found["films"], name, number, "films", least=0)))
    classes = tuple(dict.fromkeys(name for _, true, read, _ in cells for name in (true, read)))
    epochs = {epoch: np.zeros((len(classes),) * 2, np.int64) for epoch in sorted({cell[0] for cell in cells})}
    for epoch, true, read, films in cells:
        epochs[epoch][classes.index(true), classes.index(read)] += films
    return Confusion(classes, epochs)


def parse_progress(text: str, name: str) -> Progress:
    """What a ``progress.json`` says.

    Args:
        text: JSON.
        name: of the file, for messages.

    Raises:
        DataError: it is no such JSON; the message names the field.
    """
    try:
        return Progress.model_validate_json(text)
    except ValidationError as error:
        raise DataError(
            f"{name}: {problem(error)}. It is half-written or not ours: it is written anew when the run goes on."
        ) from error


def _is_run(path: Path) -> bool:
    return path.is_dir() and any((path / name).is_file() for name in (HISTORY, PROGRESS))


def _changed(path: Path) -> int:
    """When any of a run's files was last written, nanoseconds; 0 when that cannot be told."""
    times = [0]
    for name in (HISTORY, PROGRESS):
        try:
            times.append((path / name).stat().st_mtime_ns)
        except OSError:
            continue
    return max(times)


def _text(path: Path) -> str | None:
    """A file's text; ``None`` where there is none, as at the start of a run.

    Raises:
        DataError: it is there and cannot be read.
    """
    try:
        return path.read_text("utf-8-sig")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DataError(f"{path.name} cannot be read ({error.strerror}). See who may read it.") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name} is no text in UTF-8. Write it again, or remove it.") from error


def _table(text: str, name: str, needed: Sequence[str]) -> tuple[tuple[str, ...], list[tuple[int, list[str]]]]:
    """Header, and rows with their numbers in a spreadsheet.

    Raises:
        DataError: a column is missing or named twice, or a row has more or fewer cells than the header.
    """
    try:
        lines = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise DataError(f"{name} cannot be read ({error}). Write it as CSV, separated by commas.") from error
    header = tuple(cell.strip() for cell in lines[0]) if lines else ()
    if missing := [column for column in needed if column not in header]:
        raise DataError(f"{name} has no column {', '.join(missing)}. Its first row must name them.")
    if len(set(header)) < len(header):
        raise DataError(f"{name} names a column twice. Rename or remove one.")
    rows = []
    for number, row in enumerate(lines[1:], start=2):
        if not row:
            continue
        if len(row) != len(header):
            raise DataError(
                f"{name}, row {number} has {len(row)} cells, the header {len(header)}: it is half-written. "
                "Complete or remove it."
            )
        rows.append((number, [cell.strip() for cell in row]))
    return header, rows


def _number(cell: str, name: str, row: int, column: str) -> float | None:
    """A cell's number; ``None`` for none, and for what a diverged run leaves (NaN, infinity)."""
    if not cell:
        return None
    try:
        value = float(cell)
    except ValueError as error:
        raise DataError(
            f"{name}, row {row}, column {column}: {cell[:40]!r} is no number. Correct it or leave it empty."
        ) from error
    return value if math.isfinite(value) else None


def _whole(cell: str, name: str, row: int, column: str, least: int) -> int:
    value = _number(cell, name, row, column)
    if value is None or value != int(value) or value < least:
        raise DataError(f"{name}, row {row}, column {column}: {cell[:40]!r} is no whole number of {least} or more.")
    return int(value)
