"""The films a visitor has given: how to give some, and which one to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd
import streamlit as st

from core.checkpoint import Checkpoint
from core.errors import PneumoLensError
from core.ui import certainty, cutoff, exports, guard, state, widgets
from core.ui.kept import Result

if TYPE_CHECKING:
    from core.samples import Sample

PUBLIC_TASK: Final = "pneumonia"
"""The task whose classes the public films have."""

_TAKEN: Final = frozenset({"Film", "Reading", "Film known?", "How sure", "Problem"})
"""Columns of the table of films that are no classes."""

_ROWS_SHOWN: Final = 6


def empty(checkpoint: Checkpoint, title: str = "Read {}") -> None:
    """What a visitor without a film sees; ``{}`` in the title is what can be given."""
    task = checkpoint.task
    st.header(title.format("a chest X-ray" if task.chest else "an image"), anchor=False)
    st.markdown(task.question)
    with st.container(key="drop"):
        widgets.uploader(f"Drop one or several {'frontal chest films' if task.chest else 'images'} here")
    st.subheader(f"No {task.image} at hand?", anchor=False)
    _averages(checkpoint)
    st.caption(f"**Trained on:** {task.population}")


def choose(results: list[Result], checkpoint: Checkpoint) -> Result:
    """A table of all readings; the selected row is what the page shows."""
    words = {name: _column(word) for name, word in checkpoint.task.words.items()}
    classes = checkpoint.card.classes
    readable = [result for result in results if result.reading is not None]
    failed = len(results) - len(readable)
    table = pd.DataFrame(
        [
            {
                "Film": result.upload.name,
                "Reading": checkpoint.task.words[result.reading.prediction] if result.reading else "not read",
                **guard.columns(result),
                **certainty.columns(result, checkpoint),
                **{words[name]: _cell(result, name) for name in classes},
                "Problem": result.error or "",  # last: cut as it is here, it stands in full below for the row selected
            }
            for result in results
        ]
    )
    head, buttons = st.columns(2, vertical_alignment="center")
    with head:
        image = checkpoint.task.image
        says = f"{len(readable)} {image}{'s' * (len(readable) != 1)} read"
        says += f", {failed} not" if failed else ""
        st.markdown(f"**{says}.** Select a row to look at its {image}.")
    with buttons, st.container(horizontal=True, horizontal_alignment="right"):
        exports.readings(results, checkpoint, f"readings-{checkpoint.name}", "All readings")
    accent = widgets.palette().accent
    columns = {
        words[name]: st.column_config.ProgressColumn(
            format="%.1f %%", min_value=0, max_value=100, color=accent, width=104
        )
        for name in classes
    }
    if not failed:
        table = table.drop(columns="Problem")
    event = st.dataframe(
        table,
        width="stretch",
        height=widgets.table_height(min(len(results), _ROWS_SHOWN + 0.5)),
        hide_index=True,
        column_config={
            **columns,
            "Film": st.column_config.TextColumn(width=140),
            "Problem": st.column_config.TextColumn(width=240),
            "How sure": st.column_config.TextColumn(width=144),
            certainty.set_name(): st.column_config.TextColumn(width=254),
        },
        on_select="rerun",
        selection_mode="single-row",
        key=f"readings_{state.films.times_added()}",  # or a row selected before would win over the film just added
    )
    if event.selection.rows and event.selection.rows[0] < len(results):
        state.films.choose(results[event.selection.rows[0]].upload.sha256)
    chosen = state.films.chosen()
    return next((result for result in results if chosen and result.upload.sha256 == chosen.sha256), results[0])


def _cell(result: Result, name: str) -> float | None:
    """A probability, percent, as the heading has it: never 0 or 100 of what is only near."""
    return None if result.reading is None else min(99.9, max(0.1, 100 * cutoff.shares(result.reading)[name]))


def _column(word: str) -> str:
    """What the column of a class is called: whatever classes of one's own are, not as another column is."""
    return f"{word} (class)" if word in _TAKEN else word


def _averages(checkpoint: Checkpoint) -> None:
    """Average radiographs to try, and a way to real ones."""
    from core.samples import average_films

    films: tuple[Sample, ...] = ()
    try:
        films = average_films(checkpoint.card.task)
    except PneumoLensError as error:
        widgets.say(error, "The average radiographs are not there.")
    if films:
        st.caption(
            "The average radiograph of each class: the mean of all its training films. An aggregate, not a patient."
        )
    cells = st.columns(max(len(films), 3) + 1) if films else [st.container()]
    for cell, film in zip(cells, films, strict=False):
        with cell:
            st.image(film.data, width="stretch", output_format="PNG", alt=film.title)
            st.button(
                film.title,
                key=f"average_{film.title}",
                on_click=_give,
                args=(film,),
                width="stretch",
                help=film.caption,
            )
    with cells[-1]:
        _public(checkpoint)


def _give(film: Sample) -> None:
    state.films.add([(film.title, film.data, film.caption)], aggregates=True)


def _public(checkpoint: Checkpoint) -> None:
    """Real films on request."""
    ours = checkpoint.card.task == PUBLIC_TASK
    st.markdown(
        f"{'Or' if ours else 'There are'} 16 real films from a public data set: 3 MB from the Hugging Face hub, kept "
        "on this machine."
    )
    if not ours:
        st.caption(
            "They are of children with and without bacterial or viral pneumonia: not what this network was trained on."
        )
    if not st.button(
        "Fetch 16 real films",
        icon=":material/cloud_download:",
        key="public_films",
        help="The validation part of hf-vision/chest-xray-pneumonia, CC BY 4.0.",
        width="stretch",
    ):
        return
    from core.samples import public_films

    bar = st.progress(0.0, "Fetching 16 public films …")

    def progress(done: int, of: int) -> None:
        bar.progress(min(1.0, done / max(of, 1)), f"Fetching public films: {done / 1e6:.1f} of {of / 1e6:.1f} MB")

    try:
        films = public_films(progress=progress)
    except PneumoLensError as error:
        bar.empty()
        widgets.say(error, "The public films could not be fetched.")
        return
    state.films.add((film.title, film.data, film.caption) for film in films)
    st.rerun()
