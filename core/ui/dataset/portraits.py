"""What the classes look like: average, standard deviation, and what sets each apart."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core import render
from core.dataset.averages import Portrait, differences, portraits, signed
from core.errors import PneumoLensError
from core.render import Grey, Rgb
from core.tasks import TASKS
from core.ui import widgets
from core.ui.dataset.source import PUBLIC, Source

_TASK: Final = "pneumonia"  # of which averages are shipped
_STEP: Final = 0.02  # scales end at round numbers of grey
_DARK, _LIGHT = "berlin", "RdBu_r"  # diverging; 0 has the colour of the page
_GREYS: Final = ("#000000", "#ffffff")


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    """Pictures of all classes in one way.

    Attributes:
        title: what they are.
        says: how to read them.
        pictures: one per class.
        ends: what the lowest and the highest colour mean.
        stops: of the legend, as CSS colours.
    """

    title: str
    says: str
    pictures: tuple[Grey | Rgb, ...]
    ends: tuple[str, str]
    stops: tuple[str, ...]


def show(source: Source) -> None:
    """Three rows of pictures, one column per class."""
    if source.name != PUBLIC:
        st.info(
            "These are of the public pneumonia set, which the shipped pneumonia networks were trained on: averages "
            "need films, and an index has none.",
            icon=":material/info:",
        )
    try:
        found = portraits(_TASK)
    except PneumoLensError as error:
        widgets.say(error, "The average radiographs cannot be shown.")
        return
    if not found:
        st.info("There are none. Make them: `python -m core averages --data DIR`.", icon=":material/hide_image:")
        return
    for row in _rows(found, dark=st.context.theme.type != "light"):
        st.markdown(f"**{row.title}.** {row.says}")
        *cells, last = st.columns(len(found) + 1, gap="medium", vertical_alignment="center")
        for cell, one, picture in zip(cells, found, row.pictures, strict=True):
            words = TASKS[_TASK].words[one.label]
            with cell:
                st.image(render.png(picture), width="stretch", alt=f"{row.title}: {words}")
                st.caption(f"{words}, {one.films:,} films")
        with last:
            _legend(row)


def _rows(found: tuple[Portrait, ...], *, dark: bool) -> tuple[_Row, ...]:
    apart = differences(found)
    limit = _STEP * max(1, round(float(np.percentile(np.abs(apart), 99.5)) / _STEP))
    most = _STEP * max(1, math.ceil(max(float(one.deviation.max()) for one in found) / _STEP))
    colours = _DARK if dark else _LIGHT
    return (
        _Row(
            "Average",
            "The mean of all training films of the class. An aggregate, not a patient.",
            tuple(_grey(one.mean) for one in found),
            ("black", "white"),
            _GREYS,
        ),
        _Row(
            "Standard deviation",
            "Where films of one class differ from each other: markers, arms, borders.",
            tuple(_grey(one.deviation / most) for one in found),
            ("all alike", f"{most:.2f} of the way from black to white"),
            _GREYS,
        ),
        _Row(
            "Average of the class minus that of all films",
            "Where the class is brighter or darker than the training films together.",
            tuple(signed(difference, limit, colours) for difference in apart),
            (f"darker by {limit:.2f}", f"brighter by {limit:.2f}"),
            tuple(
                "#{:02x}{:02x}{:02x}".format(*(int(part) for part in colour))
                for colour in signed(np.linspace(-1, 1, 11)[None], 1, colours)[0]
            ),
        ),
    )


def _legend(row: _Row) -> None:
    low, high = row.ends
    st.html(
        f'<div style="height:12px;background:linear-gradient(90deg,{",".join(row.stops)})"></div>'
        f'<div style="display:flex;justify-content:space-between;gap:1rem;font-size:.8rem;opacity:.8">'
        f'<span>{low}</span><span style="text-align:right">{high}</span></div>'
    )


def _grey(values: NDArray[np.float64]) -> Grey:
    pixels: Grey = np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
    return pixels
