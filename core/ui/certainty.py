"""How sure a reading is, on Diagnose: words before numbers, a prediction set, when a human must read, the spread."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import streamlit as st

from core.certainty import (
    HUMAN,
    LEVELS,
    TARGET,
    TARGETS,
    UNPROMISED,
    WORDINGS,
    Certainty,
    certainty_of,
    coverage,
    either,
    kept,
    said,
    set_in_words,
    votes,
)
from core.checkpoint import Checkpoint, Interval
from core.errors import DataError, PneumoLensError
from core.models import get_pool
from core.ui import cache, guard, state, tested, widgets
from core.ui.kept import Result
from core.words import of_100, percent, probability, table

if TYPE_CHECKING:
    from core.certainty.spread import Spread
    from core.classifier import Reading
    from core.evaluate import Predictions

V = TypeVar("V")

Facts = Callable[[Result], dict[str, Any]]
"""A reading → what exports say of how sure it is."""

HUMAN_ICON: Final = ":orange[:material/person_alert:]"
_ICON: Final = ":material/signal_cellular_alt{}:"
_ICONS: Final = dict(zip(WORDINGS, map(_ICON.format, ("", "_2_bar", "_1_bar")), strict=True))
_EXACT: Final = 6
"""Digits of a percentage beyond which nothing is told apart."""

_SHORT: Final = {row.title: _ICONS[name] for name, row in WORDINGS.items()}


def of(checkpoint: Checkpoint) -> Certainty | str:
    """What is fitted to a network's validation films, once for everybody; or in words, why that is not known."""

    def make() -> Certainty | str:
        try:
            return certainty_of(checkpoint)
        except DataError as error:
            return str(error)

    path = checkpoint.validation
    return cache.computed("certainty", (checkpoint.key, str(path), cache.stamp(path)), make)


def usable(checkpoint: Checkpoint) -> Certainty | None:
    """The same; ``None`` where there is nothing that can be used."""
    found = of(checkpoint)
    return None if isinstance(found, str) else found


def panel(checkpoint: Checkpoint) -> None:
    """What is asked of a reading: the level of its set, and how often readings may be wrong."""
    if usable(checkpoint) is None:
        return
    with st.expander("How sure?", icon=":material/verified:"):
        if state.reading.SET_LEVEL not in st.session_state:
            state.put(state.reading.SET_LEVEL, round(100 * state.reading.set_level()))
        st.slider(
            "Prediction set",
            round(100 * LEVELS[0]),
            round(100 * LEVELS[-1]),
            key=state.reading.SET_LEVEL,
            format="%d %%",
            help="In so many of 100 films the set holds the true class. Surer sets hold more classes.",
        )
        if state.value(state.reading.TARGET_ERROR) not in TARGETS:
            state.put(state.reading.TARGET_ERROR, TARGET)
        st.selectbox(
            "Wrong readings allowed",
            list(TARGETS),
            key=state.reading.TARGET_ERROR,
            format_func=lambda name: TARGETS[name].title,
            help="A film whose highest probability is too low for that needs a human reader.",
        )


def human(result: Result, checkpoint: Checkpoint) -> str:
    """That a human must read, and why; empty where the network is sure enough."""
    found = usable(checkpoint)
    if found is None or result.reading is None:
        return ""
    by_class, target = result.reading.by_class, TARGETS[state.reading.target_error()]
    if not found.defers(by_class, target.name):
        return ""
    low = found.cuts[target.name]
    if low > 1:
        why = f"No reading of this network is sure enough for {target.title} wrong ones, by its validation films."
    else:
        has, least = _apart(max(by_class.values()), low)
        why = (
            f"Its highest {_calibrated(checkpoint)}probability is {has}: below {least} more than {target.title} "
            "readings may be wrong."
        )
    return f"**{HUMAN}.** {why}"


def defers(result: Result, checkpoint: Checkpoint) -> bool:
    """Whether a human must read; never where nothing is known."""
    found = usable(checkpoint)
    if found is None or result.reading is None:
        return False
    return found.defers(result.reading.by_class, state.reading.target_error())


def words(result: Result, checkpoint: Checkpoint) -> None:
    """How sure, in words, and the set: beside the reading."""
    if result.reading is None:
        return
    found = usable(checkpoint)
    if found is None:
        st.caption(f":material/help: {of(checkpoint)}")
        return
    wording = found.wording(result.reading.by_class)
    right, promise = _was_right(wording.name, found, checkpoint), ""
    if guard.cautious(result):
        # Why is said above already: in the box, or of a class average.
        right, promise = ": how often that is right on such a film is not known.", UNPROMISED
    st.markdown(
        f"{_ICONS[wording.name]} **{wording.title}**{right}  \n"
        f":material/data_array: **{set_name()}: {_held(found, result.reading, checkpoint)}{promise}"
    )


