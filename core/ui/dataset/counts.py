"""Class balance: counts, shares, patients, films per patient."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from core.dataset.balance import ALL, Balance, balance, table
from core.ui import cache, plot, widgets
from core.ui.dataset import charts, downloads
from core.ui.dataset.source import Source
from core.words import percent, within


def count(source: Source) -> Balance:
    """The counts, worked out once."""
    return cache.computed("balance", (source.key,), lambda: balance(source.census))


def show(source: Source) -> None:
    """Charts, sentences and the table."""
    found, colours = count(source), widgets.palette()
    some = np.flatnonzero(found.films.sum(axis=1))
    splits = [source.split(found.splits[place]) for place in some]
    classes = [source.word(name) for name in found.classes]
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Films of each class**")
        figure = charts.counts(found.films[some], splits, classes, colours)
        plot.show(
            figure,
            name="class-counts",
            key="balance_counts",
            alt="Films per class and split",
        )
        st.caption(" ".join(_ratio(source, found, int(place)) for place in some))
    with right:
        st.markdown("**Shares**")
        figure = charts.shares(found.shares[some], splits, classes, colours)
        plot.show(
            figure,
            name="class-shares",
            key="balance_shares",
            alt="Shares of the classes",
        )
        if len(some) > 1:
            st.caption(
                "A network trained on one mixture and tested on another must be judged per class, not by accuracy."
            )
    st.markdown("**In numbers**")
    shown = _table(source, found)
    st.dataframe(
        shown,
        width="stretch",
        hide_index=True,
        column_config={
            "Share of the split": st.column_config.ProgressColumn(
                format="%.1f %%", min_value=0, max_value=100, color=colours.accent
            ),
            "Films per patient": st.column_config.NumberColumn(format="%.2f"),
            "Films": st.column_config.NumberColumn(format="localized"),
            "Patients": st.column_config.NumberColumn(format="localized"),
        },
        key="balance_table",
    )
    downloads.table("Table CSV", lambda: table(found), "class-balance")
    if found.everyone:
        _patients(found, classes)


def _patients(found: Balance, classes: list[str]) -> None:
    left, right = st.columns([3, 2], gap="large", vertical_alignment="center")
    with left:
        st.markdown("**Films of one patient**")
        figure = charts.per_patient(found.spread, classes, widgets.palette())
        plot.show(
            figure,
            name="films-per-patient",
            key="balance_patients",
            alt="Films per patient",
        )
    with right:
        many = percent(found.several / found.everyone)
        counted = f"{many} of the patients have more than one film, one has {found.busiest}."
        st.markdown(
            f"{counted if found.several else 'Each patient has one film.'} Films of one patient are alike: they are "
            "kept on one side when films are held out, and intervals are drawn over patients, not films."
        )


def _ratio(source: Source, found: Balance, place: int) -> str:
    films, split = found.films[place], source.split(found.splits[place])
    words = [within(source.word(name)) for name in found.classes]
    if none := [word for word, count in zip(words, films, strict=True) if not count]:
        return f"{split}: no film of {' or '.join(none)}."
    if len(words) == 1:
        return f"{split}: one class only."
    largest, smallest = int(films.argmax()), int(films.argmin())
    if films[largest] == films[smallest]:
        return f"{split}: as many films of each class."
    return (
        f"{split}: {films[largest] / films[smallest]:.2f} films of {words[largest]} for each film of {words[smallest]}."
    )


def _table(source: Source, found: Balance) -> pd.DataFrame:
    made = table(found)
    made = made[made["films"] > 0]
    return pd.DataFrame(
        {
            "Split": ["All" if name == ALL else source.split(name) for name in made["split"]],
            "Class": [source.word(name) for name in made["class"]],
            "Films": made["films"],
            "Share of the split": 100 * made["share"],
            "Patients": made["patients"],
            "Films per patient": made["films_per_patient"],
            "Most films of one patient": made["most_films_of_one_patient"],
        }
    )
