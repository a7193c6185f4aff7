"""Shares and names in sentences, tables, and the line that stands on every page and export, everywhere alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

DISCLAIMER: Final = "Research use only. Not a medical device. Not for diagnosis or treatment."


def percent(share: float, digits: int = 0) -> str:
    """0.823 → "82 %", as standards and radiologists write it; see :func:`probability` for what a network says.

    Args:
        share: 0…1.
        digits: after the point.
    """
    return f"{100 * share:.{digits}f} %"


def probability(share: float) -> str:
    """0.823 → "82 %". Never claims 0 or 100 % of what is only near."""
    if share >= 0.995:  # noqa: PLR2004
        return "> 99 %"
    if share <= 0.005:  # noqa: PLR2004
        return "< 1 %"
    return percent(share)


def of_100(share: float) -> str:
    """0.823 → "82", as in "82 of 100". Never 0 or 100 of what is only near: then with a digit more, "99.5"."""
    whole = f"{100 * share:.0f}"
    return f"{100 * share:.1f}" if whole in {"0", "100"} and 0 < share < 1 else whole


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown, of cells in Markdown."""
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows))


def within(name: str) -> str:
    """A name in mid-sentence: "Viral pneumonia" → "viral pneumonia"; an abbreviation such as COVID-19 stays."""
    return name if name[:2].isupper() else name[:1].lower() + name[1:]
