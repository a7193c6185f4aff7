"""How far the maps agree: figures for every pair, and for one of them the difference as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final

import pandas as pd
import streamlit as st

from core.compare import Agreement, agree, sentence
from core.compare.agreement import CHANCE, TOP
from core.render import FIRST, SECOND
from core.ui import cache, pickers, state
from core.ui.compare.panes import Pane
from core.words import percent

if TYPE_CHECKING:
    from core.tasks import Task

MEANS: Final = (
    f"Spearman's rank correlation over all places: 1 the same order, 0 none. Overlap: intersection over union of each "
    f"map's hottest {percent(TOP)} of the film; {CHANCE:.2f} by chance."
)
"""What the two figures are; beside them wherever they stand."""


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two panes and how far they agree."""

    first: Pane
    second: Pane
    agreement: Agreement

    @property
    def title(self) -> str:
        """Both by name."""
        return f"{self.first.title} and {self.second.title}"

    @property
    def like_for_like(self) -> bool:
        """Whether it says something of two networks: one film, one method, two networks."""
        one, two = self.first, self.second
        return (
            one.heatmap.method == two.heatmap.method
            and one.seen.film.sha256 == two.seen.film.sha256
            and one.seen.key != two.seen.key
        )

    @property
    def behind_readings(self) -> bool:
        """Whether it says on what two networks base what they read of one film."""
        return self.like_for_like and self.first.of_reading and self.second.of_reading

    @property
    def alike(self) -> bool:
        """Whether they differ in one thing only that one would ask about: the network, or the film, not the method."""
        one, two = self.first, self.second
        same = one.seen.checkpoint.key == two.seen.checkpoint.key
        return self.like_for_like or (same and one.heatmap.method == two.heatmap.method)

    @property
    def says(self) -> str:
        """In sentences."""
        return sentence(self.agreement, self.first.title, self.second.title, self.task.image)

    @property
    def caveats(self) -> list[str]:
        """What must be known of it, in sentences; often nothing."""
        said = []
        if self.first.heatmap.target != self.second.heatmap.target:
            said.append("These two explain different classes.")
        if self.first.seen.film.sha256 != self.second.seen.film.sha256:
            image, body = self.task.image, " to the body" if self.task.chest else ""
            said.append(
                f"Of two {image}s, places are compared as they lie on the {image}: nothing is aligned{body}, so what "
                "is at one place here may be at another there."
            )
        return said

    @property
    def over(self) -> str:
        """Over which film their difference is drawn, where there are two; else empty."""
        return f"Drawn over {self.first.seen.which}." if self.first.seen.letter else ""

    @property
    def task(self) -> Task:
        """Of both: networks of one task only are compared."""
        return self.first.seen.checkpoint.task


def pairs(made: Sequence[Pane]) -> list[Pair]:
    """Every two panes that are drawn; those by one method first."""
    drawn = [pane for pane in made if pane.why_not is None]
    found = [Pair(one, two, agree(one.heatmap, two.heatmap)) for one, two in combinations(drawn, 2)]
    return sorted(found, key=lambda pair: not pair.alike)


def show(found: Sequence[Pair]) -> Pair | None:
    """Figures, words and picture; the pair whose difference is shown."""
    if not found:
        return None
    st.subheader("Where the maps agree", anchor=False)
    left, right = st.columns([1, 2], gap="medium")
    with right:
        pair = _pick(found)
        st.markdown(pair.says)
        with st.container(horizontal=True, gap="large"):
            st.metric("Spearman correlation", f"{pair.agreement.spearman:z.2f}", help=MEANS, width="content")
            overlap = f"{pair.agreement.overlap:.2f}"
            st.metric(f"Overlap of the hottest {percent(TOP)}", overlap, help=MEANS, width="content")
        if len(found) > 1:
            st.dataframe(
                pd.DataFrame(
                    {
                        "Maps": [one.title for one in found],
                        "Spearman": [round(one.agreement.spearman, 2) + 0.0 for one in found],  # no "-0.00"
                        "Overlap": [one.agreement.overlap for one in found],
                    }
                ),
                hide_index=True,
                width="stretch",
                column_config={
                    "Spearman": st.column_config.NumberColumn(format="%.2f", width="small"),
                    "Overlap": st.column_config.NumberColumn(format="%.2f", width="small"),
                },
            )
        for says in pair.caveats:
            st.caption(f":material/info: {says}")
        st.caption(MEANS)
    with left:
        _difference(pair)
    return pair


def _pick(found: Sequence[Pair]) -> Pair:
    named = {pair.title: pair for pair in found}
    titles = {title: title for title in named}
    return named[pickers.if_several(pickers.drop_down, "Which two", titles, state.compare.PAIR)]


def _difference(pair: Pair) -> None:
    maps = "/".join(pair.first.key), "/".join(pair.second.key)
    picture = cache.difference(pair.first.seen.film, maps, pair.agreement, state.look.look())
    alt = f"Difference of the heatmaps of {pair.title} over the {pair.task.image}"
    st.image(picture, width="stretch", output_format="PNG", alt=alt)
    first, second = (f"rgb{colour}" for colour in (FIRST, SECOND))
    st.html(
        '<div style="display:flex;align-items:center;gap:.6rem;font-size:.875rem;line-height:1.2">'
        f"<b>{pair.first.title}</b>"
        '<span role="img" aria-label="Colour scale from the first map hotter to the second map hotter" '
        'style="flex:1 1 6rem;height:.8rem;border-radius:3px;border:1px solid #7f8a90;'
        f'background:linear-gradient(90deg,{first},#8a8a8a,{second})"></span>'
        f"<b>{pair.second.title}</b></div>"
    )
    lines = f" Lines enclose each map's hottest {percent(TOP)}." if state.look.look().contour else ""
    hotter = "Which map is hotter, each scaled to its own strongest place; uncoloured: equally hot."
    st.caption(f"{hotter}{lines} {pair.over}".rstrip())
