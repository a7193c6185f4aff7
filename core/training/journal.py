"""A run's journal, for whoever watches it: what was reached after each epoch, and whether it is alive.

In the run's folder lie, each written whole or not at all::

    history.csv     one row per epoch: COLUMNS
    confusion.csv   epoch, true class, decided class, validation films
    progress.json   how far it is, in which state, why, and a heartbeat every few seconds
"""

from __future__ import annotations

import csv
import io
import json
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from core.errors import DivergedError, PneumoLensError
from core.runs import CONFUSION, HISTORY, PROGRESS, State
from core.training.order import Order
from core.training.state import keep

COLUMNS = (
    "epoch", "size", "rate", "train_loss", "train_accuracy", "val_loss", "val_accuracy", "val_macro_recall",
    "val_merged_accuracy", "val_merged_macro_recall", "seconds", "images_per_second",
)  # fmt: skip
"""Of history.csv: number from 1, pixels a side, learning rate at the epoch's end, loss and accuracy on the augmented
training films and on the validation films, seconds of the pass, films a second."""

_BEAT = 3.0  # seconds


@dataclass(slots=True)
class _Said:
    """What progress.json says, and :class:`core.runs.Progress` reads, together with what other engines write there.

    Attributes:
        name: of the checkpoint that is being made.
        task: key in TASKS.
        architecture: key in ARCHITECTURES.
        command: that started it.
        epochs: how many there will be at most; once it is over, how many there were.
        done: how many are finished.
        part: of the current one, 0…1.
        seconds_left: an estimate, or ``None``.
        state: "running" while its process lives; a heartbeat much older than some seconds says that it does not.
        message: what is done before the first epoch or after the last; what went wrong, and what to do; or "".
        heartbeat: when this was written, seconds since 1970.
        started: when this process began, likewise.
    """

    name: str
    task: str
    architecture: str
    command: str
    epochs: int
    done: int
    part: float
    seconds_left: float | None
    state: State
    message: str
    heartbeat: float
    started: float


class Journal:
    """Keeps a run's journal while the run is inside its ``with`` block; a thread of its own keeps the heart beating.

    A run that cannot even begin leaves the journal of the one before it in the same folder.

    Args:
        order: what is being trained.
        silent: writes nothing: this process does not lead.
    """

    def __init__(self, order: Order, *, silent: bool = False) -> None:
        now = time.time()
        self._folder, self._classes, self._silent = order.run, order.task.classes, silent
        self._said = _Said(
            order.name,
            order.task.name,
            order.architecture.name,
            order.command,
            epochs=order.recipe.epochs,
            done=0,
            part=0.0,
            seconds_left=None,
            state="running",
            message="",
            heartbeat=now,
            started=now,
        )
        self._lock, self._over, self._begun = threading.Lock(), threading.Event(), False
        self._before = self._file.read_bytes() if self._file.is_file() else None
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    @property
    def _file(self) -> Path:
        return self._folder / PROGRESS

    def prepares(self, doing: str) -> None:
        """What is done before the first epoch, in words; written with the next heartbeat."""
        with self._lock:
            self._said.message = doing

    def begins(self, history: Sequence[Mapping[str, Any]]) -> None:
        """The folder is this run's, which has come so far."""
        self._begun = True
        self.prepares("")
        self.epoch(history)

    def concludes(self, doing: str) -> None:
        """No further epoch comes, be it before the last that was asked for; what is done now, in words."""
        with self._lock:
            self._said.epochs, self._said.seconds_left, self._said.message = self._said.done, None, doing

    def step(self, done: int, part: float, seconds_left: float | None) -> None:
        """How far it is; written with the next heartbeat."""
        with self._lock:
            self._said.done, self._said.part, self._said.seconds_left = done, round(part, 4), seconds_left

    def epoch(self, history: Sequence[Mapping[str, Any]]) -> None:
        """So many epochs are done."""
        if self._silent:
            return
        keep(self._folder / HISTORY, history_csv(history).encode())
        keep(self._folder / CONFUSION, _confusion_csv(history, self._classes).encode())
        with self._lock:
            self._said.done, self._said.part = len(history), 0.0
        self._write()

    def __enter__(self) -> Self:
        if not self._silent:
            self._write()
            self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._silent:
            return
        self._over.set()
        self._thread.join()
        if error is not None and not self._begun and self._before is not None:
            keep(self._file, self._before)
            return
        self._said.state, self._said.message = _ending(error)
        self._said.seconds_left = None
        self._write()

    def _beat(self) -> None:
        while not self._over.wait(_BEAT):
            try:
                self._write()
            except (OSError, PneumoLensError):
                continue  # a full disk stops the run itself, with its own message

    def _write(self) -> None:
        with self._lock:
            self._said.heartbeat = time.time()
            keep(self._file, (json.dumps(asdict(self._said), indent=2) + "\n").encode())


def history_csv(history: Sequence[Mapping[str, Any]]) -> str:
    """The history as plain CSV, one row per epoch; empty where an older version did not measure a figure."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(history)
    return text.getvalue()


def _confusion_csv(history: Sequence[Mapping[str, Any]], classes: Sequence[str]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("epoch", "true", "predicted", "films"))
    for row in history:
        for true, counts in zip(classes, row.get("confusion", ()), strict=False):
            writer.writerows((row["epoch"], true, said, count) for said, count in zip(classes, counts, strict=True))
    return text.getvalue()


def _ending(error: BaseException | None) -> tuple[State, str]:
    match error:
        case None:
            return "finished", ""
        case DivergedError():
            return "diverged", str(error)
        case KeyboardInterrupt():
            return "stopped", "Stopped by hand. Run the same command again: it goes on from the last finished epoch."
        case PneumoLensError():
            return "failed", str(error)
        case OSError():
            return "failed", f"{error.strerror or error}. Put that right and run the same command again."
        case _:
            return "failed", f"{type(error).__name__}: {error}. The command's own output says where."
