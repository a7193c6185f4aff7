"""``python -m core read``: films → probabilities, and heatmaps on request."""

from __future__ import annotations

import argparse
import glob
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from core import checkpoint
from core.commands.options import ALL_DONE, SOME_FAILED, json_option, model_option
from core.errors import DataError, PneumoLensError, UnknownNameError
from core.explain import DEFAULT, METHODS

if TYPE_CHECKING:
    from core.batch import Outcome
    from core.checkpoint import Checkpoint
    from core.classifier import Classifier
    from core.evaluate import OperatingPoint

HELP = "read X-rays: probabilities, and heatmaps on request"


def options(parser: argparse.ArgumentParser) -> None:
    """What can be asked."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="files, folders or patterns such as 'films/*.dcm'")
    model_option(parser)
    json_option(parser)
    parser.add_argument("--heatmaps", type=Path, metavar="DIR", help="write an overlay per film into this folder")
    parser.add_argument("--target", metavar="CLASS", help="class whose evidence is drawn (default: the predicted one)")
    parser.add_argument(
        "--against", metavar="CLASS", help="draw the evidence for that class rather than this one (default: by itself)"
    )
    parser.add_argument("--method", choices=METHODS, default=DEFAULT, help="default: %(default)s")
    parser.add_argument("--raw", action="store_true", help="print the softmax before calibration as well")
    parser.add_argument(
        "--threshold",
        type=Path,
        metavar="FILE",
        help="also decide at this operating point (JSON, downloaded on the Performance page for this network)",
    )


def run(options: argparse.Namespace) -> int:
    """Read films: a line each, as text or as one JSON object."""
    from core.batch import read_many
    from core.models import get_pool

    chosen = checkpoint.named(options.model, *options.weights)
    for name in (options.target, options.against):
        if name and name not in chosen.card.classes:
            raise UnknownNameError("class", name, chosen.card.classes)
    if options.target and options.target == options.against:
        raise DataError("--target and --against name the same class. Name two.")
    point = _point(options.threshold, chosen) if options.threshold else None
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
            if options.json:
                print(json.dumps(_row(file, outcome, classifier, point, raw=options.raw)), flush=True)
            else:
                print(_line(file, outcome, classifier, point, raw=options.raw), flush=True)
        bar.update()
    bar.close()
    return SOME_FAILED if failed else ALL_DONE


def _point(path: Path, chosen: Checkpoint) -> OperatingPoint:
    """The operating point in a file.

    Raises:
        DataError: it is none, or of another network.
    """
    from core.evaluate import OperatingPoint

    try:
        point = OperatingPoint.from_json(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name} is no operating point: it is no text.") from error
    if point.weights_sha256 != chosen.card.weights_sha256:
        raise DataError(
            f"The threshold in {path.name} is of {point.model} with weights {point.weights_sha256[:12]}…, not of "
            f"{chosen.name} with weights {chosen.card.weights_sha256[:12]}…: it would mean nothing here. Choose one "
            "for this network on the Performance page."
        )
    return point


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


def _row(
    file: Path, outcome: Outcome, classifier: Classifier, point: OperatingPoint | None, *, raw: bool = False
) -> dict[str, Any]:
    reading, error = outcome.reading, outcome.error
    row = {
        "file": str(file),
        "sha256": reading.xray_sha256 if reading else None,
        "model": classifier.name if reading else None,
        "task": reading.task if reading else None,
        "probabilities": {k: round(v, 6) for k, v in reading.by_class.items()} if reading else None,
        "prediction": reading.prediction if reading else None,
        "error": None if error is None else {"type": type(error).__name__, "message": _says(error)},
    }
    if raw:
        row["raw_probabilities"] = {k: round(v, 6) for k, v in reading.raw_by_class.items()} if reading else None
    if point is not None:
        row["decision"] = point.decide(reading.by_class) if reading else None
    return row


def _line(
    file: Path, outcome: Outcome, classifier: Classifier, point: OperatingPoint | None, *, raw: bool = False
) -> str:
    reading = outcome.reading
    if reading is None:
        return f"{file}: {_says(outcome.error)}"
    words = classifier.checkpoint.task.words
    shares = ", ".join(f"{name} {share:.3f}" for name, share in reading.by_class.items())
    says = f"{file}: {words[reading.prediction]} ({shares})"
    if raw:
        says += f"; raw {', '.join(f'{share:.3f}' for share in reading.raw.tolist())}"
    if point is None:
        return says
    side = "at or above" if point.decide(reading.by_class) == point.positive else "below"
    score = f"{point.positive} {point.score(reading.by_class):.3f}"
    return f"{says}; at this threshold {point.decide(reading.by_class)} ({score} is {side} {point.threshold:.3f})"


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
    if target == options.against:
        print(
            f"{outcome.xray.key}: no picture. {target} is what was read, not what to explain it against.",
            file=sys.stderr,
        )
        return
    heatmap = explain(classifier, outcome.reading, options.method, options.against)[target]
    if heatmap.problem:
        print(f"{outcome.xray.key}: no picture. {heatmap.problem}", file=sys.stderr)
        return
    look = render.Look()
    picture = render.overlay(render.on_screen(outcome.xray), heatmap.values, look)
    share = outcome.reading.by_class[target]
    rather = f" rather than {options.against}" if options.against else ""
    says = f"{classifier.name}: {target} {share:.3f} (softmax){rather}, {heatmap.method}, {heatmap.layer}"
    plate = render.plate(picture, heatmap, look, (says, report.DISCLAIMER))
    name = f"{outcome.xray.key}-{classifier.name}-{heatmap.asked}-{heatmap.method}.png"
    (options.heatmaps / name).write_bytes(report.overlay_png(plate, heatmap, outcome.reading.weights_sha256))
