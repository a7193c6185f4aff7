"""Films on disk → a CSV of predictions, row by row: a run that was killed goes on where it stopped.

Beside ``NAME.csv`` lies ``NAME.csv.json``, which says whose predictions they are: the weights and the films. The CSV is
added to only where both are the same.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from core.checkpoint import Checkpoint
from core.classifier import Classifier
from core.dataset import Film, fingerprint
from core.errors import DataError
from core.evaluate.films import none_could_be_read, read_films
from core.evaluate.predictions import Predictions, header, line, parse
from core.files import write

_AGAIN: Final = "Choose another name for the table, or delete both to start again."
_OTHER: Final = {
    "model": "another network",
    "weights_sha256": "other weights",
    "temperature": "another temperature",
    "films": "other films",
    "films_fingerprint": "other films",
}


def predict_into(
    path: Path,
    checkpoint: Checkpoint,
    films: Sequence[Film],
    load: Callable[[Checkpoint], Classifier],
    say: Callable[[str], None],
) -> tuple[Predictions, dict[str, str]]:
    """Read the films that the table lacks and add them to it. Films that could not be read are tried again.

    Args:
        path: the CSV (see :mod:`core.evaluate.predictions`); made if need be.
        checkpoint: what reads.
        films: all that the table shall hold.
        load: makes the classifier; not called when there is nothing left to read.
        say: told when an earlier run is continued.

    Returns:
        The predictions, in the order of ``films`` and with the six digits of the table, however often the run was
        stopped; and what could not be read: file → reason.

    Raises:
        DataError: the table is of other weights or films, or not by this function; or no film could be read.
    """
    facts = _facts(checkpoint, films)
    done = _begun(path, facts, checkpoint.card.classes)
    files = set(done.files) if done else set()
    left = [film for film in films if film.file not in files]
    failed: dict[str, str] = {}
    if files:
        say(f"{path.name} holds {len(files)} of {len(films)} films already; going on with the rest.")
    if left:
        with path.open("a", newline="", encoding="utf-8") as table:
            writer = csv.writer(table, lineterminator="\n")
            for film, row, reason in read_films(load(checkpoint), left, len(films) - len(left)):
                if row is None:
                    failed[film.file] = reason
                else:
                    writer.writerow(line(film.file, film.patient, film.label, row))
                    table.flush()  # what was read is kept, whenever the run ends
    text = path.read_text(encoding="utf-8")
    if text.count("\n") == 1:
        raise none_could_be_read()
    if (ordered := _in_order(text, films, path.name)) != text:  # a film that failed before may have been read now
        write(path, ordered.encode())
    return parse(ordered, path.name, checkpoint.card.classes), failed


def _facts(checkpoint: Checkpoint, films: Sequence[Film]) -> dict[str, Any]:
    """Whose predictions: what must be the same for a table to be continued."""
    sizes = [(film.file, f"{film.label} {film.patient} {film.path.stat().st_size}") for film in films]
    return {
        "model": checkpoint.name,
        "weights_sha256": checkpoint.card.weights_sha256,
        "temperature": checkpoint.card.temperature,
        "films": len(films),
        "films_fingerprint": fingerprint(sizes),  # of names, labels, patients and sizes: reading all would take hours
    }


def _begun(path: Path, facts: dict[str, Any], classes: tuple[str, ...]) -> Predictions | None:
    """What an earlier run left, made whole; a new table where there was none."""
    notes = path.with_name(f"{path.name}.json")
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if notes.exists():
        _check(path, notes, facts)
    elif text.strip():
        raise DataError(f"{path.name} is there already and was not begun by this command. {_AGAIN}")
    else:
        write(notes, (json.dumps(facts, indent=2) + "\n").encode())
    whole = text[: text.rfind("\n") + 1]  # the last row may have been cut short
    if whole != text or not whole:
        whole = whole or header(classes)
        write(path, whole.encode())
    if whole.count("\n") == 1:
        return None
    found = parse(whole, path.name, classes)
    if found.classes != classes:
        raise DataError(f"{path.name} has other classes than {facts['model']}. {_AGAIN}")
    return found


def _check(path: Path, notes: Path, facts: dict[str, Any]) -> None:
    try:
        begun = json.loads(notes.read_text(encoding="utf-8"))
        differing = [name for name in _OTHER if begun[name] != facts[name]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{notes.name} does not say whose predictions {path.name} holds. {_AGAIN}") from error
    if differing:
        whose = _OTHER[differing[0]]
        raise DataError(f"{path.name} was begun with predictions of {whose} ({notes.name} says which). {_AGAIN}")


def _in_order(text: str, films: Sequence[Film], name: str) -> str:
    """The same rows, in the order of the films. Cells stay as they are: read and written again, digits would wander."""
    place = {film.file: number for number, film in enumerate(films)}
    first, *rows = csv.reader(io.StringIO(text, newline=""))
    if strange := next((row[0] for row in rows if row and row[0] not in place), None):
        raise DataError(f"{name} holds {strange}, which is no film of this folder and split. {_AGAIN}")
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([first, *sorted((r for r in rows if r), key=lambda r: place[r[0]])])
    return out.getvalue()
