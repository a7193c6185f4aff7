"""Is this a film the network knows: refused ones are not read unless somebody insists, and that shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import streamlit as st

from core.checkpoint import Checkpoint
from core.errors import CheckpointError
from core.guard import Known, judge, known_of, name_of
from core.orientation import MISSING, Mend, offered, renamed
from core.ui import cache, state, widgets
from core.ui.kept import Result
from core.ui.state import Upload

_WORDS: Final = {"accepted": "known kind", "caution": "caution", "refused": "refused", "unknown": "cannot tell"}
_TOLD: Final = {
    "accepted": "the {} is of a known kind",
    "caution": "the {} must be read with caution",
    "refused": "the {} was refused",
    "unknown": "whether the {} is of a known kind cannot be told",
}
"""Verdict → the same in a sentence; ``{}``: what an image is called."""

_MENDABLE: Final = frozenset({"orientation", "polarity"})


@dataclass(frozen=True, slots=True, eq=False)
class Refused:
    """A film that a network was not given to read.

    Attributes:
        result: with the verdict, without a reading.
        checkpoint: whose network.
        title: what the network is called where several are.
    """

    result: Result
    checkpoint: Checkpoint
    title: str = ""


def screened(results: Sequence[Result], checkpoint: Checkpoint) -> list[Result]:
    """Results with verdicts; those of refused films without their reading, unless the visitor asked for it."""
    known = _known(checkpoint)
    return [_screened(result, checkpoint, known) for result in results]


def refused(result: Result) -> bool:
    """Whether a film was not read because of its verdict."""
    return result.verdict is not None and result.verdict.refused and result.reading is None


def refusal(result: Result, checkpoint: Checkpoint) -> bool:
    """Why a film was not read, and what can be done; whether that is so."""
    if not refused(result):
        return False
    panel([Refused(result, checkpoint)], "Not read: this does not look like a film this network knows.")
    return True


def panel(found: Sequence[Refused], says: str, place: str = "") -> None:
    """Why one film was not read by one network or several, the film, and what can be done.

    Args:
        found: of one film, one for each network.
        says: the first line.
        place: tells several on one page apart.
    """
    result = next((one.result for one in found if _offered(one.result)), found[0].result)
    with st.container(key=f"refused{place}"):
        st.error(f"**{says}**\n\n" + "\n".join(f"- {why}" for why in _why(found)), icon=":material/block:")
        st.caption(f"**{widgets.verbatim(result.upload.name)}**")
        st.image(cache.film(result.upload).picture, width=240, output_format="PNG", alt="The film as it was given")
        with st.container(horizontal=True):
            mends(result, place)
            st.button(
                "Read anyway",
                key=f"read_anyway{place}",
                icon=":material/visibility:",
                on_click=state.films.insisted().update,
                args=([(one.result.upload.sha256, one.checkpoint.key) for one in found],),
                help="The reading will be marked on screen and in every download.",
            )
        _heart(result)


def _why(found: Sequence[Refused]) -> list[str]:
    """Every reason once; with the networks whose it is, unless it is every network's."""
    said = _by_text((one.title, reason) for one in found for reason in _reasons(one.result))
    return [text if len(who) == len(found) else f"{', '.join(who)}: {text}" for text, who in said.items()]


def untold(result: Result, checkpoint: Checkpoint) -> None:
    """That it cannot be told whether a film is of a known kind, where that is so."""
    if result.verdict is not None and result.verdict.name == "unknown":
        st.caption(f":material/help: {' '.join(_cannot_tell(result, checkpoint))}".rstrip())


def warned(result: Result) -> str:
    """What must be known before a reading: a caution, or a refusal that was overruled; often nothing."""
    title = caution(result)
    return f"**{title}.** {result.verdict.says}" if title and result.verdict else ""


def mending(result: Result) -> None:
    """Buttons that put a film right which was read as it lies, if that is one of the reasons for a warning."""
    if _offered(result):
        with st.container(horizontal=True, key="caution"):
            mends(result)
        _heart(result)


def mends(result: Result, place: str = "") -> None:
    """Buttons that put the film right, where one of the reasons is how it lies or that it is inverted.

    Args:
        result: with the verdict.
        place: tells several films on one page apart.
    """
    for mend in _offered(result):
        st.button(
            mend.title,
            key=f"mend_{mend.name}{place}",
            type="primary",
            icon=":material/auto_fix_high:",
            on_click=_put_right,
            args=(result.upload, mend),
            help="Makes a new film of this one; what was done is said wherever it is shown.",
        )


