"""The films themselves, where they are on the server, and what is known of them where they are not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from core.dataset.shortcut import TRAITS
from core.ui import archive, pickers, state, widgets
from core.ui.dataset import downloads
from core.ui.dataset.source import Source

if TYPE_CHECKING:
    from core.dataset.census import Census

PAGE: Final = 24
"""Small pictures on a page of the gallery."""

ROWS: Final = 1000
"""Rows of the table; its download has all."""

_ACROSS: Final = 6
_HEIGHT: Final = 420

_FILE: Final = "file"


def _by(trait: str, sign: int) -> Callable[[Census], NDArray[np.int64]]:
    def order(census: Census) -> NDArray[np.int64]:
        values = TRAITS[trait].values(census)  # NaN sorts last, whatever the sign
        return np.argsort(sign * values, kind="stable")

    return order


_ORDERS: Final[dict[str, tuple[str, Callable[[Census], NDArray[np.int64]]]]] = {
    _FILE: ("As in the index", lambda census: np.arange(len(census))),
    "darkest": ("Darkest first", _by("brightness", 1)),
    "brightest": ("Brightest first", _by("brightness", -1)),
    "flattest": ("Least contrast first", _by("contrast", 1)),
    "richest": ("Most contrast first", _by("contrast", -1)),
}


def show(source: Source) -> None:
    """A gallery, or a table where no film is there."""
    census = source.census
    if not len(census):
        return
    measured = {"brightness", "contrast"} <= census.given
    titles = {name: title for name, (title, _) in _ORDERS.items() if measured or name == _FILE}
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    with left:
        chosen = pickers.drop_down("Order", titles, state.dataset.FILM_ORDER)
    order = _ORDERS[chosen][1](census)
    with right, st.container(horizontal=True, horizontal_alignment="right"):
        downloads.table(f"All {len(census):,} rows CSV", lambda: census.rows.iloc[order], "films")
    if archive.root() is None:
        archive.absent()
        _table(source, order)
        return
    _gallery(source, order)


def _table(source: Source, order: NDArray[np.int64]) -> None:
    rows = source.census.rows.iloc[order[:ROWS]]
    st.dataframe(
        pd.DataFrame(
            {
                "File": rows["file"],
                "Class": [source.word(str(name)) for name in rows["label"]],
                "Split": [source.split(str(name)) for name in rows["split"]],
                "Patient": rows["patient"],
                "Width": rows["width"],
                "Height": rows["height"],
                "Brightness": rows["brightness"],
                "Contrast": rows["contrast"],
                "Problem": rows["problem"],
            }
        ),
        width="stretch",
        height=_HEIGHT,
        hide_index=True,
        column_config={name: st.column_config.NumberColumn(format="%.4f") for name in ("Brightness", "Contrast")},
        key="films_table",
    )
    if len(order) > ROWS:
        st.caption(f"The first {ROWS:,} of {len(order):,}; the download has all.")


def _gallery(source: Source, order: NDArray[np.int64]) -> None:
    pages = -(-len(order) // PAGE)
    kept = state.value(state.dataset.FILM_PAGE)
    page = min(max(kept, 1), pages) if isinstance(kept, int) else 1
    state.put(state.dataset.FILM_PAGE, page)
    key = f"film_pages_{pages}_{page}"  # another page, another widget: what a link or a filter says is never overruled

    def turn() -> None:
        state.put(state.dataset.FILM_PAGE, state.value(key))

    st.pagination(pages, default=page, key=key, on_change=turn)
    shown = source.census.rows.iloc[order[(page - 1) * PAGE : page * PAGE]]
    missing = [file for file in shown["file"] if not archive.has(file)]
    if len(missing) == len(shown):
        st.info(
            "None of these films is in the folder of films on this server. Is it the folder of another data set?",
            icon=":material/hide_image:",
        )
        _table(source, order)
        return
    with st.container(key="gallery"):
        for start in range(0, len(shown), _ACROSS):
            cells = st.columns(_ACROSS, gap="small")
            for cell, place in zip(cells, range(start, min(start + _ACROSS, len(shown))), strict=False):
                with cell:
                    _card(source, shown.iloc[place], place)
    first = (page - 1) * PAGE + 1
    st.caption(
        f"Films {first:,} to {first + len(shown) - 1:,} of {len(order):,}. A click on a class opens it in Diagnose."
    )


def _card(source: Source, row: pd.Series, place: int) -> None:
    """A film's small picture, what it is, and the way to Diagnose."""
    words = source.word(str(row["label"]))
    if not archive.picture(row["file"], f"{words}: a small picture of the film"):
        return
    about = f"{row['file']}, patient {row['patient'] or 'not known'}. Open it in Diagnose."
    clicked = st.button(words, key=f"open_film_{place}", help=widgets.verbatim(about), width="stretch")
    below = widgets.sentence((source.split(str(row["split"])), str(row["patient"]).rpartition("/")[2]))
    st.caption(widgets.verbatim(below))
    if clicked:
        archive.open_in_diagnose(row["file"], str(row["label"]))
