"""Readings and heatmaps → files that can leave the house. NumPy and Pillow only.

Every export says "research use only" and names the weights by their sha256. File names and columns carry the film's
content hash; the patient's file name enters only when the user asked for it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from core.explain import Heatmap
from core.render import Rgb, png, spread

DISCLAIMER: Final = "Research use only. Not a medical device. Not for diagnosis or treatment."

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class Row:
    """One film in an export.

    Attributes:
        sha256: of the film's file.
        model: name of the checkpoint.
        weights_sha256: of its weights.
        task: key in TASKS.
        temperature: what the logits were divided by before the softmax.
        probabilities: class → calibrated probability; ``None`` when the film could not be read.
        error: why not; ``None`` when it could.
        file: the name of the user's file; ``None`` unless they asked for it.
        prediction_set: classes of the prediction set, the most probable first; ``None`` where no set can be made.
        set_level: share of films whose true class such a set holds, 0…1.
        abstain: whether the film needs a human reader; ``None`` where that cannot be said.
        guard: verdict, reasons, score, read_anyway: whether the film is of a known kind; ``None`` where not looked at.
    """

    sha256: str
    model: str
    weights_sha256: str
    task: str
    temperature: float
    probabilities: Mapping[str, float] | None
    error: str | None = None
    file: str | None = None
    prediction_set: Sequence[str] | None = None
    set_level: float | None = None
    abstain: bool | None = None
    guard: Mapping[str, Any] | None = None

    @property
    def prediction(self) -> str | None:
        """The most probable class."""
        if self.probabilities is None:
            return None
        return max(self.probabilities, key=self.probabilities.__getitem__)


def readings_csv(rows: Sequence[Row]) -> bytes:
    """UTF-8 CSV with a header; one column per class, named ``p_<class>``; a set's classes are joined by ``|``.

    No text can become a formula.
    """
    classes = list(dict.fromkeys(name for row in rows for name in row.probabilities or ()))
    named = any(row.file is not None for row in rows)
    header = [
        "film_sha256",
        *(["file"] if named else []),
        "model",
        "task",
        "prediction",
        *(f"p_{name}" for name in classes),
        "prediction_set",
        "set_level",
        "abstain",
        "guard",
        "guard_reasons",
        "guard_score",
        "error",
        "temperature",
        "weights_sha256",
        "notice",
    ]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        shares = row.probabilities or {}
        writer.writerow(
            [
                row.sha256,
                *([plain(row.file or "")] if named else []),
                plain(row.model),
                plain(row.task),
                plain(row.prediction or ""),
                *(f"{shares[name]:.6f}" if name in shares else "" for name in classes),
                plain("|".join(row.prediction_set or ())),
                "" if row.set_level is None else f"{row.set_level:g}",
                "" if row.abstain is None else str(row.abstain).lower(),
                *_guard_cells(row.guard),
                plain(row.error or ""),
                f"{row.temperature:.6g}",
                row.weights_sha256,
                DISCLAIMER,
            ]
        )
    return out.getvalue().encode()


def _guard_cells(guard: Mapping[str, Any] | None) -> list[str]:
    if guard is None:
        return ["", "", ""]
    verdict = guard["verdict"] + (", read anyway" if guard["read_anyway"] else "")
    return [plain(verdict), plain(" ".join(one["says"] for one in guard["reasons"])), f"{guard['score']:g}"]


def readings_json(rows: Sequence[Row]) -> bytes:
    """One object: ``notice`` and ``readings``, a list."""
    readings: list[dict[str, Any]] = []
    for row in rows:
        reading: dict[str, Any] = {"film_sha256": row.sha256}
        if row.file is not None:
            reading["file"] = row.file
        reading |= {
            "model": row.model,
            "weights_sha256": row.weights_sha256,
            "task": row.task,
            "prediction": row.prediction,
            "temperature": row.temperature,
            "probabilities": None
            if row.probabilities is None
            else {k: round(v, 6) for k, v in row.probabilities.items()},
            "prediction_set": None if row.prediction_set is None else list(row.prediction_set),
            "set_level": row.set_level,
            "abstain": row.abstain,
            "guard": None if row.guard is None else dict(row.guard),
            "error": row.error,
        }
        readings.append(reading)
    return (json.dumps({"notice": DISCLAIMER, "readings": readings}, indent=2, ensure_ascii=False) + "\n").encode()


def facts(heatmap: Heatmap, weights_sha256: str) -> dict[str, str]:
    """What must travel with a heatmap, as text."""
    return {
        "notice": DISCLAIMER,
        "model": heatmap.model,
        "weights_sha256": weights_sha256,
        "film_sha256": heatmap.xray_sha256,
        "target": heatmap.target,
        "against": heatmap.against or "",
        "method": heatmap.method,
        "layer": heatmap.layer,
        "peak": f"{heatmap.peak:.6g}",
        "scaling": "values are scaled to 0...1 within this image",
    }


def heatmap_png16(heatmap: Heatmap, width: int, height: int, weights_sha256: str) -> bytes:
    """16-bit grey PNG at the film's size: 0 = no evidence, 65535 = the strongest of this film."""
    values = np.rint(spread(heatmap.values, width, height) * 65535).astype(np.uint16)
    return png(values, facts(heatmap, weights_sha256))


def heatmap_npz(heatmap: Heatmap, weights_sha256: str) -> bytes:
    """NumPy archive: ``heatmap`` float32 ``[h, w]`` as the network made it, its facts as strings; nothing pickled."""
    buffer = io.BytesIO()
    texts = {key: np.array(text) for key, text in facts(heatmap, weights_sha256).items()}
    np.savez_compressed(buffer, heatmap=heatmap.values, **texts)  # type: ignore[arg-type]  # NumPy's stub reads ** as allow_pickle
    return buffer.getvalue()


def overlay_png(plate: Rgb, heatmap: Heatmap, weights_sha256: str) -> bytes:
    """A picture made by :func:`core.render.plate`, with the heatmap's facts in text chunks."""
    return png(plate, facts(heatmap, weights_sha256))


def plain(text: str) -> str:
    """Text that no spreadsheet takes for a formula: a dangerous first character gets an apostrophe before it."""
    return "'" + text if text.lstrip(" ").startswith(_FORMULA) or text.startswith(_FORMULA) else text
