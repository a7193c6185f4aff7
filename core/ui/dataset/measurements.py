"""Brightness, contrast and size by class, and how much of the answer they give away."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.dataset.distribution import distribution
from core.dataset.shortcut import TRAITS, Shortcut, shortcuts
from core.ui import cache, pickers, plot, state, widgets
from core.ui.dataset import charts, downloads
from core.ui.dataset.source import Source
from core.words import within


def strongest(source: Source) -> tuple[Shortcut, ...]:
    """Every trait against every class, the most telling first; worked out once. Of two classes only one is named."""
    found: tuple[Shortcut, ...] = cache.computed("shortcuts", (source.key,), lambda: shortcuts(source.census))
    if len(source.census.classes) == 2:  # noqa: PLR2004 - the other class' figure is the same
        return tuple(shortcut for shortcut in found if shortcut.label == source.census.classes[-1])
    return found


def figure(shortcut: Shortcut) -> str:
    """Its AUROC with the interval: .73 (.72 to .75)."""
    ends = [
        f"{value:.2f}".removeprefix("0") for value in (shortcut.auroc.value, shortcut.auroc.low, shortcut.auroc.high)
    ]
    return f"{ends[0]} ({ends[1]} to {ends[2]})"


def sentence(source: Source, shortcut: Shortcut) -> str:
    """What a shortcut means."""
    trait = TRAITS[shortcut.trait]
    name, end = trait.title.split(" (")[0].lower(), trait.high if shortcut.above else trait.low
    return (
        f"The {name} of a film alone tells {within(source.word(shortcut.label))} from the rest with an AUROC of "
        f"{figure(shortcut)}: films of the class are {end}. A coin has .50."
    )


def show(source: Source) -> None:
    """A warning, one trait's histogram, and a table of all."""
    found = strongest(source)
    if found and found[0].warns:
        st.warning(
            f"**A shortcut.** {sentence(source, found[0])} A network may learn that instead of the disease; check it "
            "on films from elsewhere.",
            icon=":material/warning:",
        )
    known = {name: trait.title for name, trait in TRAITS.items() if set(trait.columns) <= source.census.given}
    if not known:
        st.info(
            "This index has no measurements. Have it made by `python -m core index DIR`, which reads every film.",
            icon=":material/straighten:",
        )
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        chosen = TRAITS[pickers.drop_down("Measurement", known, state.dataset.TRAIT)]
        spread = cache.computed("distribution", (source.key, chosen.name), lambda: distribution(source.census, chosen))
        if spread.constant:
            value = f"{spread.edges[0]:g} {chosen.unit}".strip() if len(spread.edges) else "not known"
            st.info(f"The same for every film: {value}.", icon=":material/straighten:")
        else:
            words = [source.word(name) for name in spread.classes]
            title = f"{chosen.title}, {chosen.unit}" if chosen.unit else chosen.title
            drawn = charts.histogram(spread, words, title, widgets.palette())
            plot.show(
                drawn,
                name=chosen.name,
                key="trait",
                alt=f"{chosen.title} by class",
            )
            st.caption("Outliers, one film in a thousand at either end, are counted in the last bins.")
    with right:
        st.markdown("**What each gives away**")
        if not found:
            st.caption("Nothing: the classes cannot be told apart by any of them, or there is one class only.")
            return
        st.dataframe(
            _table(source, found),
            width="stretch",
            height=widgets.table_height(min(len(found), 10.5)),
            hide_index=True,
            column_config={"AUROC": st.column_config.NumberColumn(format="%.3f")},
            key="shortcuts",
        )
        st.caption(
            "AUROC of one number alone for a class against the rest, either end counting; 95 % interval by patient "
            "(Obuchowski 1997). .5 is a coin, 1 gives the class away."
        )
        downloads.table("Table CSV", lambda: _table(source, found), "shortcuts")


def _table(source: Source, found: tuple[Shortcut, ...]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Measurement": [TRAITS[one.trait].title.split(" (")[0] for one in found],
            "AUROC": [one.auroc.value for one in found],
            "Class": [source.word(one.label) for one in found],
            "95 % interval": [figure(one).partition("(")[2].rstrip(")") for one in found],
            "Its films are": [TRAITS[one.trait].high if one.above else TRAITS[one.trait].low for one in found],
        }
    )