def behind(result: Result, checkpoint: Checkpoint) -> None:
    """What a set promises, and what a human reader is called for by: below the picture."""
    found = usable(checkpoint)
    if found is None or result.reading is None:
        return
    st.caption(_promise(found, checkpoint, caution=guard.cautious(result)))
    target = TARGETS[state.reading.target_error()]
    if target.error == 1:
        return  # nobody wants to be warned
    cut = found.cuts[target.name]
    group = (_on_test(checkpoint, found, kept) or {}).get(target.name)
    if group is not None and group.right is not None:
        allowed = ", slips of the labels allowed for" if found.allowing else ""
        called = (
            f"called for below {probability(cut)}, chosen on the validation films for {target.title} wrong readings. "
            f"Of the test films {percent(group.films / group.of)} were above, and right in"
            if cut
            else f"called for on no film: of all validation films no more than {target.title} were read "
            f"wrong{allowed}. The test films were read right in"
        )
        st.caption(f"**A human reader** is {called} {of_100(group.right.value)} of 100.")


def columns(result: Result, checkpoint: Checkpoint) -> dict[str, str]:
    """Cells of the table of several films; none where nothing is known."""
    found = usable(checkpoint)
    if found is None:
        return {}
    if result.reading is None:
        return {set_name(): "", "How sure": ""}
    held = found.sets.of(result.reading.by_class, state.reading.set_level())
    return {
        set_name(): either(held, checkpoint.task.words) if held else "no class",
        "How sure": _sure(found, result.reading),
    }


def line(result: Result, checkpoint: Checkpoint) -> str:
    """How sure, and the set: where several readings stand side by side. Empty where nothing is known."""
    found = usable(checkpoint)
    if found is None or result.reading is None:
        return ""
    return f"{_sure(found, result.reading)}. {_set(found, result, result.reading, checkpoint)}"


def short(result: Result, checkpoint: Checkpoint) -> None:
    """The same on the screen, below a heading that led with the human reader where one is needed."""
    found = usable(checkpoint)
    if found is None or result.reading is None:
        return
    sure = _sure(found, result.reading)
    told = ":material/data_array: " if sure == HUMAN else f"{_SHORT[sure]} {sure}. "
    st.markdown(f"{told}{_set(found, result, result.reading, checkpoint)}")


def facts(checkpoint: Checkpoint) -> Facts:
    """What exports say of readings, as asked for now: a download runs outside the visitor's session."""
    found, level, target = usable(checkpoint), state.reading.set_level(), state.reading.target_error()

    def of_one(result: Result) -> dict[str, Any]:
        if found is None or result.reading is None:
            return {}
        return found.facts(result.reading.by_class, level, target)

    return of_one


def spread(result: Result, checkpoint: Checkpoint) -> None:
    """A button, and once it was pressed what the network says of the film mirrored and shifted."""
    key = "spread", result.upload.sha256, checkpoint.key
    with st.container(border=True, key="spread"):
        if key not in state.reading.measured():
            words, button = st.columns([3, 1], vertical_alignment="center")
            words.markdown("**Is the reading steady?** Reads the film mirrored, and shifted by a few pixels, too.")
            button.button(
                "Spread", key="measure_spread", icon=":material/swap_horiz:", width="stretch",
                on_click=state.reading.measured().add, args=(key,),
            )  # fmt: skip
            return
        try:
            with st.spinner("Reading the film's variants …"):
                found = cache.computed("spread", key, lambda: _spread(result, checkpoint))
        except PneumoLensError as error:
            widgets.say(error, "The variants cannot be read.")
            return
        _stays(found, checkpoint)


def _spread(result: Result, checkpoint: Checkpoint) -> Spread:
    from core.certainty.spread import spread as read_variants

    film = cache.xray(result.upload)
    return get_pool().run(checkpoint, lambda classifier: read_variants(classifier, film))


def _stays(found: Spread, checkpoint: Checkpoint) -> None:
    called = checkpoint.task.words
    rows = []
    for place, name in enumerate(found.classes):
        low, high = found.ends[name]
        rows.append(
            (
                widgets.verbatim(called[name]),
                probability(found.probabilities[0, place]),
                probability(found.mean[name]),
                f"{probability(low)} to {probability(high)}",
                f"{100 * found.deviation[name]:.1f} points",
            )
        )
    st.markdown(f"**{votes(found.said, called)}:** the film as it is, mirrored, and shifted four ways.")
    st.markdown(table(("Class", "As it is", "Average", "Lowest to highest", "Deviation"), rows))
    kind = "Calibrated probabilities. " if _calibrated(checkpoint) else ""
    st.caption(f"{kind}Small differences are no proof: a network can be steadily wrong. Large ones are a warning.")


