"""Maps that are there, and those that must be made first: a button, then a bar with the time left and a way to stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.errors import PneumoLensError, StoppedError
from core.explain import METHODS, Heatmap
from core.ui import cache, state, widgets
from core.ui.job import Job, Standing
from core.ui.kept import Wanted
from core.words import percent

EVERY: Final = 0.5
"""Seconds between two looks at work that goes on."""

NOT_MADE: Final = "This map is not made yet."

_MINUTE: Final = 60


def maps(wanted: Sequence[Wanted]) -> list[Mapping[str, Heatmap] | None]:
    """Class → heatmap, of every one wanted; ``None`` for those that are still to be made, below a panel that does it.

    Raises:
        PneumoLensError: a network was let go and cannot be loaded again.
    """
    found = [cache.heatmaps(one) for one in wanted]
    missing = {one.key: one for one, maps in zip(wanted, found, strict=True) if maps is None}
    job = state.visitor.job()
    if job is not None and not (missing and job.keys.issuperset(missing)):
        job.stop()  # the visitor looks at something else now
        state.visitor.wait_for(None)
        job = None
    if missing:
        _panel(list(missing.values()), job)
    return found


def busy() -> bool:
    """Whether maps are being made for this visitor."""
    job = state.visitor.job()
    return job is not None and not job.look().over


def _panel(missing: Sequence[Wanted], job: Job | None) -> None:
    if job is not None and not job.look().over:
        state.fragment(_watch, run_every=EVERY)(job)
        return
    with st.container(border=True, key="making"):
        if job is not None:
            state.visitor.wait_for(None)
            _ended(job)
        words, button = st.columns([3, 1], vertical_alignment="center")
        words.markdown(_offer(missing))
        button.button(
            "Make this map" if len(missing) == 1 else f"Make {len(missing)} maps",
            key="make_maps",
            icon=":material/hourglass_top:",
            width="stretch",
            on_click=_start,
            args=(missing,),
        )


def _start(missing: Sequence[Wanted]) -> None:
    parts = [cache.maker(one) for one in missing]
    weights = [_passes(one) for one in missing]
    state.visitor.wait_for(Job([one.key for one in missing], parts, weights, _still_here()).start())


def _still_here() -> Callable[[], bool]:
    """What tells, in any thread, whether this visitor's page is still open."""
    context = get_script_run_ctx()
    if context is None or not runtime.exists():  # no server: a test
        return lambda: True
    return partial(runtime.get_instance().is_active_session, context.session_id)


def _watch(job: Job) -> None:
    """Drawn again by itself, and alone, while the work goes on."""
    standing = job.look()
    if standing.over:
        st.rerun()  # the whole page, which then has the map
    with st.container(border=True, key="making"):
        bar, button = st.columns([5, 1], vertical_alignment="center")
        bar.progress(min(1.0, standing.share), _says(standing))
        button.button("Stop", key="stop_maps", icon=":material/stop:", width="stretch", on_click=job.stop)


def _says(standing: Standing) -> str:
    if standing.waits:
        return "Waiting: another map is being made on this server …"
    if standing.left is None:
        return "Asking the network …"
    seconds = max(1, round(standing.left))
    left = f"{seconds} s" if seconds < _MINUTE else f"{seconds // _MINUTE} min {seconds % _MINUTE} s"
    return f"Asking the network: {percent(standing.share)}, about {left} left"


def _ended(job: Job) -> None:
    """Why there is no map although it was asked for."""
    if isinstance(job.error, StoppedError):
        st.markdown(":material/stop_circle: **Stopped.** Nothing of it is kept.")
    elif isinstance(job.error, PneumoLensError):
        widgets.say(job.error, "This map could not be made.")
    elif job.error is not None:
        raise job.error


def _offer(missing: Sequence[Wanted]) -> str:
    """What is not there, and what it takes."""
    if len(missing) == 1:
        method, passes = METHODS[missing[0].method], _passes(missing[0])
        asks = "asks what follows the layer" if method.from_layer else "asks the network"
        return f"**{method.title} is slow.** It {asks} {passes:,} times, a few seconds to minutes. You can stop it."
    named = ", ".join(f"{METHODS[one.method].title} by {one.checkpoint.title}" for one in missing)
    passes = sum(map(_passes, missing))
    return f"**Slow methods:** {named}. They ask the networks {passes:,} times in all. You can stop it."


def _passes(one: Wanted) -> int:
    method, architecture = METHODS[one.method], one.checkpoint.architecture
    stages = [architecture.stage(name) for name in one.layers] or architecture.stages[-1:]
    classes = len(one.checkpoint.card.classes)
    return sum(method.passes_for(stage.channels, classes) for stage in (stages if method.by_layer else stages[:1]))
