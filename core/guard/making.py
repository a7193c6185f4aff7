"""Films and images → the statistics of one network, its limits, and what the guard is worth with them.

Limits are chosen on validation films and on one half of the negatives; figures are of test films and the other half.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core import orientation
from core.batch import Source, of_file, read_many
from core.checkpoint import Interval
from core.classifier import Classifier
from core.dataset import film_at, films_below
from core.errors import CheckpointError, DataError
from core.evaluate.films import drawn, films_of
from core.guard import population
from core.guard.known import Known, fit
from core.guard.negatives import KINDS, Negative, negatives
from core.guard.seen import Seen, see, with_aids
from core.guard.verdict import Verdict, judge
from core.records import grouped
from core.tasks import TASKS

Array = NDArray[np.float32]
Say = Callable[[str], None]

TRAINING_FILMS: Final = 1500
"""Drawn by chance; more make no difference that validation films show."""

_CAUTION: Final = 0.99  # of validation films lie below the limit of distances
_OTHERS: Final = 0.995  # and below that of the odds of another population, which lie far enough apart for it
_FEWER: Final = 0.975  # of validation films at least, where negatives would lie below that limit, too
_NEGATIVES: Final = 0.01  # of negatives may
_ROOM: Final = 1.15  # times as far as the farthest validation film: where negatives come no nearer, there is room
_ALIKE: Final = 0.02  # of negatives are nearer than where refusal begins at the latest
_BATCH: Final = 16
_LEARNED, _MEASURED, _UNSEEN = range(3)


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """What was seen of N images.

    Attributes:
        seen: of each.
        rows: pooled features, float32 ``[N, C]``.
    """

    seen: Sequence[Seen]
    rows: Array

    def verdicts(self, task: str, known: Known) -> list[Verdict]:
        """On each."""
        return [judge(known.beside(one, row), task, known) for one, row in zip(self.seen, self.rows, strict=True)]

    def features(self) -> Array:
        """What the orientation network looked at, float32 ``[N, F]``.

        Raises:
            CheckpointError: it is not here.
        """
        found = [one.posture.features for one in self.seen if one.posture and one.posture.features is not None]
        if len(found) < len(self.seen):
            raise CheckpointError(orientation.MISSING)
        return np.stack(found) if found else np.zeros((0, 0), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """The statistics, and what they are worth.

    Attributes:
        known: statistics with limits.
        films: split → number of films.
        metrics: shares of films, or of negatives, with 95 % intervals (Wilson, as many observations as patients).
        measured: counts and figures without an interval.
    """

    known: Known
    films: Mapping[str, int]
    metrics: Mapping[str, Interval]
    measured: Mapping[str, float]


def make(classifier: Classifier, data: Path, others: Path | None, say: Say) -> Made:
    """Fit, choose limits, measure.

    Args:
        classifier: the network.
        data: what it was trained on.
        others: films of another population, one folder per source.
        say: told what cannot be read or had.

    Raises:
        DataError: a folder is not there, or holds no film.
    """
    chosen, task = classifier.checkpoint, classifier.checkpoint.card.task
    files, groups = _others(others) if others else ([], np.zeros(0, np.intp))
    training = [of_file(film.path) for film in drawn(chosen, data, "train", TRAINING_FILMS, 0)]
    train = look(classifier, "training films", training, say)
    held = {split: films_of(chosen, data, split)[0] for split in ("val", "test")}
    val, test = (
        look(classifier, f"{split} films", [of_file(film.path) for film in films], say) for split, films in held.items()
    )
    images = list(negatives())
    if absent := KINDS.keys() - {one.kind for one in images}:
        say(f"Without {', '.join(sorted(absent))}: the package that ships them is missing (see requirements-dev.txt).")
    shown = look(classifier, "negatives", [partial(bytes, one.data) for one in images], say)
    foreign = look(classifier, "films of another population", [of_file(file) for file in files], say)
    kept = np.array([one.measured for one in images])
    learned = groups == _LEARNED
    known = fit(train.rows)
    known = replace(known, typical=float(np.median(known.distances(val.rows))))
    if learned.any():
        known = replace(known, population=population.learn(train.features(), foreign.features()[learned]))
    passed = np.array([not judge(one, task, None).reasons for one in shown.seen])  # by their looks
    far = known.distances(shown.rows)
    known = replace(known, limits=_limits(known, val, far[~kept], far[~kept & passed]))
    on_test, on_images = test.verdicts(task, known), shown.verdicts(task, known)
    patients = len({film.patient for film in held["test"]})
    metrics, measured = _figures(on_test, patients, val.verdicts(task, known), images, on_images)
    on_others = foreign.verdicts(task, known)
    for group, name in ((_MEASURED, "other_population_warned"), (_UNSEEN, "unseen_source_warned")):
        these = [verdict for verdict, of in zip(on_others, groups, strict=True) if of == group]
        if others and these:
            people = {_patient(file, others) for file, in_group in zip(files, groups, strict=True) if in_group == group}
            measured[f"{name}_films"] = len(these)
            metrics[name] = Interval.of_share(sum(verdict.caution for verdict in these) / len(these), len(people))
    films = {"train": len(train.rows), "val": len(val.rows), "test": len(test.rows), "others": int(learned.sum())}
    return Made(known, films, metrics, measured)


def look(classifier: Classifier, what: str, sources: Sequence[Source], say: Say) -> Looked:
    """What the images and their features say; what cannot be read is named and left out."""
    from tqdm import tqdm

    seen, rows = [], []
    for outcome in tqdm(read_many(sources, classifier, _BATCH), desc=what, total=len(sources), leave=False):
        if outcome.xray is None or outcome.reading is None:
            say(f"{what}, number {outcome.index}: {outcome.error}")
            continue
        seen.append(with_aids(see(outcome.xray), outcome.xray))
        rows.append(outcome.reading.pooled)
    return Looked(seen, np.stack(rows) if rows else np.zeros((0, 0), np.float32))


def reach(near: Array, far: Array, unstopped: Array, few: int) -> tuple[float, float]:
    """Limits of distance, of caution and of refusal.

    Caution above nearly all validation films: above all where no negative comes near, above fewer where too many would
    be let in. Refusal above all validation films, and where nearly all negatives are.

    Args:
        near: distances of validation films, ``[N]``.
        far: of negatives, ``[M]``.
        unstopped: of those negatives that no other check would stop.
        few: how many of them may be let in.
    """
    least, usual, most = (float(one) for one in np.quantile(near, [_FEWER, _CAUTION, 1]))
    nearest = np.sort(unstopped)
    wanted = float(nearest[few]) if len(nearest) > few else np.inf
    free = float(nearest[0]) / _ROOM if len(nearest) else np.inf
    caution = max(least, min(usual, wanted), min(most, free))
    return caution, max(caution, most, min(most * _ROOM, float(np.quantile(far, _ALIKE))))


def _limits(known: Known, val: Looked, far: Array, unstopped: Array) -> dict[str, tuple[float | None, float | None]]:
    """Of every check that a network has limits of its own for."""
    few = int(_NEGATIVES * len(far))
    limits: dict[str, tuple[float | None, float | None]] = {
        "distance": reach(known.distances(val.rows), far, unstopped, few)
    }
    odds = (population.odds(known.population, seen.posture) for seen in val.seen)
    told = [one for one in odds if one is not None]
    if told:
        limits["population"] = (float(np.quantile(told, _OTHERS)), None)
    return limits


def _figures(
    on_test: Sequence[Verdict],
    patients: int,
    on_val: Sequence[Verdict],
    images: Sequence[Negative],
    on_images: Sequence[Verdict],
) -> tuple[dict[str, Interval], dict[str, float]]:
    pairs = [(one.kind, verdict) for one, verdict in zip(images, on_images, strict=True) if one.measured]
    held = [verdict for _, verdict in pairs]
    metrics = {
        "test_accepted": Interval.of_share(_count(on_test, "accepted") / len(on_test), patients),
        "negatives_accepted": Interval.of_share(_count(held, "accepted") / len(held), len(held)),
    }
    measured = {
        "negatives": float(len(held)),
        "test_refused": _count(on_test, "refused") / len(on_test),
        "test_caution": _count(on_test, "caution") / len(on_test),
        "validation_accepted": _count(on_val, "accepted") / len(on_val),
        "negatives_refused": _count(held, "refused") / len(held),
        "auroc": _auroc(on_test, held),
    }
    for kind, these in grouped(pairs, itemgetter(0)).items():
        measured[f"accepted of {kind}"] = _count([verdict for _, verdict in these], "accepted") / len(these)
    return metrics, measured


def _others(root: Path) -> tuple[list[Path], NDArray[np.intp]]:
    """Films of other populations; for each whether it is learned from, measured on, or of a source kept unseen.

    The folder with the fewest films is the source that is kept unseen. Patients (first part of the name) stay together.
    """
    files = films_below(root)
    if not files:
        raise DataError(f"There is no film in {root}. Give a folder that holds some, or leave --others out.")
    folders = [file.parent for file in files]
    unseen = min(set(folders), key=folders.count) if len(set(folders)) > 1 else None

    def group(file: Path) -> int:
        if file.parent == unseen:
            return _UNSEEN
        odd = hashlib.sha256(file.stem.split("_")[0].encode()).digest()[0] % 2
        return _MEASURED if odd else _LEARNED

    return files, np.array([group(file) for file in files], dtype=np.intp)


def _patient(file: Path, root: Path) -> str:
    """Who is on a film, as an index of the folder has it; nobody else where it is of no task's class."""
    rows = (film_at(file, root, task) for task in TASKS.values())
    return next((row.patient for row in rows if row), str(file))


def _count(verdicts: Sequence[Verdict], name: str) -> int:
    return sum(verdict.name == name for verdict in verdicts)


def _auroc(films: Sequence[Verdict], images: Sequence[Verdict]) -> float:
    """Chance that a negative scores higher than a film."""
    a, b = (np.array([verdict.score for verdict in group]) for group in (films, images))
    return float((b[:, None] > a[None]).mean() + (b[:, None] == a[None]).mean() / 2)