def set_name() -> str:
    """What a prediction set of the level chosen is called."""
    return f"{percent(state.reading.set_level())} set"


def _set(found: Certainty, result: Result, reading: Reading, checkpoint: Checkpoint) -> str:
    """A set in few words, and whether it is a promise."""
    level = state.reading.set_level()
    held = found.sets.of(reading.by_class, level)
    return set_in_words(held, checkpoint.task.words, level, reading.prediction, known=not guard.cautious(result))


def _sure(found: Certainty, reading: Reading) -> str:
    return found.headline(reading.by_class, state.reading.target_error())


def _held(found: Certainty, reading: Reading, checkpoint: Checkpoint) -> str:
    """A set, the end of what is said in bold; and why the class read is not in it, where it is not."""
    level, words, read = state.reading.set_level(), checkpoint.task.words, reading.prediction
    held = found.sets.of(reading.by_class, level)
    if not held or read in held:
        return f"{either(held, words)}**"
    has, least = _apart(reading.by_class[read], float(found.sets.least(level)[found.sets.classes.index(read)]))
    takes = f"{has}, and it takes {least} or more"
    return f'{either(held, words)}**, without "{words[read]}": its calibrated probability is {takes}'


def _apart(has: float, least: float) -> tuple[str, str]:
    """A probability and one that it does not reach, in words: as read, two equal figures would explain nothing."""
    digits = next((digits for digits in range(_EXACT) if percent(has, digits) != percent(least, digits)), _EXACT)
    return percent(has, digits), percent(least, digits)


def _calibrated(checkpoint: Checkpoint) -> str:
    """What a probability is, where the heading has another figure, which is not calibrated."""
    return "calibrated " if state.reading.uncalibrated() and checkpoint.card.temperature != 1 else ""


def _was_right(name: str, found: Certainty, checkpoint: Checkpoint) -> str:
    group = (_on_test(checkpoint, found, said) or {}).get(name)
    if group is None:
        return ": it has no test predictions, so how often that was right is not known."
    if group.right is None:
        return ": said of no test film."
    figure = group.right
    return (
        f": when it says this, it was right in {of_100(figure.value)} of 100 test films "
        f"({of_100(figure.low)} to {of_100(figure.high)}, from {group.films} films)."
    )


def on_test(checkpoint: Checkpoint, key: str, test: Predictions, found: Certainty, measure: Callable[..., V]) -> V:
    """What is measured of it on a network's test predictions, which ``key`` names, once for everybody."""
    named = key, cache.stamp(checkpoint.validation)
    return cache.computed(measure.__name__, named, lambda: measure(test, found))


def _on_test(checkpoint: Checkpoint, found: Certainty, measure: Callable[..., V]) -> V | None:
    """The same; ``None`` where there are no predictions of the test films."""
    key = tested.key(checkpoint)
    try:
        test = tested.predictions(checkpoint)
    except DataError:
        return None
    return None if test is None else on_test(checkpoint, key, test, found, measure)


def _promise(found: Certainty, checkpoint: Checkpoint, *, caution: bool) -> str:
    """What a set promises, of whom, and how it was kept."""
    level = state.reading.set_level()
    if caution:
        return (
            ":material/warning: **What a set promises does not hold for this film:** it is unlike those measured. "
            f"The true class may be outside far more often than {100 - 100 * level:.0f} times in 100."
        )
    says = (
        f"Made so that the true class is in {100 * level:.0f} of 100 sets, for films like the validation films. For "
        "other patients, views or machines nothing is promised."
    )
    measured = _on_test(checkpoint, found, coverage)
    if measured is None:
        return says
    at = min(range(len(LEVELS)), key=lambda place: abs(LEVELS[place] - level))
    overall, called = measured.overall[at], checkpoint.task.words
    says += f" On the test films it was in {_of_100(overall)}"
    short = {name: ends[at] for name, ends in measured.by_class.items() if ends and ends[at].high < level}
    if short:
        says += "; of true class " + ", ".join(f"{called[name]} in only {_of_100(one)}" for name, one in short.items())
    return f"{says}."


def _of_100(figure: Interval) -> str:
    return f"{of_100(figure.value)} of 100 ({of_100(figure.low)} to {of_100(figure.high)})"
