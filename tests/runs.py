"""Training runs made by code, as the engine leaves them on disk: nothing was trained for them."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

COLUMNS = (
    "epoch", "size", "rate", "train_loss", "train_accuracy", "val_loss", "val_accuracy", "val_macro_recall",
    "val_merged_accuracy", "val_merged_macro_recall", "seconds", "images_per_second",
)  # fmt: skip
CLASSES = ("NORMAL", "BACTERIA", "VIRUS")


def rows(epochs: int, *, sizes: Sequence[int] = (128, 192), shift: float = 0.0) -> list[dict[str, Any]]:
    """A history that falls as histories do; films grow in the last third."""
    found = []
    for epoch in range(1, epochs + 1):
        way = epoch / epochs
        fall = math.exp(-3 * way)
        size = sizes[-1] if way > 2 / 3 else sizes[0]
        found.append(
            {
                "epoch": epoch,
                "size": size,
                "rate": 0.002 * math.sin(math.pi * min(way, 0.97)),
                "train_loss": 0.35 + fall + shift,
                "train_accuracy": 0.95 - 0.4 * fall - shift,
                "val_loss": 0.5 + 0.8 * fall + 0.03 * math.sin(3 * epoch) + shift,
                "val_accuracy": 0.8 - 0.3 * fall - shift,
                "val_macro_recall": 0.78 - 0.3 * fall - shift,
                "val_merged_accuracy": 0.93 - 0.2 * fall - shift,
                "val_merged_macro_recall": 0.92 - 0.2 * fall - shift,
                "seconds": 60.0 * (size / 128) ** 2,
                "images_per_second": 80.0 / (size / 128) ** 2,
            }
        )
    return found


def history(found: Sequence[dict[str, Any]], columns: Sequence[str] = COLUMNS) -> str:
    """Rows as ``history.csv``."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(found)
    return out.getvalue()


def confusion(epochs: int, classes: Sequence[str] = CLASSES) -> str:
    """``confusion.csv``: better with every epoch."""
    lines = ["epoch,true,predicted,films"]
    for epoch in range(1, epochs + 1):
        wrong = max(2, 40 - 3 * epoch)
        lines += [
            f"{epoch},{true},{read},{120 - 2 * wrong if true == read else wrong}"
            for true in classes
            for read in classes
        ]
    return "\n".join(lines) + "\n"


def progress(state: str = "running", *, done: int = 12, silent: float = 1.0, **changed: Any) -> str:
    """``progress.json``, last written ``silent`` seconds ago."""
    now = datetime.now(UTC)
    facts = {
        "name": "a-run",
        "task": "pneumonia",
        "architecture": "resnet18",
        "command": "python -m core train --data DIR --arch resnet18 --run runs/a-run",
        "epochs": 20,
        "done": done,
        "part": 0.4,
        "seconds_left": 500.0,
        "state": state,
        "message": "",
        "heartbeat": (now - timedelta(seconds=silent)).isoformat(),
        "started": (now - timedelta(minutes=20)).isoformat(),
    }
    return json.dumps(facts | changed)


def make(folder: Path, name: str, *, epochs: int = 12, state: str | None = "finished", **changed: Any) -> Path:
    """A whole run in ``folder/name``; ``state`` ``None`` leaves no progress.json, as older runs."""
    run = folder / name
    run.mkdir(parents=True)
    shift = changed.pop("shift", 0.0)
    if epochs:
        (run / "history.csv").write_text(history(rows(epochs, shift=shift)), "utf-8")
        (run / "confusion.csv").write_text(confusion(epochs), "utf-8")
    if state:
        told = progress(state, done=epochs, **{"name": name, **changed})
        (run / "progress.json").write_text(told, "utf-8")
    return run
