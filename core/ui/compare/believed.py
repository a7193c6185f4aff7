"""How far each map can be believed: measured for all panes when asked for, one row each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import streamlit as st

from core.errors import PneumoLensError
from core.trust.scores import SCORES
from core.ui import state, trust, widgets
from core.ui.compare.panes import Pane
from core.words import table

if TYPE_CHECKING:
    from core.trust.faithful import Faithfulness


MEANS: Final = (
    "In brackets: random maps and the centre of the film, on the same film and network. Compare maps of one network; "
    "between networks, compare how far each beats its own random map."
)
"""What the figures are; beside them wherever they stand."""


def show(made: Sequence[Pane]) -> list[tuple[Pane, Faithfulness]]:
    """A button, and once it was pressed the figures of every map that is drawn.

    Returns:
        Those that are there, for the page that can be kept.
    """
    drawn = {("compare", *pane.key): pane for pane in made if pane.why_not is None}
    if not drawn:
        return []
    st.subheader("How far each map can be believed", anchor=False)
    if missing := set(drawn) - state.reading.measured():
        with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
            st.markdown(
                "Takes each map's places away and asks its network again, about 90 times: does the answer hang on what "
                "the map marks, more than on what a random map or the centre of the film would?",
                width=620,
            )
            st.button(
                "Measure these maps", key="measure_all", icon=":material/straighten:",
                on_click=state.reading.measured().update, args=(missing,),
            )  # fmt: skip
    asked = [pane for key, pane in drawn.items() if key not in missing]
    place = st.empty()
    found: list[tuple[Pane, Faithfulness]] = []
    for done, pane in enumerate(asked):
        place.progress(done / len(asked), f"Measuring {pane.title} …")
        try:
            found.append((pane, _measure(pane)))
        except PneumoLensError as error:
            widgets.say(error, f"{pane.title} cannot be measured.")
    place.empty()
    if found:
        st.markdown(_table(found))
        st.caption(f"{MEANS} Bold: better than both, and than random by more than chance.")
        with st.expander("In words"):
            _in_words(found)
    return found


def line(pane: Pane, figures: Faithfulness) -> str:
    """The same in one line of plain text."""
    told = ", ".join(
        f"{score.title} {beside.marked:z.2f} ({beside.random:z.2f}, {beside.blob:z.2f})"
        for name, score in SCORES.items()
        for beside in [getattr(figures, name)]
    )
    return f"{pane.title}: {told}"


def _in_words(found: Sequence[tuple[Pane, Faithfulness]]) -> None:
    from core.trust import words

    for pane, figures in found:
        name = trust.asked(pane.drawn, pane.seen.checkpoint)
        st.markdown(f"**{pane.title}.** {words.verdict(figures)} {words.removal(figures, name)}")


def _measure(pane: Pane) -> Faithfulness:
    return trust.faithfulness(pane.seen.result, pane.heatmap, pane.seen.checkpoint)


def _table(found: Sequence[tuple[Pane, Faithfulness]]) -> str:
    titles = [
        f"{score.title} (:material/arrow_{'upward' if score.higher else 'downward'}:)" for score in SCORES.values()
    ]
    rows = []
    for pane, figures in found:
        cells = [pane.title]
        for name in SCORES:
            beside = getattr(figures, name)
            cells.append(f"{trust.own_figure(name, beside)} ({beside.random:z.2f}, {beside.blob:z.2f})")
        rows.append(cells)
    return table(("Map", *titles), rows)
