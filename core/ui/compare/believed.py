"""How far each map can be believed: measured for all panes when asked for, one row each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import PneumoLensError
from core.trust.scores import SCORES
from core.ui import state, trust, widgets
from core.ui.compare.panes import Pane

if TYPE_CHECKING:
    from core.trust.faithful import Faithfulness


def show(made: Sequence[Pane]) -> None:
    """A button, and once it was pressed the figures of every map that is drawn."""
    drawn = {_key(pane): pane for pane in made if pane.why_not is None}
    if not drawn:
        return
    st.subheader("How far each map can be believed", anchor=False)
    if missing := set(drawn) - state.measured():
        words, button = st.columns([3, 1], vertical_alignment="center")
        words.markdown(
            "Takes each map's places away and asks its network again, about 45 times: does the answer hang on what the "
            "map marks, more than on what a random map or the centre of the film would?"
        )
        button.button(
            "Measure these maps", key="measure_all", icon=":material/straighten:", width="stretch",
            on_click=state.measured().update, args=(missing,),
        )  # fmt: skip
        return
    place = st.empty()
    found: list[tuple[Pane, Faithfulness]] = []
    for done, pane in enumerate(drawn.values()):
        place.progress(done / len(drawn), f"Measuring {pane.title} …")
        try:
            found.append((pane, _measure(pane)))
        except PneumoLensError as error:
            widgets.say(error, f"{pane.title} cannot be measured.")
    place.empty()
    if found:
        st.markdown(_table(found))
        st.caption(
            "In brackets: a random map and the centre of the film, on the same film and network. Bold: better than "
            "both. Compare maps of one network; between networks, compare how far each beats its own random map."
        )
        with st.expander("In words"):
            _in_words(found)


def _in_words(found: Sequence[tuple[Pane, Faithfulness]]) -> None:
    from core.trust import words

    for pane, figures in found:
        name = pane.seen.checkpoint.task.words[figures.target]
        st.markdown(f"**{pane.title}.** {words.verdict(figures)} {words.removal(figures, name)}")


def _measure(pane: Pane) -> Faithfulness:
    return trust.faithfulness(pane.seen.result, pane.heatmap, pane.seen.checkpoint)


def _key(pane: Pane) -> tuple[str, ...]:
    return ("compare", *trust.key_of(pane.seen.result, pane.heatmap, pane.seen.checkpoint))


def _table(found: Sequence[tuple[Pane, Faithfulness]]) -> str:
    titles = [
        f"{score.title} (:material/arrow_{'upward' if score.higher else 'downward'}:)" for score in SCORES.values()
    ]
    rows = [f"| Map | {' | '.join(titles)} |", "|---" * (1 + len(SCORES)) + "|"]
    for pane, figures in found:
        cells = []
        for name in SCORES:
            beside = getattr(figures, name)
            cells.append(f"{trust.own_figure(name, beside)} ({beside.random:.2f}, {beside.blob:.2f})")
        rows.append(f"| {pane.title} | {' | '.join(cells)} |")
    return "\n".join(rows)
