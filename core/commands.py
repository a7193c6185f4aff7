"""The command line: what is done. One function per command, named like it, giving the exit status."""

from __future__ import annotations

import argparse
import glob
import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from core import checkpoint
from core.architectures import ARCHITECTURES
from core.errors import PneumoLensError, UnknownNameError
from core.tasks import TASKS

if TYPE_CHECKING:
    from core.batch import Outcome
    from core.classifier import Classifier

ALL_DONE, SOME_FAILED, WRONG_USAGE = 0, 1, 2


def models(options: argparse.Namespace) -> int:
    """List the checkpoints; broken ones, on standard error, with the reason."""
    good, bad = checkpoint.find(options.weights)
    for broken in bad:
        print(f"{broken.name} cannot be used: {broken.reason}", file=sys.stderr)
    if options.json:
        print(json.dumps([found.card.model_dump(mode="json") for found in good.values()], ensure_ascii=False))
        return SOME_FAILED if bad else ALL_DONE
    for name, found in good.items():
        card = found.card
        print(
            f"{name:24} {card.weights_bytes / 1e6:5.1f} MB  {card.parameters / 1e6:5.1f} M parameters  "
            f"{card.preprocessing['size']} px  "
            f"test accuracy {card.metrics.get('accuracy', 'unknown')}  "
            f"two-class {card.metrics.get('merged_accuracy', 'unknown')}"
        )
    return SOME_FAILED if bad else ALL_DONE


def read(options: argparse.Namespace) -> int:
    """Read films: a line each, as text or as one JSON object."""
    from core.batch import read_many
    from core.models import get_pool

    chosen = checkpoint.named(options.model, options.weights)
    if options.target and options.target not in chosen.card.classes:
        raise UnknownNameError("class", options.target, chosen.card.classes)
    files = _files(options.files)
    if options.heatmaps:
        options.heatmaps.mkdir(parents=True, exist_ok=True)
    classifier = get_pool().get(chosen)
    failed = 0
    outcomes = read_many((file.read_bytes for file in files), classifier)
    bar = tqdm(total=len(files), desc=f"reading with {chosen.name}", unit="film", disable=len(files) < 2)  # noqa: PLR2004
    for file, outcome in zip(files, outcomes, strict=True):
        failed += outcome.error is not None
        if options.heatmaps and outcome.reading:
            _draw(outcome, classifier, options)
        with bar.external_write_mode(file=sys.stdout):
            print(
                json.dumps(_row(file, outcome, classifier)) if options.json else _line(file, outcome, classifier),
                flush=True,
            )
        bar.update()
    bar.close()
    return SOME_FAILED if failed else ALL_DONE


def evaluate(options: argparse.Namespace) -> int:
    """Measure a network on a split of a folder."""
    from core.dataset import index, of_split
    from core.evaluate import METRICS, confusion_matrix, figures, to_csv
    from core.evaluate.films import predict
    from core.models import get_pool

    chosen = checkpoint.named(options.model, options.weights)
    films = of_split(index(options.data, chosen.task), options.split)
    predictions, failed = predict(get_pool().get(chosen), films)
    for file, reason in failed.items():
        print(f"{file}: {reason}", file=sys.stderr)
    measured = figures(predictions, chosen.task)
    matrix = confusion_matrix(predictions)
    if options.predictions:
        options.predictions.write_text(to_csv(predictions), encoding="utf-8")
    if options.json:
        names = (*METRICS, "auroc")
        result = {
            "model": chosen.name,
            "split": options.split,
            "n": len(predictions),
            "accuracy": measured["accuracy"].value,
            "confusion_matrix": matrix.tolist(),
            "per_class": {
                label: {"n": int(row.sum()), **{name: measured[f"{name}.{label}"].value for name in names}}
                for label, row in zip(predictions.classes, matrix, strict=True)
            },
            "intervals": {name: figure.model_dump() for name, figure in measured.items()},
            "skipped": failed,
        }
        print(json.dumps(result))
    else:
        print(f"{chosen.name} on {len(predictions)} {options.split} films of {options.data}")
        for name, figure in measured.items():
            print(f"  {name:24} {figure}")
        print("  confusion matrix (rows: truth, columns: decision): " + ", ".join(predictions.classes))
        for label, row in zip(predictions.classes, matrix, strict=True):
            print(f"  {label:24} " + " ".join(f"{count:5}" for count in row))
    return SOME_FAILED if failed else ALL_DONE


