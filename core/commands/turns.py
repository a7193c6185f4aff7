"""Fair timing of rivals: turns taken in one loop, so that whatever else the machine does hits all of them alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping


def milliseconds(rivals: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median time of each rival over ``rounds`` turns, after one turn of warming up."""
    taken: dict[str, list[float]] = {name: [] for name in rivals}
    for turn in range(rounds + 1):
        for name, rival in rivals.items():
            started = time.perf_counter()
            rival()
            if turn:
                taken[name].append((time.perf_counter() - started) * 1000)
    return {name: statistics.median(times) for name, times in taken.items()}
