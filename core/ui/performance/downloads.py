"""Tables and texts to take away. What they hold is made when they are clicked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.checkpoint import Interval
from core.evaluate import (
    AREAS,
    CALIBRATION,
    MEANS,
    METRICS,
    Comparison,
    OperatingPoint,
    Signed,
    classes_behind,
    confusion_matrix,
    undefined,
)
from core.report import csv_file, json_file
from core.tasks import Task
from core.ui import widgets
from core.ui.performance.sources import Source

Found = Mapping[str, Interval]


def button(label: str, make: Callable[[], bytes], name: str, mime: str) -> None:
    """A button that saves a file."""
    widgets.download(label, make, name, mime, key=name)


def films(source: Source, rows: NDArray[np.int64], name: str) -> None:
    """Films of a list, as CSV."""
    button("Films CSV", lambda: films_csv(source, rows), f"films-{name}.csv", "text/csv")


def metrics(found: Sequence[tuple[Source, Found]]) -> None:
    """Every figure of every source, as CSV and JSON."""
    button("Metrics CSV", lambda: metrics_csv(found), "metrics.csv", "text/csv")
    button("Metrics JSON", lambda: metrics_json(found), "metrics.json", "application/json")


def comparison(found: Comparison, a: Source, b: Source) -> None:
    """Two models on the same films, as JSON."""
    name = f"comparison-{a.name}-{b.name}.json"
    button("Comparison JSON", lambda: comparison_json(found, a, b), name, "application/json")


def comparison_json(found: Comparison, a: Source, b: Source) -> bytes:
    """One object: what is compared, on how many films, and every figure of it; first less second where signs matter."""
    facts = {
        "first": {"model": a.title, "weights_sha256": _sha256(a) or None},
        "second": {"model": b.title, "weights_sha256": _sha256(b) or None},
        "films": len(found),
        "classes": found.classes,
        "confusion_matrix_difference": found.difference.tolist(),
        "both_right": found.both_right,
        "only_first_right": found.only_a,
        "only_second_right": found.only_b,
        "both_wrong": found.both_wrong,
        "decided_differently": found.differing,
        "accuracy_difference": _signed(found.accuracy),
        "kappa": _signed(found.kappa),
        "mcnemar_exact_p": found.p,
        "says": found.sentence(a.title, b.title),
    }
    return json_file(facts)


def point(found: OperatingPoint) -> None:
    """An operating point, as JSON."""
    name = f"{found.model}-{found.positive.lower()}-threshold.json"
    button("Operating point JSON", lambda: found.to_json().encode(), name, "application/json")


def films_csv(source: Source, rows: NDArray[np.int64]) -> bytes:
    """File, patient, truth, reading, margin and a probability per class."""
    found = source.predictions
    shares = (f"p_{name}" for name in found.classes)
    header = ["file", "patient", "label", "prediction", "margin", *shares, "model", "weights_sha256"]
    decisions, margins = found.decisions, found.margins
    cells = (
        [
            found.files[row],
            found.patients[row],
            found.classes[found.labels[row]],
            found.classes[decisions[row]],
            f"{margins[row]:.6f}",
            *(f"{share:.6f}" for share in found.probabilities[row]),
            source.title,
            _sha256(source),
        ]
        for row in rows
    )
    return csv_file(header, cells)


def metrics_csv(found: Sequence[tuple[Source, Found]]) -> bytes:
    """One row per model and figure, with both ends of its 95 % interval.

    Ends are empty where no interval can be told, the value too where the figure is not defined; ``note`` says so, and
    over how many classes a mean is where it is not over all.
    """
    rows: list[list[object]] = []
    for source, figures in found:
        facts = [source.title, source.split, len(source.predictions)]
        for name in names(source.task):
            figure = figures.get(name)
            ends = [figure.low, figure.high] if figure and figure.told else []
            values = [f"{value:.6f}" for value in ([figure.value, *ends] if figure else [])]
            values += [""] * (3 - len(values))
            rows.append([*facts, name, *values, _note(source, figures, name), _sha256(source)])
        for name, score in CALIBRATION.items():
            value = f"{score(source.predictions):z.6f}"
            rows.append([*facts, name, value, "", "", "no interval", _sha256(source)])
    return csv_file(["model", "split", "films", "figure", "value", "low", "high", "note", "weights_sha256"], rows)


def names(task: Task) -> list[str]:
    """Every figure that there can be, whether these films define it or not."""
    two = [f"merged_{name}" for name in ("accuracy", "sensitivity", "specificity", "auroc")]
    return ["accuracy", *two, *(f"{row}.{of}" for row in (*METRICS, *AREAS) for of in (*task.classes, *MEANS))]


def _note(source: Source, found: Found, name: str) -> str:
    """What must be said beside a figure; mostly nothing."""
    figure, (metric, _, of) = found.get(name), name.partition(".")
    if figure is None:
        return f"not defined: {undefined(name, source.predictions, source.task)}"
    behind, size = classes_behind(found, metric, source.task.classes), len(source.task.classes)
    over = f"mean over {behind} of {size} classes" if of in MEANS and behind < size else ""
    return "; ".join(note for note in (over, "" if figure.told else "interval cannot be told") if note)


def metrics_json(found: Sequence[tuple[Source, Found]]) -> bytes:
    """One object: ``models``, each with its figures, and notes on those that are not defined.

    Rows of a confusion matrix are true, columns decided.
    """
    models: list[dict[str, Any]] = [
        {
            "model": source.title,
            "task": source.task.name,
            "split": source.split,
            "films": len(source.predictions),
            "patients": len(set(source.predictions.patients)),
            "weights_sha256": _sha256(source) or None,
            "figures": {name: figure.as_json() for name, figure in figures.items()},
            "calibration": {name: score(source.predictions) for name, score in CALIBRATION.items()},
            "classes": source.task.classes,
            "confusion_matrix": confusion_matrix(source.predictions).tolist(),
            "notes": {name: note for name in names(source.task) if (note := _note(source, figures, name))},
        }
        for source, figures in found
    ]
    return json_file({"models": models})


def _signed(figure: Signed) -> dict[str, float | None]:
    """As JSON; ``null`` for what is not defined or cannot be told."""
    ends = (figure.low, figure.high) if figure.told else (None, None)
    return {"value": None if np.isnan(figure.value) else figure.value, "low": ends[0], "high": ends[1]}


def _sha256(source: Source) -> str:
    return source.checkpoint.card.weights_sha256 if source.checkpoint else ""
