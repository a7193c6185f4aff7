"""Shares in words, everywhere alike."""

from __future__ import annotations


def percent(share: float, digits: int = 0) -> str:
    """0.823 → "82 %", as standards and radiologists write it; see :func:`core.ui.charts.percent` for probabilities.

    Args:
        share: 0…1.
        digits: after the point.
    """
    return f"{100 * share:.{digits}f} %"
