"""Sets and several readings, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from core.words import within

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
