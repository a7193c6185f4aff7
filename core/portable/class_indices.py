"""class_indices.json: ``{"0": "daisy", "1": "rose", …}``, as torchvision's tutorials write it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from core.errors import CheckpointError
from core.evaluate.predictions import require_columns


def read(path: Path) -> tuple[str, ...]:
    """Class names in the order of the network's outputs.

    Raises:
        CheckpointError: the file does not say that.
        DataError: a class cannot be called as it says.
        OSError: it is not there.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))  # with or without the mark that Windows writes
    except (ValueError, RecursionError) as error:
        raise CheckpointError(
            f'The file of class names is no JSON ({error}). Write {{"0": "name", "1": …}}.'
        ) from error
    if isinstance(found, list):
        found = {str(place): name for place, name in enumerate(found)}
    if not isinstance(found, dict) or set(found) != {str(place) for place in range(len(found))}:
        raise CheckpointError('The file of class names must number them from 0 without gaps: {"0": "name", "1": …}.')
    names = [found[str(place)] for place in range(len(found))]
    require_columns(names)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise CheckpointError(f"Two classes are called {twice[0]!r}. Give each a name of its own.")
    if len(names) < 2:  # noqa: PLR2004
        raise CheckpointError("There must be two classes or more: one alone is always right.")
    return tuple(names)


def text(classes: Sequence[str]) -> str:
    """The reverse of :func:`read`."""
    return json.dumps({str(place): name for place, name in enumerate(classes)}, indent=4, ensure_ascii=False) + "\n"