def train(options: argparse.Namespace) -> int:
    """Train a network; prints where its weights are."""
    from core.training import run
    from core.training.order import Order
    from core.training.recipe import Recipe, parse_stages

    recipe = Recipe(
        stages=parse_stages(options.stages),
        rate=options.rate,
        decay=options.decay,
        batch=options.batch,
        mixup=options.mixup,
        freeze=options.freeze,
        teacher=options.teacher,
        seed=options.seed,
    )
    order = Order(
        data=options.data,
        task=TASKS[options.task],
        architecture=ARCHITECTURES[options.arch],
        recipe=recipe,
        init=options.init,
        out=options.out,
        run=options.run or Path("runs") / f"{options.task}-{options.arch}",
        command="python -m core " + shlex.join(options.arguments),
    )
    print(run.train(order))
    return ALL_DONE


def averages(options: argparse.Namespace) -> int:
    """Make the average radiographs that the app offers to try."""
    from core.samples import main_averages

    return int(main_averages(options.data, TASKS[options.task]) or ALL_DONE)


def download(options: argparse.Namespace) -> int:
    """Fetch the public pneumonia set into the layout that training reads."""
    from core.download import download as fetch

    fetch(options.folder)
    print(options.folder)
    return ALL_DONE


def _files(patterns: Sequence[str]) -> list[Path]:
    """Files, the films in folders, and matches of patterns the shell left alone; each once, in order."""
    from core.dataset import SUFFIXES

    found: list[Path] = []
    for pattern in patterns:
        path = Path(pattern)
        if path.is_dir():
            found += sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and not p.name.startswith("."))
        elif not path.exists() and glob.has_magic(pattern):
            matches = sorted(Path(match) for match in glob.glob(pattern, recursive=True))  # noqa: PTH207 (Path.glob takes no absolute pattern)
            found += [match for match in matches if not match.is_dir()] or [path]
        else:
            found.append(path)  # a missing file is reported as one that failed, a pattern without a match too
    if not found:
        raise PneumoLensError(f"No film in {', '.join(patterns)}. Give files, folders or patterns.")
    return list(dict.fromkeys(found))


def _row(file: Path, outcome: Outcome, classifier: Classifier) -> dict[str, Any]:
    reading, error = outcome.reading, outcome.error
    return {
        "file": str(file),
        "sha256": reading.xray_sha256 if reading else None,
        "model": classifier.name if reading else None,
        "task": reading.task if reading else None,
        "probabilities": {k: round(v, 6) for k, v in reading.by_class.items()} if reading else None,
        "prediction": reading.prediction if reading else None,
        "error": None if error is None else {"type": type(error).__name__, "message": _says(error)},
    }


def _line(file: Path, outcome: Outcome, classifier: Classifier) -> str:
    if outcome.reading is None:
        return f"{file}: {_says(outcome.error)}"
    words = classifier.checkpoint.task.words
    shares = ", ".join(f"{name} {share:.3f}" for name, share in outcome.reading.by_class.items())
    return f"{file}: {words[outcome.reading.prediction]} ({shares})"


def _says(error: Exception | None) -> str:
    """An OSError speaks of files by path; the path is beside it already."""
    if isinstance(error, OSError):
        return f"The file cannot be read: {error.strerror}."
    return str(error)


def _draw(outcome: Outcome, classifier: Classifier, options: argparse.Namespace) -> None:
    from core import render, report
    from core.explain import explain

    if outcome.reading is None or outcome.xray is None:
        return
    target = options.target or outcome.reading.prediction
    heatmap = explain(classifier, outcome.reading, options.method)[target]
    if heatmap.problem:
        print(f"{outcome.xray.key}: no picture. {heatmap.problem}", file=sys.stderr)
        return
    look = render.Look()
    picture = render.overlay(render.on_screen(outcome.xray), heatmap.values, look)
    share = outcome.reading.by_class[target]
    says = f"{classifier.name}: {target} {share:.3f} (softmax), {heatmap.method}, {heatmap.layer}"
    plate = render.plate(picture, heatmap, look, (says, report.DISCLAIMER))
    name = f"{outcome.xray.key}-{classifier.name}-{target}-{heatmap.method}.png"
    (options.heatmaps / name).write_bytes(report.overlay_png(plate, heatmap, outcome.reading.weights_sha256))
