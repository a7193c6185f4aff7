"""``python -m core guard``: films → what a network knows of the films it was trained on, and what that is worth."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import checkpoint
from core.commands.options import ALL_DONE, weights_option

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.checkpoint import Checkpoint, Interval
    from core.classifier import Classifier
    from core.guard import Known, Seen, Verdict

HELP = "measure which films a network knows, so that others are refused or read with a warning"
_CAUTION = 0.99  # of validation films lie below; two limits of features, so about 2 of 100 films get a warning
_ROOM = 1.15  # refusal is so far above the farthest validation film, or at the negatives where those begin before
_BATCH = 16
_TRAINING_FILMS = 1500  # more make no difference that validation films show


def options(parser: argparse.ArgumentParser) -> None:
    """What can be asked."""
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder the network was trained on")
    parser.add_argument(
        "--others",
        type=Path,
        metavar="DIR",
        help="films of another population (adults, say), one folder per source: the network learns to warn of them",
    )
    parser.add_argument("--model", metavar="NAME", help="default: every network here")
    weights_option(parser)


def run(options: argparse.Namespace) -> int:
    """Fit, choose limits on validation films and half of the negatives, measure on test films and the other half."""
    good, _ = checkpoint.find(*options.weights)
    chosen = [checkpoint.named(options.model, *options.weights)] if options.model else list(good.values())
    for one in chosen:
        _make(one, options)
    return ALL_DONE


def _make(chosen: Checkpoint, options: argparse.Namespace) -> None:
    from dataclasses import replace

    import numpy as np

    from core.aids import store_aid
    from core.evaluate.films import drawn, films_of
    from core.guard.known import fit, name_of
    from core.guard.negatives import negatives
    from core.models import get_pool

    classifier = get_pool().get(chosen)

    def read(what: str, sources: Sequence[Any]) -> tuple[list[Seen], NDArray[np.float32]]:
        return _read(classifier, f"{chosen.name}: {what}", sources)

    def of_split(split: str) -> list[Any]:
        return [film.path.read_bytes for film in films_of(chosen, options.data, split)[0]]

    training = [film.path.read_bytes for film in drawn(chosen, options.data, "train", _TRAINING_FILMS, 0)]
    _, train = read("training films", training)
    seen_val, val = read("validation films", of_split("val"))
    seen_test, test = read("test films", of_split("test"))
    images = list(negatives())
    seen_images, features = read("negatives", [lambda data=one.data: data for one in images])
    kept = np.array([one.measured for one in images])
    seen_others: list[Seen] = []
    others, groups = np.zeros((0, train.shape[1]), np.float32), np.zeros(0, np.intp)
    if options.others:
        files, groups = _others(options.others)
        seen_others, others = read("films of another population", [file.read_bytes for file in files])
    learned = groups == 0
    known = fit(train, others[learned] if learned.any() else None)
    known = replace(known, typical=float(np.median(known.distances(val))))
    known = replace(known, limits=_limits(known, val, features[~kept]))

    def verdicts(seen: Sequence[Seen], rows: NDArray[np.float32]) -> list[Verdict]:
        return _judged(known, chosen.card.task, seen, rows)

    on_test = verdicts(seen_test, test)
    on_images = [v for v, m in zip(verdicts(seen_images, features), kept, strict=True) if m]
    measured: dict[str, float] = {
        "negatives": len(on_images),
        "test_refused": _share(on_test, "refused"),
        "test_caution": _share(on_test, "caution"),
        "validation_accepted": _share(verdicts(seen_val, val), "accepted"),
        "negatives_refused": _share(on_images, "refused"),
        "auroc": _auroc(on_test, on_images),
    }
    metrics = {"test_accepted": _counted(on_test, "accepted"), "negatives_accepted": _counted(on_images, "accepted")}
    left = [one for one, m in zip(images, kept, strict=True) if m]
    for kind in dict.fromkeys(one.kind for one in left):
        these = [v for v, one in zip(on_images, left, strict=True) if one.kind == kind]
        measured[f"accepted of {kind}"] = _share(these, "accepted")
    on_others = verdicts(seen_others, others)
    for group, name in ((1, "other_population_warned"), (2, "unseen_source_warned")):
        these = [v for v, g in zip(on_others, groups, strict=True) if g == group]
        if these:
            measured[f"{name}_films"] = len(these)
            warned = sum(v.caution for v in these)
            metrics[name] = _interval(warned, len(these))
    aid = store_aid(
        chosen.folder / "aids",
        known.tensors(),
        {
            "name": name_of(chosen),
            "purpose": f"How far a film is from those {chosen.name} was trained on",
            "settings": {"weights_sha256": chosen.card.weights_sha256, **known.settings()},
            "data": chosen.card.training.data,
            "films": {"train": len(train), "val": len(val), "test": len(test), "others": int(learned.sum())},
            "command": f"python -m core {shlex.join(options.arguments)}",
            "metrics": metrics,
            "measured": measured,
            "limits": (
                "Research use only: not a medical device.",
                "An accepted film can still be of another population, badly exposed, or of something never met.",
                "Most negatives are made by code; real films of other body parts were not there to measure on.",
                "Left-right mirroring is not noticed.",
            ),
            "licence": chosen.card.licence,
            "citation": "Lee et al. 2018, NeurIPS (distance); " + chosen.card.citation,
        },
    )
    print(f"{aid.weights}: {aid.weights.stat().st_size / 1e3:.0f} kB")
    for key, value in metrics.items():
        print(f"  {key:32} {value}")
    for key, number in measured.items():
        print(f"  {key:32} {number:.4g}")
    for key, pair in known.limits.items():
        print(f"  {key:32} caution from {pair[0]}, refusal from {pair[1]}")


def _read(classifier: Classifier, what: str, sources: Sequence[Any]) -> tuple[list[Seen], NDArray[np.float32]]:
    """What the images say, and pooled features ``[N, C]``."""
    import numpy as np
    from tqdm import tqdm

    from core.batch import read_many
    from core.guard.known import pooled
    from core.guard.seen import see

    seen, rows = [], []
    for outcome in tqdm(read_many(sources, classifier, _BATCH), desc=what, total=len(sources), leave=False):
        if outcome.xray is None or outcome.reading is None:
            print(f"{what}, number {outcome.index}: {outcome.error}", file=sys.stderr)
            continue
        seen.append(see(outcome.xray))
        rows.append(pooled(outcome.reading))
    return seen, np.stack(rows)


def _limits(
    known: Known, val: NDArray[np.float32], images: NDArray[np.float32]
) -> dict[str, tuple[float | None, float | None]]:
    """Caution above nearly all validation films; refusal above all of them, and where nearly all negatives are."""
    import numpy as np

    near, far = known.distances(val), known.distances(images)
    caution = float(np.quantile(near, _CAUTION))
    refuse = max(caution, min(float(near.max()) * _ROOM, float(np.quantile(far, 0.02))))
    limits: dict[str, tuple[float | None, float | None]] = {"distance": (caution, max(refuse, float(near.max())))}
    if known.population.any():
        limits["population"] = (float(np.quantile(known.odds(val), _CAUTION)), None)
    return limits


def _others(root: Path) -> tuple[list[Path], NDArray[np.intp]]:
    """Films of other populations; and for each 0 learned from, 1 measured on, 2 measured on, of a source never seen.

    The folder with the fewest films is the source that is kept unseen. Patients (first part of the name) stay together.
    """
    import hashlib

    import numpy as np

    from core.dataset import SUFFIXES

    files = sorted(p for p in root.rglob("*") if p.suffix.lower() in SUFFIXES)
    folders = [file.parent for file in files]
    unseen = min(set(folders), key=folders.count) if len(set(folders)) > 1 else None

    def group(file: Path) -> int:
        if file.parent == unseen:
            return 2
        return hashlib.sha256(file.stem.split("_")[0].encode()).digest()[0] % 2

    return files, np.array([group(file) for file in files], dtype=np.intp)


def _judged(known: Known, task: str, seen: Sequence[Seen], rows: NDArray[np.float32]) -> list[Verdict]:
    from dataclasses import replace

    from core.guard import judge

    if not seen:
        return []
    odds = known.odds(rows) if known.population.any() else [None] * len(seen)
    return [
        judge(replace(one, distance=float(d), population=None if o is None else float(o)), task, known)
        for one, d, o in zip(seen, known.distances(rows), odds, strict=True)
    ]


def _share(verdicts: Sequence[Verdict], name: str) -> float:
    return sum(verdict.name == name for verdict in verdicts) / max(len(verdicts), 1)


def _counted(verdicts: Sequence[Verdict], name: str) -> Interval:
    return _interval(sum(verdict.name == name for verdict in verdicts), len(verdicts))


def _interval(count: int, of: int) -> Interval:
    from core.checkpoint import Interval
    from core.wilson import wilson_ends

    low, high = wilson_ends(count / of, of)
    return Interval(value=count / of, low=low, high=high)


def _auroc(films: Sequence[Verdict], images: Sequence[Verdict]) -> float:
    """Chance that a negative scores higher than a film."""
    import numpy as np

    a, b = (np.array([verdict.score for verdict in group]) for group in (films, images))
    above = (b[:, None] > a[None]).mean() + (b[:, None] == a[None]).mean() / 2
    return float(above)
