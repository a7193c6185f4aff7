"""Where on the film two maps agree and differ, in words: quarters of the film as the viewer sees it, no anatomy."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.compare.agreement import GRID, Agreement, Kind
from core.tasks import Task
from core.words import percent

_SIDES: Final = {
    True: "Left and right are the viewer's; quarters are of the film, not of a lung.",
    False: "Left and right are the viewer's.",
}
"""Whether images are of a chest → whose sides are meant."""

_QUARTERS: Final = ("upper left", "upper right", "lower left", "lower right")
_SHARED: Final = 0.05
"""Share of their heat that two maps must have in common for its place to be worth a word."""

_NOTABLE: Final = 0.1
"""Difference in a quarter's share of the heat from which it is worth a word."""

_SAYS: Final[dict[Kind, str]] = {
    "same": "{0} and {1} are the same map.",
    "alike": "{0} and {1} point to much the same places.",
    "partly": "{0} and {1} agree in part.",
    "apart": "{0} and {1} point to different places.",
}


def sides(task: Task) -> str:
    """What must stand beside every sentence made here."""
    return _SIDES[task.chest]


def sentence(agreement: Agreement, first: str, second: str, image: str = "film") -> str:
    """What two maps have in common and what they have not.

    Args:
        agreement: of the two.
        first: what the first is called.
        second: what the second is called.
        image: what the thing is called that they lie on.

    Returns:
        One to three sentences. :func:`sides` must stand beside them.
    """
    kind = agreement.kind
    says = [_SAYS[kind].format(first, second)]
    if kind == "same":
        return says[0]
    one, two = (_shares(values) for values in (agreement.first, agreement.second))
    shared = _shares(np.minimum(_heat(agreement.first), _heat(agreement.second)), whole=False)
    place = _QUARTERS[int(shared.argmax())]
    says.append(
        f"What they share is strongest at the {place} of the {image}."
        if shared.sum() >= _SHARED
        else "They share next to nothing."
    )
    lean = one - two
    parts = [
        f"{name} has more of its heat at the {_QUARTERS[at]} ({percent(mine[at])} against {percent(other[at])})"
        for name, mine, other, at in (
            (first, one, two, int(lean.argmax())),
            (second, two, one, int(lean.argmin())),
        )
        if mine[at] - other[at] >= _NOTABLE
    ]
    if parts:
        says.append("; ".join(parts) + ".")
    return " ".join(says)


def _heat(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """A map whose places add up to 1."""
    heat: NDArray[np.float64] = values / values.sum(dtype=np.float64)
    return heat


def _shares(values: NDArray[np.float32] | NDArray[np.float64], *, whole: bool = True) -> NDArray[np.float64]:
    """Heat in each quarter of the film, float64 ``[4]``; as shares of the whole map, or as it is."""
    half = GRID // 2
    sums = values.reshape(2, half, 2, half).sum(axis=(1, 3), dtype=np.float64).ravel()
    shares: NDArray[np.float64] = sums / sums.sum() if whole else sums
    return shares
