"""Sets and several readings, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from core.words import percent, within

UNPROMISED: Final = ", without a promise"
"""Behind a prediction set of a film that the guard warns of, or refused: why it did is said beside it."""

_SAME = 2  # readings from which there is something to count


def votes(predictions: Sequence[str], words: Mapping[str, str]) -> str:
    """``"3 of 4 say bacterial pneumonia"``; empty for a single reading.

    Args:
        predictions: the class that each reading says.
        words: class → words for people.
    """
    if len(predictions) < _SAME:
        return ""
    count = Counter(predictions)
    (first, most), *others = count.most_common()
    if others and others[0][1] == most:
        said = ", ".join(f"{number} {within(words[name])}" for name, number in count.most_common())
        return f"No majority: {said}"
    if most == len(predictions):
        return f"All {most} say {within(words[first])}"
    return f"{most} of {len(predictions)} say {within(words[first])}"


def either(names: Sequence[str], words: Mapping[str, str]) -> str:
    """A prediction set in words: ``"Bacterial pneumonia or viral pneumonia"``.

    Args:
        names: of its classes, the most probable first; may be empty.
        words: class → words for people.
    """
    if not names:
        return "no class (the film is unlike each of them)"
    first, *rest = (words[name] for name in names)
    return " or ".join([first, *(within(one) for one in rest)])


def set_in_words(names: Sequence[str], words: Mapping[str, str], level: float, read: str, *, known: bool) -> str:
    """A prediction set in one line: ``"90 % set: Bacterial pneumonia or viral pneumonia"``, without a full stop.

    Args:
        names: of its classes, the most probable first; may be empty.
        words: class → words for people.
        level: share of films whose true class such a set holds, 0…1.
        read: the most probable class; a set can hold others and not that one, which is then said.
        known: whether the film is like those measured; of others a set promises nothing.
    """
    held = either(names, words) if names else "no class"
    lacks = ", without the class read" if names and read not in names else ""
    return f"{percent(level)} set: {held}{lacks}{'' if known else UNPROMISED}"
