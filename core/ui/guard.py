"""Is this a film the network knows, on Diagnose: refused ones are not read unless somebody insists, and that shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import streamlit as st

from core.checkpoint import Checkpoint
from core.errors import CheckpointError
from core.guard import Known, judge, known_of
from core.orientation import Mend, offered, renamed
from core.tasks import OWN
from core.ui import cache, state
from core.ui.kept import Result
from core.ui.state import Upload

_WORDS: Final = {"accepted": "known kind", "caution": "caution", "refused": "refused", "unknown": "cannot tell"}
_MENDABLE: Final = frozenset({"orientation", "polarity"})


def screened(results: Sequence[Result], checkpoint: Checkpoint) -> list[Result]:
    """Results with verdicts; those of refused films without their reading, unless the visitor asked for it."""
    known = _known(checkpoint)
    return [_screened(result, checkpoint, known) for result in results]


def refusal(result: Result, checkpoint: Checkpoint) -> bool:
    """Why a film was not read, and what can be done; whether that is so."""
    if result.verdict is None or not result.verdict.refused or result.reading is not None:
        return False
    with st.container(key="refused"):
        st.error(
            "**Not read: this does not look like a film this network knows.**\n\n"
            + "\n".join(f"- {reason}" for reason in result.verdict.reasons),
            icon=":material/block:",
        )
        st.image(cache.film(result.upload).picture, width=240, output_format="PNG", alt="The film as it was given")
        with st.container(horizontal=True):
            _mends(result)
            insist(result, checkpoint)
        _heart(result)
    return True


def insist(result: Result, checkpoint: Checkpoint, place: str = "") -> None:
    """The button that has a refused film read. ``place`` tells several on one page apart."""
    st.button(
        "Read anyway",
        key=f"read_anyway{place}",
        icon=":material/visibility:",
        on_click=state.films.insisted().add,
        args=((result.upload.sha256, checkpoint.key),),
        help="The reading will be marked on screen and in every download.",
    )


def warning(result: Result, checkpoint: Checkpoint) -> None:
    """What must be known beside a reading: a caution, a refusal that was overruled, or that nothing can be told."""
    verdict = result.verdict
    if verdict is None or verdict.name == "accepted":
        return
    if verdict.name == "unknown":
        st.caption(f":material/help: {_cannot_tell(checkpoint)}")
        return
    title = "Read anyway. The guard refused this film." if verdict.refused else "Read with caution."
    with st.container(key="caution"):
        st.warning(f"**{title}** {verdict.says}", icon=":material/warning:")
        with st.container(horizontal=True):
            _mends(result)
        _heart(result)


def _mends(result: Result) -> None:
    """Buttons that put the film right, where one of the reasons is how it lies or that it is inverted."""
    for mend in _offered(result):
        st.button(
            mend.title,
            key=f"mend_{mend.name}",
            type="primary",
            icon=":material/auto_fix_high:",
            on_click=_put_right,
            args=(result.upload, mend),
            help="Makes a new film of this one; what was done is said wherever it is shown.",
        )


def _offered(result: Result) -> list[Mend]:
    verdict, found = result.verdict, cache.seen(result.upload).posture
    if verdict is None or found is None or not {reason.check for reason in verdict.reasons} & _MENDABLE:
        return []
    return offered(found)


def _heart(result: Result) -> None:
    """Of an upside-down film only the side of the heart says whether it was turned or mirrored."""
    if len([mend for mend in _offered(result) if mend.turn]) > 1:
        st.caption(
            "Turned and mirrored films differ in the side of the heart only. The likelier is offered first, but some "
            "hearts lie on the right: look at the film's side marker."
        )


def _put_right(upload: Upload, mend: Mend) -> None:
    note = f"Mended here: {mend.done}, from film {upload.sha256[:12]}."
    state.films.put_for(upload, upload.mended(mend.name, renamed(upload.sha256, mend), note))


def short(result: Result) -> None:
    """A caution in few words, the reasons behind them: where several readings stand side by side."""
    if result.verdict is None or not result.verdict.caution:
        return
    title = "Read anyway: the guard refused this film" if result.verdict.refused else "Read with caution"
    st.markdown(f":orange[:material/warning:] **{title}**", help=result.verdict.says)


def line(result: Result, who: str) -> str:
    """The verdict for a page that leaves the house, and what was done to the film."""
    if result.verdict is None:
        found = "whether the film is of a known kind was not looked at."
    else:
        anyway = ", read anyway" if result.verdict.refused else ""
        found = f"film {_WORDS[result.verdict.name]}{anyway}. {result.verdict.says}".strip()
    return f"{who}: {found} {result.upload.note}".strip()


def cautious(result: Result) -> bool:
    """Whether what was measured on known films does not hold for this one."""
    return result.verdict is not None and result.verdict.caution


def columns(result: Result) -> dict[str, str]:
    """A cell of the table of several films."""
    if result.verdict is None:
        return {"Film known?": "average" if result.upload.aggregate else ""}
    anyway = result.verdict.refused and result.reading is not None
    return {"Film known?": "refused, read anyway" if anyway else _WORDS[result.verdict.name]}


def facts(result: Result) -> dict[str, Any]:
    """For exports."""
    if result.verdict is None:
        return {}
    return {"guard": result.verdict.facts(read=result.reading is not None)}


def _screened(result: Result, checkpoint: Checkpoint, known: Known | None) -> Result:
    if result.reading is None or result.upload.aggregate:  # an average is no film, and says so itself
        return result
    seen = cache.seen(result.upload)
    verdict = judge(known.add(seen, result.reading) if known else seen, checkpoint.card.task, known)
    if verdict.refused and (result.upload.sha256, checkpoint.key) not in state.films.insisted():
        return Result(result.upload, None, f"Not read: refused. {verdict.says}", verdict)
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
