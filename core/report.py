"""Readings and heatmaps → files that can leave the house. NumPy and Pillow only.

Every export says "research use only" and names the weights by their sha256. File names and columns carry the film's
content hash; the patient's file name enters only when the user asked for it.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.checkpoint import Checkpoint
from core.explain import METHODS, Heatmap
from core.render import Rgb, png, spread
from core.words import DISCLAIMER, probability

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER: Final = re.compile(r"-\d+\.\d+")
_MARKS: Final = {"refused": ", READ ANYWAY: film was refused", "caution": ", CAUTION: film unlike those known"}


@dataclass(frozen=True, slots=True)
class Caveats:
    """What must be known of a reading before it is believed: in every export, whatever else that holds.

    Attributes:
        guard: verdict, reasons, score, read_anyway: whether the film is of a known kind; ``None`` where not looked at.
        prediction_set: classes of the prediction set, the most probable first; ``None`` where no set can be made.
        set_level: share of films whose true class such a set holds, 0…1.
        abstain: whether the film needs a human reader; ``None`` where that cannot be said.
        film_note: what must be said of the film: how it was mended, that it is no patient, its source; or ``None``.
        original_sha256: of the file that a mended film was made from; ``None`` for films as they were given.
    """

    guard: Mapping[str, Any] | None = None
    prediction_set: Sequence[str] | None = None
    set_level: float | None = None
    abstain: bool | None = None
    film_note: str | None = None
    original_sha256: str | None = None

    @property
    def mark(self) -> str:
        """What a picture must say beside the reading, from a comma on; empty for films of a known kind."""
        return _MARKS.get(self.guard["verdict"], "") if self.guard else ""

    def as_json(self) -> dict[str, Any]:
        """Fields of a JSON object; ``None`` where nothing is known."""
        return {
            "prediction_set": None if self.prediction_set is None else list(self.prediction_set),
            "set_level": self.set_level,
            "abstain": self.abstain,
            "guard": None if self.guard is None else dict(self.guard),
            "film_note": self.film_note,
            "original_sha256": self.original_sha256,
        }

    def as_texts(self) -> dict[str, str]:
        """The same for cells and text chunks: a set's classes joined by ``|``; empty where nothing is known."""
        guard = self.guard or {"verdict": "", "reasons": ()}
        return {
            "prediction_set": "|".join(self.prediction_set or ()),
            "set_level": "" if self.set_level is None else f"{self.set_level:g}",
            "abstain": _yes(self.abstain),
            "guard": guard["verdict"],
            "guard_reasons": " ".join(one["says"] for one in guard["reasons"]),
            "guard_score": f"{guard['score']:g}" if self.guard else "",
            "read_anyway": _yes(guard.get("read_anyway")),
            "film_note": self.film_note or "",
            "original_sha256": self.original_sha256 or "",
        }


def _yes(said: bool | None) -> str:  # noqa: FBT001 - what is written
    return "" if said is None else str(said).lower()


UNKNOWN: Final = Caveats()
"""Of a film that could not be read, and so was not looked at."""


@dataclass(frozen=True, slots=True)
class Row:
    """One film in an export.

    Attributes:
        sha256: of the film's file, or of what was made of it: see :func:`core.orientation.renamed`.
        model: name of the checkpoint.
        weights_sha256: of its weights.
        task: key in TASKS.
        temperature: what the logits were divided by before the softmax.
        probabilities: class → calibrated probability; ``None`` when the film could not be read.
        error: why not; ``None`` when it could.
        file: the name of the user's file; ``None`` unless they asked for it.
        caveats: what must be known of the reading.
    """

    sha256: str
    model: str
    weights_sha256: str
    task: str
    temperature: float
    probabilities: Mapping[str, float] | None
    error: str | None = None
    file: str | None = None
    caveats: Caveats = UNKNOWN

    @property
    def prediction(self) -> str | None:
        """The most probable class."""
        if self.probabilities is None:
            return None
        return max(self.probabilities, key=self.probabilities.__getitem__)


def readings_csv(rows: Sequence[Row]) -> bytes:
    """One row per film, one column per class, named ``p_<class>``; a set's classes are joined by ``|``."""
    classes = list(dict.fromkeys(name for row in rows for name in row.probabilities or ()))
    named = any(row.file is not None for row in rows)
    header = [
        "film_sha256",
        *(["file"] if named else []),
        "model",
        "task",
        "prediction",
        *(f"p_{name}" for name in classes),
        *UNKNOWN.as_texts(),
        "error",
        "temperature",
        "weights_sha256",
    ]
    cells: list[list[str]] = []
    for row in rows:
        shares = row.probabilities or {}
        cells.append(
            [
                row.sha256,
                *([row.file or ""] if named else []),
                row.model,
                row.task,
                row.prediction or "",
                *(f"{shares[name]:.6f}" if name in shares else "" for name in classes),
                *row.caveats.as_texts().values(),
                row.error or "",
                f"{row.temperature:.6g}",
                row.weights_sha256,
            ]
        )
    return csv_file(header, cells)


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
            **row.caveats.as_json(),
            "error": row.error,
        }
        readings.append(reading)
    return json_file({"readings": readings})


