"""Is this a film the network knows, on Diagnose: refused ones are not read unless somebody insists, and that shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import streamlit as st

from core.checkpoint import Checkpoint
from core.errors import CheckpointError
from core.guard import Known, Verdict, judge, known_of
from core.tasks import OWN
from core.ui import cache, state
from core.ui.cache import Result

_WORDS: Final = {"accepted": "known kind", "caution": "caution", "refused": "refused", "unknown": "cannot tell"}


def screened(results: Sequence[Result], checkpoint: Checkpoint) -> list[Result]:
    """Results with verdicts; those of refused films without their reading, unless the visitor asked for it."""
    known = _known(checkpoint)
    return [_screened(result, checkpoint, known) for result in results]


def refusal(result: Result, checkpoint: Checkpoint) -> bool:
    """Why a film was not read and a button to read it anyway; whether that is so."""
    if result.verdict is None or not result.verdict.refused or result.reading is not None:
        return False
    with st.container(key="refused"):
        st.error(
            "**Not read: this does not look like a film this network knows.**\n\n" + _list(result.verdict),
            icon=":material/block:",
        )
        film = cache.film(result.upload)
        st.image(film.picture, width=240, output_format="PNG")
        st.button(
            "Read anyway",
            key="read_anyway",
            icon=":material/visibility:",
            on_click=state.insisted().add,
            args=((result.upload.sha256, checkpoint.key),),
            help="The reading will be marked on screen and in every download.",
        )
    return True


def warning(result: Result, checkpoint: Checkpoint) -> None:
    """What must be known beside a reading: a caution, a refusal that was overruled, or that nothing can be told."""
    verdict = result.verdict
    if verdict is None or verdict.name == "accepted":
        return
    if verdict.name == "unknown":
        st.caption(f":material/help: {_cannot_tell(checkpoint)}")
        return
    title = "Read anyway. The guard refused this film." if verdict.refused else "Read with caution."
    st.warning(f"**{title}** " + " ".join(map(str, verdict.reasons)), icon=":material/warning:")


def cautious(result: Result) -> bool:
    """Whether what was measured on known films does not hold for this one."""
    return result.verdict is not None and result.verdict.caution


def columns(result: Result) -> dict[str, str]:
    """A cell of the table of several films."""
    if result.verdict is None:
        return {"Film known?": ""}
    anyway = result.verdict.refused and result.reading is not None
    return {"Film known?": "refused, read anyway" if anyway else _WORDS[result.verdict.name]}


def facts(result: Result) -> dict[str, Any]:
    """For exports."""
    if result.verdict is None:
        return {}
    found = result.verdict.facts()
    return {"guard": found | {"read_anyway": result.verdict.refused and result.reading is not None}}


def mark(result: Result) -> str:
    """What a picture that leaves the house must say; often nothing."""
    if result.verdict is None or not result.verdict.caution:
        return ""
    return ", READ ANYWAY: film was refused" if result.verdict.refused else ", CAUTION: film unlike those known"


def _screened(result: Result, checkpoint: Checkpoint, known: Known | None) -> Result:
    if result.reading is None:
        return result
    seen = cache.seen(result.upload)
    verdict = judge(known.add(seen, result.reading) if known else seen, checkpoint.card.task, known)
    if verdict.refused and (result.upload.sha256, checkpoint.key) not in state.insisted():
        why = " ".join(map(str, verdict.reasons))
        return Result(result.upload, None, f"Not read: refused. {why}", verdict)
    return replace(result, verdict=verdict)


def _known(checkpoint: Checkpoint) -> Known | None:
    """Statistics, read once for everybody; none where the files are broken: then nothing can be told."""
    path = checkpoint.folder / "aids" / f"{checkpoint.name}.guard.json"
    stamp = str(path.stat().st_mtime_ns) if path.is_file() else ""
    try:
        return cache.computed("guard", (checkpoint.key, str(path), stamp), lambda: known_of(checkpoint))
    except CheckpointError:
        return None


def _cannot_tell(checkpoint: Checkpoint) -> str:
    says = "Whether this is the kind of film the network knows cannot be told: it has no statistics of its films."
    if checkpoint.card.task == OWN:
        return says
    return f"{says} Make them: `python -m core guard --model {checkpoint.name} --data DIR`"


def _list(verdict: Verdict) -> str:
    return "\n".join(f"- {reason}" for reason in verdict.reasons)
