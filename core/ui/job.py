"""Long work in a thread of its own, while a visitor looks on and may stop it. Knows nothing of the screen."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from core.errors import StoppedError

Progress = Callable[[int, int], None]
Stop = Callable[[], bool]
Work = Callable[[Progress, Stop], None]
"""One part of a job: tells how far it is, and asks whether to go on; raises StoppedError when it was stopped."""

ABANDONED: Final = 120.0
"""Seconds without a look after which a job ends by itself: its visitor does something else."""

GONE: Final = 10.0
"""Seconds after which it ends when its visitor has left: a connection may be lost for a moment."""

_NICE: Final = 10  # of Unix's 0 (as others) to 19 (last)
_LOOK: Final = 0.2  # seconds between two looks at whether a job that waits for its turn is still wanted
_TURN: Final = threading.Lock()  # one job at a time: two would take each other's cores, and twice the memory


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a job is.

    Attributes:
        over: whether it is done, stopped or failed.
        share: what is done of it, 0…1.
        left: seconds that the rest will take, as far as can be told; ``None`` where it cannot yet.
        waits: whether others' work comes first.
    """

    over: bool
    share: float
    left: float | None
    waits: bool


class Job:
    """Several parts of work, one after the other.

    Args:
        keys: what the parts are to make, by name.
        parts: of work, as many.
        weights: how long each takes, relative to the others.
        here: whether the visitor it is for is still there; asked from the job's own thread.
    """

    def __init__(
        self,
        keys: Sequence[object],
        parts: Sequence[Work],
        weights: Sequence[float],
        here: Callable[[], bool] = lambda: True,
    ) -> None:
        self.keys = frozenset(keys)
        self.error: Exception | None = None
        self._work = tuple(zip(parts, weights, strict=True))
        self._whole = sum(weights)
        self._share = 0.0
        self._begun: float | None = None
        self._looked = self._seen = time.monotonic()
        self._here = here
        self._stop, self._over = threading.Event(), threading.Event()

    def start(self) -> Job:
        """Begin, in a thread that does not keep the server from ending."""
        threading.Thread(target=self._run, name="job", daemon=True).start()
        return self

    def stop(self) -> None:
        """End it after the batch in hand; what is done of later parts is not kept."""
        self._stop.set()

    def look(self) -> Standing:
        """How far it is; it goes on as long as somebody looks now and then."""
        self._looked = time.monotonic()
        share, begun = self._share, self._begun
        left = None
        if begun is not None and share > 0:
            left = (time.monotonic() - begun) * (1 - share) / share
        return Standing(self._over.is_set(), share, left, begun is None)

    def wait(self, seconds: float) -> bool:
        """Whether it is over within so many seconds."""
        return self._over.wait(seconds)

    def _unwanted(self) -> bool:
        now = time.monotonic()
        if self._here():
            self._seen = now
        return self._stop.is_set() or now - self._looked > ABANDONED or now - self._seen > GONE

    def _run(self) -> None:
        if sys.platform == "linux":  # elsewhere it would be the whole process; other visitors' readings come first
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
        try:
            self._take_turn()
            try:
                self._begun = time.monotonic()
                self._through()
            finally:
                _TURN.release()
        except Exception as error:  # noqa: BLE001 - whoever looks next is told, and raises what is not ours
            self.error = error
        finally:
            self._over.set()

    def _take_turn(self) -> None:
        while not _TURN.acquire(timeout=_LOOK):
            if self._unwanted():
                raise StoppedError("It was stopped before it began.")

    def _through(self) -> None:
        before = 0.0
        for part, weight in self._work:

            def progress(done: int, of: int, before: float = before, weight: float = weight) -> None:
                self._share = (before + weight * done / of) / self._whole

            part(progress, self._unwanted)
            before += weight
