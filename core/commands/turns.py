"""Fair timing of rivals: turns taken in one loop, so that whatever else the machine does hits all of them alike."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Mapping


def milliseconds(rivals: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median time of each rival over ``rounds`` turns, after one turn of warming up.

    The order is drawn anew in every turn: whoever always came after a network of many weights would pay for the memory
    that it had gone through (ResNet-34 twice its own time after the two-block CNN).
    """
    drawn = random.Random(0)  # noqa: S311 - an order, no secret
    taken: dict[str, list[float]] = {name: [] for name in rivals}
    for turn in range(rounds + 1):
        for name, rival in drawn.sample(list(rivals.items()), len(rivals)):
            started = time.perf_counter()
            rival()
            if turn:
                taken[name].append((time.perf_counter() - started) * 1000)
    return {name: statistics.median(times) for name, times in taken.items()}
