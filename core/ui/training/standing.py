"""How a run is: that it goes on and for how long, or how it ended and what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import streamlit as st

from core.runs import Progress, Run
from core.table import Table
from core.ui import widgets


@dataclass(frozen=True, slots=True)
class _Word:
    """How a standing is shown.

    Attributes:
        name: the standing.
        says: in words; ``{silence}`` is the time since the last heartbeat.
        do: what to do about it.
        icon: beside it.
        panel: draws it.
        command: whether the command helps.
    """

    name: str
    says: str
    do: str
    icon: str
    panel: Callable[..., Any]
    command: bool = True


_AGAIN: Final = "Run the same command again: it goes on from the last finished epoch."
_WORDS: Final = Table(
    "standing",
    _Word("finished", "is finished.", "", ":material/check_circle:", st.success, command=False),
    _Word(
        "dead",
        "says that it is running, but has shown no sign of life for {silence}.",
        f"It was killed, or its machine went down or to sleep. {_AGAIN}",
        ":material/heart_broken:",
        st.error,
    ),
    _Word(
        "diverged",
        "has diverged.",
        "Its loss is no number any more. Lower the learning rate (--rate) and start again in a new folder (--run): the "
        "curves below show where it went wrong.",
        ":material/trending_up:",
        st.error,
    ),
    _Word("failed", "has failed.", f"Mend what is named here. {_AGAIN}", ":material/error:", st.error),
    _Word("stopped", "was stopped before its last epoch.", _AGAIN, ":material/stop_circle:", st.warning),
)


def show(title: str, run: Run) -> None:
    """A progress bar for a run that goes on, or a panel; nothing for a curve that lies beside weights."""
    for problem in run.problems:
        st.warning(f"**{widgets.verbatim(title)}:** {widgets.verbatim(problem)}", icon=":material/broken_image:")
    standing, progress = run.standing(), run.progress
    if progress is None:
        if standing == "unknown":
            st.caption(f"{widgets.verbatim(title)} left no progress.json: whether it is finished is not known.")
        return
    if standing == "running":
        st.progress(progress.share, _going(title, progress))
        return
    word = _WORDS[standing]
    said = word.says.format(silence=duration(progress.silent(datetime.now(UTC))))
    message = widgets.verbatim(progress.message.strip()) if progress.message else ""
    do = "" if "again" in message else word.do  # a run's own words often say it already
    body = " ".join(part for part in (f"**{widgets.verbatim(title)}** {said}", message, do) if part)
    if standing == "finished":
        st.caption(f"{word.icon} {body} {_length(run)}")
        return
    word.panel(body, icon=word.icon)
    if word.command and progress.command:
        st.code(progress.command, language="bash", wrap_lines=True)


def duration(seconds: float) -> str:
    """Seconds in words, rounded as one would say it."""
    if seconds == float("inf"):
        return "ever"
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}s"
    return f"{seconds:.0f} seconds"


def _going(title: str, progress: Progress) -> str:
    now = min(progress.done + 1, progress.epochs)
    how = f"is running: epoch {now} of {progress.epochs}"
    if progress.message:
        how = "has run its last epoch" if 0 < progress.done == progress.epochs else "is getting ready"
    parts = [
        f"**{widgets.verbatim(title)}** {how}",
        progress.part if isinstance(progress.part, str) else "",
        f"about {duration(progress.seconds_left)} left" if progress.seconds_left is not None else "",
        widgets.verbatim(progress.message) if progress.message else "",
    ]
    return widgets.sentence(parts)


def _length(run: Run) -> str:
    seconds = sum(epoch.figures.get("seconds", 0.0) for epoch in run.epochs)
    epochs = f"{len(run.epochs)} epoch{'s' * (len(run.epochs) != 1)}"
    return f"{epochs} in {duration(seconds)}." if seconds else f"{epochs}."