def lines(
    heatmap: Heatmap, share: float, checkpoint: Checkpoint, caveats: Caveats, *told: str, raw: float | None = None
) -> tuple[str, ...]:
    """What stands below a plate: :func:`core.render.plate` draws it.

    Args:
        heatmap: on it.
        share: calibrated probability of the class explained, 0…1.
        checkpoint: whose reading it is.
        caveats: what must be known of it.
        told: what else must be said, one line each; empty ones are left out.
        raw: the probability before calibration, where that is on the screen.
    """
    kind = _kind(checkpoint.card.temperature, raw)
    says = f"{checkpoint.task.words[heatmap.target]} {probability(share)} ({kind})"
    made = f"{checkpoint.architecture.title}, {METHODS[heatmap.method].title}, {heatmap.place}"
    source = f", made from {caveats.original_sha256[:12]}" if caveats.original_sha256 else ""
    origin = f"film {heatmap.xray_sha256[:12]}{source}, weights {checkpoint.card.weights_sha256[:12]}"
    every = (f"{says}, {made}{caveats.mark}", heatmap.note, *told, caveats.film_note, DISCLAIMER, origin)
    return tuple(line for line in every if line)


def _kind(temperature: float, raw: float | None) -> str:
    """What a percentage is."""
    if temperature == 1:  # as of an imported network: nothing was fitted
        return "softmax, not calibrated"
    before = "" if raw is None else f"; before calibration {probability(raw)}"
    return f"calibrated softmax, temperature {temperature:.2f}{before}"


def facts(heatmap: Heatmap, weights_sha256: str, caveats: Caveats) -> dict[str, str]:
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
        "floor": f"{heatmap.floor:.6g}",
        "scaling": "values are scaled to 0...1 within this image, from floor to peak",
        "note": heatmap.note or "",
        **caveats.as_texts(),
    }


def heatmap_png16(heatmap: Heatmap, width: int, height: int, weights_sha256: str, caveats: Caveats) -> bytes:
    """16-bit grey PNG at the film's size: 0 = the least evidence on this film, mostly none; 65535 = the most."""
    values = np.rint(spread(heatmap.values, width, height) * 65535).astype(np.uint16)
    return png(values, facts(heatmap, weights_sha256, caveats))


def heatmap_npz(heatmap: Heatmap, weights_sha256: str, caveats: Caveats) -> bytes:
    """NumPy archive: ``heatmap`` float32 ``[h, w]`` in 0…1 at its own size, its facts as strings; nothing pickled."""
    buffer = io.BytesIO()
    texts = {key: np.array(text) for key, text in facts(heatmap, weights_sha256, caveats).items()}
    np.savez_compressed(buffer, heatmap=heatmap.values, **texts)  # type: ignore[arg-type]  # NumPy's stub reads ** as allow_pickle
    return buffer.getvalue()


def overlay_png(plate: Rgb, heatmap: Heatmap, weights_sha256: str, caveats: Caveats) -> bytes:
    """A picture made by :func:`core.render.plate`, with the heatmap's facts in text chunks."""
    return png(plate, facts(heatmap, weights_sha256, caveats))


def mask_png(mask: NDArray[np.bool_], film_sha256: str, checkpoint: Checkpoint, caveats: Caveats) -> bytes:
    """The lungs as a PNG of 8 bits: 255 where a lung is, 0 elsewhere.

    Args:
        mask: bool ``[H, W]``, at the film's size.
        film_sha256: of the film.
        checkpoint: whose reading the caveats are of.
        caveats: what must be known of the film and its reading.
    """
    texts = {
        "notice": DISCLAIMER,
        "film_sha256": film_sha256,
        "content": "lung fields: 255 lung, 0 other",
        "model": checkpoint.name,
        "weights_sha256": checkpoint.card.weights_sha256,
        **caveats.as_texts(),
    }
    return png(mask.astype(np.uint8) * np.uint8(255), texts)


def csv_file(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A table that leaves the house: CSV in UTF-8, the notice in its last column. No text can become a formula.

    Args:
        header: names of the columns, but for the notice.
        rows: their cells.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for row, notice in ((header, "notice"), *((row, DISCLAIMER) for row in rows)):
        writer.writerow([*(plain(cell) if isinstance(cell, str) else cell for cell in row), notice])
    return out.getvalue().encode()


def json_file(facts: Mapping[str, Any]) -> bytes:
    """An object that leaves the house, as JSON: the notice, then ``facts``."""
    return (json.dumps({"notice": DISCLAIMER, **facts}, indent=2, ensure_ascii=False) + "\n").encode()


def plain(text: str) -> str:
    """Text that no spreadsheet takes for a formula: a dangerous first character gets an apostrophe before it.

    A negative number is none, and stays one.
    """
    if _NUMBER.fullmatch(text):
        return text
    return "'" + text if text.lstrip(" ").startswith(_FORMULA) or text.startswith(_FORMULA) else text