def _offered(result: Result) -> list[Mend]:
    verdict, found = result.verdict, cache.seen(result.upload).posture
    reasons = {reason.check for reason in verdict.reasons} if verdict else set()
    if found is None or not reasons & _MENDABLE or "colour" in reasons:  # a photograph is not made a film by turning it
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
    new = upload.mended(mend.name, renamed(upload.sha256, mend), note)
    state.films.put_for(upload, new)
    state.compare.put_for(upload.sha256, new.sha256)


def short(result: Result, checkpoint: Checkpoint) -> None:
    """A caution and what was seen first, the rest behind it, or that nothing is known: for readings side by side."""
    if result.verdict is not None and result.verdict.name == "unknown":
        says, remedy = _cannot_tell(result, checkpoint)
        st.caption(f":material/help: {says}", help=remedy or None)
        return
    if result.verdict is None or not (title := caution(result)):
        return
    first, *others = result.verdict.reasons
    more = f" And {len(others)} more reason{'s' * (len(others) > 1)}." if others else ""
    behind = " ".join([first.advice, *map(str, others)])
    st.markdown(f":orange[:material/warning:] **{title}.** {first.saw}{more}", help=behind)


def caution(result: Result) -> str:
    """What a reading must come with, in three words or a few more; often nothing."""
    if result.verdict is None or not result.verdict.caution:
        return ""
    return "Read anyway: the guard refused this film" if result.verdict.refused else "Read with caution"


def lines(found: Iterable[tuple[str, Result]], image: str = "film") -> list[str]:
    """Verdicts, reasons and what was done to films, for a page that leaves the house: each once, with whose it is.

    Args:
        found: whose each reading is, and the reading.
        image: what the thing read is called.
    """
    said = _by_text((who, text) for who, result in found for text in _said(result, image))
    return [f"{', '.join(who)}: {text}" for text, who in said.items()]


def _said(result: Result, image: str) -> list[str]:
    return [_told(result, image), *_reasons(result), *filter(None, [result.upload.note])]


def _told(result: Result, image: str) -> str:
    """The verdict in a sentence."""
    if result.verdict is None:
        return f"whether the {image} is of a known kind was not looked at."
    anyway = ", and read anyway" if result.verdict.refused and not refused(result) else ""
    return f"{_TOLD[result.verdict.name].format(image)}{anyway}."


def _reasons(result: Result) -> list[str]:
    return [] if result.verdict is None else list(map(str, result.verdict.reasons))


def _by_text(told: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Text → who says it, each text at the place where it is said first."""
    said: dict[str, list[str]] = {}
    for who, text in told:
        said.setdefault(text, []).append(who)
    return said


def cautious(result: Result) -> bool:
    """Whether what was measured on known films does not hold for this one."""
    return result.upload.aggregate or (result.verdict is not None and result.verdict.caution)


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
    verdict = judge(known.beside(seen, result.reading.pooled) if known else seen, checkpoint.card.task, known)
    if verdict.refused and (result.upload.sha256, checkpoint.key) not in state.films.insisted():
        return Result(result.upload, None, f"Not read: refused. {verdict.says}", verdict)
    return replace(result, verdict=verdict)


def _known(checkpoint: Checkpoint) -> Known | None:
    """Statistics, read once for everybody; none where the files are broken: then nothing can be told."""
    path = checkpoint.aids / f"{name_of(checkpoint)}.json"
    try:
        return cache.computed("guard", (checkpoint.key, str(path), cache.stamp(path)), lambda: known_of(checkpoint))
    except CheckpointError:
        return None


def _cannot_tell(result: Result, checkpoint: Checkpoint) -> tuple[str, str]:
    """What is not known of an image, and what helps; nothing helps with classes of one's own."""
    kind, chest = checkpoint.task.image, checkpoint.task.chest
    if chest and cache.seen(result.upload).posture is None:
        return MISSING, ""
    says = f"Whether this is the kind of {kind} the network knows cannot be told: it has no statistics of its {kind}s."
    return says, f"Make them: `python -m core guard --model {checkpoint.name} --data DIR`" if chest else ""
