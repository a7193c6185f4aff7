"""Whose predictions are judged: every checkpoint's, those in a folder of the server, and a visitor's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np

from core import settings
from core.checkpoint import Checkpoint
from core.errors import DataError, PneumoLensError
from core.evaluate import Predictions, parse
from core.tasks import TASKS, Task
from core.ui import cache, state, tested


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A set of predictions with a name.

    Attributes:
        name: unique on this page; a checkpoint's, or ``own-…``: a link never holds the name of a visitor's file.
        title: on screen.
        key: names exactly these predictions, for caches.
        task: whose classes they have; with two classes only, the task made coarser.
        predictions: one row per film.
        checkpoint: whose they are; ``None`` when another program made them.
    """

    name: str
    title: str
    key: str
    task: Task
    predictions: Predictions
    checkpoint: Checkpoint | None = None

    @property
    def split(self) -> str:
        """Which films these are; empty where nobody said."""
        return "test" if self.checkpoint else ""


@dataclass(frozen=True, slots=True)
class Unusable:
    """A table or checkpoint that cannot be judged, and why."""

    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything there is to judge, by name, and what cannot be."""

    good: Mapping[str, Source]
    bad: tuple[Unusable, ...]

    def of_task(self, name: str) -> dict[str, Source]:
        """Those of one task."""
        return {source.name: source for source in self.good.values() if source.task.name == name}


def everything() -> Sources:
    """Look at checkpoints, the server's folder and the visitor's tables."""
    good: dict[str, Source] = {}
    bad = [Unusable(broken.name, broken.reason) for broken in cache.models().broken]
    for title, make in (*_shipped(), *_served(), *_own()):
        try:
            source = make()
        except PneumoLensError as error:
            bad.append(Unusable(title, str(error)))
        except OSError as error:  # it went away, or is not ours to read
            bad.append(Unusable(title, f"It cannot be read ({error.strerror})."))
        else:
            if source.name in good:
                bad.append(Unusable(title, "There is another of this name. Rename one."))
                continue
            taken = {one.title for one in good.values() if one.task.name == source.task.name}
            named = replace(source, title=f"{source.title} ({source.name})") if source.title in taken else source
            good[source.name] = named
    return Sources(MappingProxyType(good), tuple(bad))


def coarse(task: Task) -> Task:
    """The task as a two-class one, for predictions of another program that knows only these."""
    classes = task.merged_classes
    return replace(
        task,
        classes=classes,
        words=MappingProxyType({name: task.word(name) for name in classes}),
        merged=MappingProxyType({name: name for name in classes}),
    )


def fitted(predictions: Predictions) -> tuple[Task, Predictions]:
    """The task these predictions are of, and the same predictions with the classes in the task's order.

    Raises:
        DataError: their classes are no task's.
    """
    for task in (found for whole in TASKS.values() for found in (whole, coarse(whole))):
        if set(task.classes) == set(predictions.classes):
            order = [predictions.classes.index(name) for name in task.classes]
            place = [task.classes.index(name) for name in predictions.classes]
            ordered = replace(
                predictions,
                classes=task.classes,
                labels=np.array(place, dtype=np.int64)[predictions.labels],
                probabilities=predictions.probabilities[:, order],
            )
            return task, ordered
    given = set(predictions.classes)
    known = [classes for task in TASKS.values() for classes in (task.classes, task.merged_classes)]
    nearest = max(known, key=lambda classes: 2 * len(given & set(classes)) - len(classes))
    strange = [name for name in predictions.classes if name not in nearest]
    lacking = [name for name in nearest if name not in given]
    wrong = f"column{'s' * (len(strange) > 1)} {', '.join(strange)}: no class of ours. " if strange else ""
    lacks = f"There is no column {' and no column '.join(lacking)}. " if lacking else ""
    said = "; ".join(", ".join(classes) for classes in dict.fromkeys(known))
    raise DataError(f"Row 1, {wrong}{lacks}Columns of probabilities are named after one of: {said}.")


_Named = tuple[str, Callable[[], Source]]


def _shipped() -> Iterator[_Named]:
    for checkpoint in cache.models().good.values():

        def make(checkpoint: Checkpoint = checkpoint) -> Source:
            if checkpoint.card.task not in TASKS:
                raise DataError(
                    "It has classes of its own, which are not judged on this page: for its figures run "
                    f"python -m core evaluate --model {checkpoint.name} --data DIR."
                )
            found, name = tested.predictions(checkpoint), checkpoint.predictions.name
            if found is None:
                raise DataError(
                    f"It has no test predictions ({name}). Make them: python -m core evaluate --model "
                    f"{checkpoint.name} --data DIR --predictions {name}, and put the file beside its weights."
                )
            title = checkpoint.architecture.title
            return Source(checkpoint.name, title, tested.key(checkpoint), checkpoint.task, found, checkpoint)

        yield checkpoint.name, make


def _served() -> Iterator[_Named]:
    folder = settings.path(settings.PREDICTIONS)
    if folder is None:
        return
    if not folder.is_dir():

        def lost() -> Source:
            raise DataError(f"There is no folder {folder}. Correct its name, or make it.")

        yield folder.name, lost
    for path in sorted(folder.glob("*.csv")):

        def make(path: Path = path) -> Source:
            key = str(path), cache.stamp(path)
            task, found = cache.computed("fitted", key, lambda: fitted(cache.predictions(path)))
            return Source(path.stem, path.stem, "/".join(key), task, found)

        yield path.name, make


def _own() -> Iterator[_Named]:
    for table in state.tables.given():

        def make(table: state.Upload = table) -> Source:
            task, found = cache.computed("own", (table.sha256,), lambda: fitted(_parsed(table)))
            title = Path(table.name).stem
            return Source(f"own-{table.sha256[:8]}", title, table.sha256, task, found)

        yield table.name, make


def _parsed(table: state.Upload) -> Predictions:
    try:
        text = table.data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError("This is no text in UTF-8. Save the table as CSV, UTF-8.") from error
    return parse(text, "The table")
