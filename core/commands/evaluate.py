"""``python -m core evaluate``: a network on labelled films → figures."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from core import checkpoint
from core.commands.options import ALL_DONE, SOME_FAILED, json_option, model_option

HELP = "measure a network on a folder of X-rays"


def options(parser: argparse.ArgumentParser) -> None:
    """What can be asked."""
    model_option(parser)
    json_option(parser)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder with one folder per class")
    parser.add_argument("--split", default="test", help="'' where the folder has none (default: %(default)s)")
    parser.add_argument("--predictions", type=Path, metavar="CSV", help="also write every film's probabilities")


def run(options: argparse.Namespace) -> int:
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
