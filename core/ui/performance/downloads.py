"""Tables and texts to take away. What they hold is made when they are clicked."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.checkpoint import Interval
from core.evaluate import OperatingPoint
from core.report import DISCLAIMER, plain
from core.ui.performance.sources import Source

Found = Mapping[str, Interval]


def button(label: str, make: Callable[[], bytes], name: str, mime: str) -> None:
    """A button that saves a file."""
    st.download_button(label, make, name, mime, on_click="ignore", icon=":material/download:", key=f"get_{name}")


def films(source: Source, rows: NDArray[np.int64], name: str) -> None:
    """Films of a list, as CSV."""
    button("Films CSV", lambda: films_csv(source, rows), f"films-{name}.csv", "text/csv")


def metrics(found: Sequence[tuple[Source, Found]]) -> None:
    """Every figure of every source, as CSV and JSON."""
    button("Metrics CSV", lambda: metrics_csv(found), "metrics.csv", "text/csv")
    button("Metrics JSON", lambda: metrics_json(found), "metrics.json", "application/json")


def point(found: OperatingPoint) -> None:
    """An operating point, as JSON."""
    name = f"{found.model}-{found.positive.lower()}-threshold.json"
    button("Operating point JSON", lambda: found.to_json().encode(), name, "application/json")


def films_csv(source: Source, rows: NDArray[np.int64]) -> bytes:
    """File, patient, truth, reading, margin and a probability per class; no text can become a formula."""
    found = source.predictions
    ordered = np.sort(found.probabilities, axis=1)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    header = ["file", "patient", "label", "prediction", "margin", *(f"p_{name}" for name in found.classes)]
    writer.writerow([*header, "model", "weights_sha256", "notice"])
    decisions = found.decisions
    for row in rows:
        writer.writerow(
            [
                plain(found.files[row]),
                plain(found.patients[row]),
                found.classes[found.labels[row]],
                found.classes[decisions[row]],
                f"{ordered[row, -1] - ordered[row, -2]:.6f}",
                *(f"{share:.6f}" for share in found.probabilities[row]),
                plain(source.title),
                _sha256(source),
                DISCLAIMER,
            ]
        )
    return out.getvalue().encode()


def metrics_csv(found: Sequence[tuple[Source, Found]]) -> bytes:
    """One row per model and figure, with both ends of its 95 % interval."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["model", "split", "films", "figure", "value", "low", "high", "weights_sha256", "notice"])
    for source, figures in found:
        for name, figure in figures.items():
            facts = [plain(source.title), source.split, len(source.predictions), name]
            values = [f"{value:.6f}" for value in (figure.value, figure.low, figure.high)]
            writer.writerow([*facts, *values, _sha256(source), DISCLAIMER])
    return out.getvalue().encode()


def metrics_json(found: Sequence[tuple[Source, Found]]) -> bytes:
    """One object: ``notice`` and ``models``, each with its figures."""
    models: list[dict[str, Any]] = [
        {
            "model": source.title,
            "task": source.task.name,
            "split": source.split,
            "films": len(source.predictions),
            "patients": len(set(source.predictions.patients)),
            "weights_sha256": _sha256(source) or None,
            "figures": {name: figure.model_dump() for name, figure in figures.items()},
        }
        for source, figures in found
    ]
    return (json.dumps({"notice": DISCLAIMER, "models": models}, indent=2, ensure_ascii=False) + "\n").encode()


def _sha256(source: Source) -> str:
    return source.checkpoint.card.weights_sha256 if source.checkpoint else ""
