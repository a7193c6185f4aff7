"""How far the heatmap at hand can be believed: measured when asked for, kept for everybody."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from core.checkpoint import Checkpoint
from core.errors import DataError, PneumoLensError
from core.explain import METHODS, Heatmap, explained
from core.models import get_pool
from core.trust.scores import SCORES
from core.trust.table import Mean, standing
from core.ui import cache, measured, state, widgets
from core.ui.kept import Result
from core.words import table, within

if TYPE_CHECKING:
    from core.classifier import Classifier
    from core.trust.faithful import Beside, Faithfulness
    from core.trust.sanity import Step
    from core.trust.stable import Stability

_CELL = "border:1px solid #7f8a9080;border-radius:4px;padding:.15rem .4rem;font-size:.8rem;line-height:1.3"


@dataclass(frozen=True, slots=True)
class Trust:
    """Everything measured of one heatmap; stability and sanity check of fast methods only."""

    faithful: Faithfulness
    stable: Stability | None
    sanity: tuple[Step, ...]


def beforehand(checkpoint: Checkpoint, method: str, layers: tuple[str, ...]) -> None:
    """How faithful the method's maps were to this network on its test films; nothing where that was not measured."""
    if METHODS[method].by_layer and layers != (checkpoint.architecture.layer,):
        return
    try:
        found = measured.of(Mean, measured.FAITHFULNESS, checkpoint.card.weights_sha256)
    except DataError:
        return  # the page Performance says what is wrong with the table
    if says := standing(method, found):
        st.caption(says)


def panel(result: Result, heatmap: Heatmap, checkpoint: Checkpoint) -> None:
    """A button, and once it was pressed the figures."""
    if heatmap.problem:
        return
    key = key_of(result, heatmap, checkpoint)
    with st.container(border=True, key="trust"):
        if key not in state.reading.measured():
            words, button = st.columns([3, 1], vertical_alignment="center")
            again = "; then alters the film and the network a little, and draws the map again"
            words.markdown(
                "**How far can this map be believed?** Takes its places away and asks the network again, about 90 "
                f"times{again if METHODS[heatmap.method].fast else ''}."
            )
            button.button(
                "Measure this map", key="measure", icon=":material/straighten:", width="stretch",
                on_click=state.reading.measured().add, args=(key,),
            )  # fmt: skip
            return
        try:
            with st.spinner("Asking the network about altered films …"):
                found = cache.computed("trust", key, lambda: _measure(result, heatmap, checkpoint))
        except PneumoLensError as error:
            widgets.say(error, "This map cannot be measured.")
            return
        _figures(found, heatmap, checkpoint)


def key_of(result: Result, heatmap: Heatmap, checkpoint: Checkpoint) -> tuple[str, ...]:
    """What tells a map's figures from those of every other."""
    return result.upload.sha256, checkpoint.key, heatmap.made, heatmap.asked


def faithfulness(result: Result, heatmap: Heatmap, checkpoint: Checkpoint) -> Faithfulness:
    """How faithful a map is to its network: measured once for everybody.

    Raises:
        PneumoLensError: it cannot be measured.
    """

    def make() -> Faithfulness:
        from core.trust.faithful import measure

        film = cache.xray(result.upload)
        return get_pool().run(checkpoint, lambda classifier: measure(classifier, film, heatmap))

    return cache.computed("faithful", key_of(result, heatmap, checkpoint), make)


def _measure(result: Result, heatmap: Heatmap, checkpoint: Checkpoint) -> Trust:
    """All figures of one map, with the network that made it."""
    faithful = faithfulness(result, heatmap, checkpoint)
    if not METHODS[heatmap.method].fast:  # each would make the map many times over
        return Trust(faithful, None, ())
    film = cache.xray(result.upload)

    def work(classifier: Classifier) -> tuple[Stability, tuple[Step, ...]]:
        from core.trust.sanity import sanity
        from core.trust.stable import stability

        asked = classifier, film, heatmap
        return stability(*asked), sanity(*asked)

    return Trust(faithful, *get_pool().run(checkpoint, work))


def _figures(found: Trust, heatmap: Heatmap, checkpoint: Checkpoint) -> None:
    from core.trust import words

    st.markdown(f"**{words.verdict(found.faithful)}** {words.removal(found.faithful, asked(heatmap, checkpoint))}")
    left, right = st.columns([1, 1], gap="large")
    with left:
        st.markdown(_table(found.faithful))
        st.caption(
            "Each figure stands beside those of maps that know nothing of this film: the mean of four random ones, and "
            "the centre. Bold: better than both, and than random by more than chance."
        )
    with right:
        if found.stable is None:
            from core.trust.redone import TOO_SLOW

            st.caption(TOO_SLOW)
            return
        st.markdown(f"**Stable?** {words.steadiness(found.stable)}")
        st.markdown(f"**About what was learnt?** {words.learnt(found.sanity)}")
        st.html(_strip(found.sanity))
        st.caption(
            "Similarity of the map (rank correlation, 1 is the same) when the network forgets its layers one after the "
            "other, from the head down (Adebayo et al. 2018). "
            f"{METHODS[heatmap.method].title}, one film, one class: of other maps it says nothing."
        )


def asked(heatmap: Heatmap, checkpoint: Checkpoint) -> str:
    """What a map explains, in the middle of a sentence."""
    return explained(heatmap, lambda name: within(checkpoint.task.words[name]))


def own_figure(name: str, beside: Beside) -> str:
    """A map's own value of the score called ``name``, in Markdown: bold where it beats both rivals."""
    from core.trust.words import beats

    return f"**{beside.marked:z.2f}**" if beats(name, beside) else f"{beside.marked:z.2f}"


def _table(found: Faithfulness) -> str:
    rows = []
    for name, score in SCORES.items():
        beside = getattr(found, name)
        better = ":material/arrow_upward: higher" if score.higher else ":material/arrow_downward: lower"
        rivals = f"{beside.random:z.2f}", f"{beside.blob:z.2f}"
        rows.append((f"{score.title} ({better} is better)", own_figure(name, beside), *rivals))
    return table(("", "This map", "Random maps", "Centre"), rows)


def _strip(steps: tuple[Step, ...]) -> str:
    """The steps in a row that wraps, as HTML: each layer over its similarity, which a bar shows too."""
    cells = []
    for step in steps:
        none = math.isnan(step.similarity)
        told, share = ("none", 0.0) if none else (f"{step.similarity:z.2f}", max(0.0, step.similarity))
        cells.append(
            f'<div style="{_CELL};background:linear-gradient(0deg,#0b728555 {share:.0%},transparent {share:.0%})">'
            f"{html.escape(step.layer)}<br><b>{told}</b></div>"
        )
    return f'<div style="display:flex;flex-wrap:wrap;gap:4px">{"".join(cells)}</div>'
