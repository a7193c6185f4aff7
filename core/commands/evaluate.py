"""``python -m core evaluate``: a network on labelled films → figures."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import checkpoint
from core.commands.options import ALL_DONE, SOME_FAILED, films_option, json_option, model_option, say

if TYPE_CHECKING:
    from core.checkpoint import Checkpoint, Interval
    from core.dataset import Fold
    from core.evaluate import Predictions
    from core.tasks import Task

HELP = "measure a network on a folder of X-rays"


def options(parser: argparse.ArgumentParser) -> None:
    """What can be asked."""
    model_option(parser)
    json_option(parser)
    films_option(parser)
    parser.add_argument(
        "--predictions",
        type=Path,
        metavar="CSV",
        help="also write every film's probabilities, as films are read: run again, it goes on where it was stopped",
    )


def run(options: argparse.Namespace) -> int:
    """Measure a network on a split of a folder."""
    from core.dataset import left_out, says_left_out
    from core.evaluate.films import films_of, predict
    from core.evaluate.resumable import predict_into
    from core.models import get_pool

    chosen = checkpoint.named(options.model, *options.weights)
    films, fold = films_of(chosen, options.data, options.split)
    left = left_out(options.data, chosen.task)
    for line in says_left_out(left, chosen.task):
        say(line)
    if fold:
        say(f"The folder has no splits: {options.split} films are drawn as for training, the test films being {fold}.")
        facts = chosen.card.training
        if abs(len(films) - sum(facts.films.get(options.split, {}).values())) > facts.skipped:
            say("They are not the films on the network's card: for other data, '--split \"\"' reads all of them.")
    if options.predictions:
        predictions, failed = predict_into(options.predictions, chosen, films, get_pool().get, say)
    else:
        predictions, failed = predict(get_pool().get(chosen), films)
    for file, reason in failed.items():
        say(f"{file}: {reason}")
    measured = measure(predictions, chosen.task)
    if options.json:
        aside = {"skipped": failed, "left_out": dict(left)}
        print(json.dumps(_facts(chosen, options.split, predictions, measured, fold) | aside))
    else:
        show(f"{chosen.name} on {len(predictions)} {options.split} films of {options.data}", predictions, measured)
    return SOME_FAILED if failed else ALL_DONE


def measure(predictions: Predictions, task: Task) -> dict[str, Interval]:
    """Every figure; those of two classes only where some of the task's classes are known to be one, merged."""
    from core.evaluate import figures

    found = figures(predictions, task)
    return {name: figure for name, figure in found.items() if task.coarser or not name.startswith("merged_")}


def _facts(
    chosen: Checkpoint, split: str, predictions: Predictions, measured: dict[str, Interval], fold: Fold | None
) -> dict[str, Any]:
    """One object for programs. A figure that is not defined for these films is ``null``."""
    from core.evaluate import AREAS, CALIBRATION, METRICS, confusion_matrix, methods_text

    matrix = confusion_matrix(predictions)
    names = (*METRICS, *AREAS)

    def of(label: str) -> dict[str, float | None]:
        found = {name: measured.get(f"{name}.{label}") for name in names}
        return {name: figure.value if figure else None for name, figure in found.items()}

    return {
        "model": chosen.name,
        "split": split,
        "drawn": str(fold) if fold else None,
        "n": len(predictions),
        "accuracy": measured["accuracy"].value,
        "confusion_matrix": matrix.tolist(),
        "per_class": {
            label: {"n": int(row.sum()), **of(label)} for label, row in zip(predictions.classes, matrix, strict=True)
        },
        "macro": of("macro"),
        "weighted": of("weighted"),
        "calibration": {name: score(predictions) for name, score in CALIBRATION.items()},
        "intervals": {name: figure.as_json() for name, figure in measured.items()},
        "patients": len(set(predictions.patients)),
        "weights_sha256": chosen.card.weights_sha256,
        "temperature": chosen.card.temperature,
        "methods": methods_text(
            predictions,
            split=split,
            drawn=str(fold or ""),
            model=chosen.name,
            weights_sha256=chosen.card.weights_sha256,
            temperature=chosen.card.temperature,
        ),
    }


def show(title: str, predictions: Predictions, measured: dict[str, Interval]) -> None:
    """Print figures with their intervals, calibration and the confusion matrix."""
    from core.evaluate import CALIBRATION, MEANS, classes_behind, confusion_matrix

    print(title)
    for name, figure in measured.items():
        metric, _, of = name.partition(".")
        behind = classes_behind(measured, metric, predictions.classes)
        over = f", over {behind} of {len(predictions.classes)} classes" if of in MEANS else ""
        print(f"  {name:24} {figure}{over if behind < len(predictions.classes) else ''}")
    for name, score in CALIBRATION.items():
        print(f"  {name:24} {score(predictions):.4f}")
    print("  confusion matrix (rows: truth, columns: decision): " + ", ".join(predictions.classes))
    for label, row in zip(predictions.classes, confusion_matrix(predictions), strict=True):
        print(f"  {label:24} " + " ".join(f"{count:5}" for count in row))
