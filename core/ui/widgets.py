"""The pieces that several pages show: notice, model picker, uploader, panels for what went wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import streamlit as st

from core.checkpoint import Checkpoint
from core.errors import PneumoLensError
from core.explain import DEFAULT, METHODS
from core.report import DISCLAIMER
from core.tasks import OWN
from core.ui import cache, state
from core.ui.charts import Palette
from core.xray import LIMITS

_STYLE: Final = """<style>
/* Wide films: less margin than Streamlit's. */
.stMainBlockContainer { padding-left: 2rem; padding-right: 2rem; }
/* A film has square corners: round ones cut off what may be a marker. */
.stImage img { border-radius: 0; }
/* Film, legend and words under it fit one screen. */
.st-key-films .stImage img { max-height: max(22rem, calc(100vh - 21rem)); object-fit: contain; object-position: left; }
/* Figures side by side: three in a row at most, fewer where they would be cramped. */
.st-key-side_by_side > [data-testid="stLayoutWrapper"] > [data-testid="stHorizontalBlock"] {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(max(19rem, 30%), 1fr));
}
.st-key-side_by_side [data-testid="stColumn"] { width: auto; min-width: 0; }
/* The standing line sits in the empty part of the header where there is one, above the page where there is not. */
@media (min-width: 1680px) {
  .st-key-standing { position: fixed; top: 1.15rem; right: 8.5rem; width: auto !important; z-index: 1000000; }
}
.st-key-standing p { font-size: .85rem; }
.st-key-drop [data-testid="stFileUploaderDropzone"] { padding: 2.5rem 1.5rem; }
</style>"""
_HERE: Final = Path(__file__).parent

_DARK = Palette(
    accent="#4cc2d6",
    muted="#56626a",
    text="#e6eaed",
    panel="#14191e",
    on_accent="#04181c",
    paper="#07090b",
    series=("#4cc2d6", "#f0a63a", "#d98ac0", "#45c08a", "#f2e35e", "#9aa5ff"),
)
_LIGHT = Palette(
    accent="#0b7285",
    muted="#9aa6ad",
    text="#14191e",
    panel="#eef2f4",
    on_accent="#ffffff",
    paper="#ffffff",
    series=("#0b7285", "#b45f00", "#a2407f", "#00704c", "#7a6a00", "#4250c8"),
)


def palette() -> Palette:
    """Colours that fit the theme the visitor sees."""
    return _LIGHT if st.context.theme.type == "light" else _DARK


def frame() -> None:
    """Title, icon and style of every page."""
    # From files of our own: Streamlit would fetch the picture of a named icon from the internet.
    st.set_page_config(page_title="PneumoLens", page_icon=str(_HERE / "icon.svg"), layout="wide")
    st.logo(_HERE / "logo.svg", size="large", icon_image=_HERE / "logo.svg")
    st.html(_STYLE)


def notice() -> None:
    """What a first visitor accepts before anything else is shown."""
    _, middle, _ = st.columns([1, 2, 1])
    with middle, st.container(border=True, gap="medium"):
        st.header("See what the network sees in a chest X-ray", anchor=False)
        st.markdown(
            "**Research use only. This is not a medical device.**\n\n"
            "- It must not be used for diagnosis, treatment or triage.\n"
            "- Its networks were trained on few sources. On other patients, other machines and other views they are "
            "often wrong, and sure of it.\n"
            "- A heatmap is evidence of what a network looked at, not an outline of disease.\n"
            "- Films stay in this server's memory: nothing is written to disk or sent elsewhere."
        )
        st.button("I understand: research use only", type="primary", on_click=state.accept, key="accept")


def standing_line() -> None:
    """The line on every page."""
    with st.container(key="standing"):
        st.caption(f":material/science: {DISCLAIMER}")


def say(error: PneumoLensError | str, what: str) -> None:
    """A panel for something that failed: what, why, and what to do."""
    st.error(f"**{what}** {error}", icon=":material/error:")


def pick_model() -> Checkpoint | None:
    """The picker of backbones, with what is known of each; ``None`` when there is no usable one."""
    models = cache.models()
    chosen = None
    if models.good:
        names = list(models.good)
        if st.session_state.get(state.MODEL) not in names:
            st.session_state[state.MODEL] = names[0]
        tasks = {checkpoint.card.task for checkpoint in models.good.values()}
        chosen = models.good[
            st.radio(
                "Backbone",
                names,
                key=state.MODEL,
                format_func=lambda name: _title(models.good[name], several_tasks=len(tasks) > 1),
                captions=[_caption(checkpoint) for checkpoint in models.good.values()],
            )
        ]
        st.caption(f"Trained on {_training(chosen)}.")
    if models.broken:
        with st.expander(f":material/warning: {len(models.broken)} unusable", expanded=not models.good):
            for broken in models.broken:
                st.markdown(f"**{broken.name}**: {broken.reason}")
    return chosen


def device() -> str:
    """Where networks run. The first reading decides, so ask again after it."""
    return f"Runs on: {cache.device() or 'decided at the first reading'}."


def pick_method() -> str:
    """The picker of explanation methods: a key in METHODS."""
    st.session_state.setdefault(state.METHOD, DEFAULT)
    name = st.selectbox("Heatmap method", list(METHODS), key=state.METHOD, format_func=lambda key: METHODS[key].title)
    st.caption(METHODS[name].says)
    return name


def no_model() -> None:
    """The panel for a house without a network."""
    st.error(
        "**No trained network can be used.** The folder `weights/` has none, or all are broken (see the list). "
        "Fetch the project again with its weights, point the environment variable "
        f"`{cache.WEIGHTS_VARIABLE}` to a folder that has some, or train one: `python -m core train --help`.",
        icon=":material/error:",
    )


def uploader(label: str) -> None:
    """A drop area. Files go into the visitor's tray at once, and the area is empty again."""
    key = state.uploader_key()

    def take() -> None:
        state.add_films((file.name, file.getvalue(), "") for file in st.session_state.get(key) or ())
        state.renew_uploader()

    st.file_uploader(
        label,
        accept_multiple_files=True,
        key=key,
        on_change=take,
        help=f"PNG, JPEG, TIFF, BMP, WebP or DICOM, up to {LIMITS.max_bytes // 2**20} MiB each, several at once. "
        "Nothing is stored or sent elsewhere.",
    )
    if state.note():
        st.warning(state.note(), icon=":material/inventory_2:")


def pick_format() -> str:
    """The picker of what figures are saved as: "png" or "svg"."""
    formats = {"png": "PNG", "svg": "SVG"}
    state.settle(state.FORMAT, list(formats))
    st.segmented_control(
        "Save figures as", list(formats), key=state.FORMAT, format_func=formats.__getitem__, required=True
    )
    return state.figure_format()


def title_of(checkpoint: Checkpoint) -> str:
    """A network's name on screen."""
    return _title(checkpoint, several_tasks=False)


def figure(checkpoint: Checkpoint, name: str) -> str:
    """One of its metrics with the 95 % interval, in words."""
    interval = checkpoint.card.metrics.get(name)
    if interval is None:
        return "not measured"
    if not interval.told:
        return f"{100 * interval.value:.1f} % (interval cannot be told)"
    return f"{100 * interval.value:.1f} % (95 % CI {100 * interval.low:.1f} to {100 * interval.high:.1f})"


def sentence(parts: Sequence[str]) -> str:
    """Parts with dots between, empty ones left out."""
    return " · ".join(part for part in parts if part)


def verbatim(name: str) -> str:
    """Text from outside, such as a file name, that Markdown must show as it is."""
    return re.sub(r"([\\`*_{}\[\]()<>#+!|$~:&-])", r"\\\1", name)


def _title(checkpoint: Checkpoint, *, several_tasks: bool) -> str:
    named = several_tasks and checkpoint.card.task != OWN  # an imported one has a name that says more
    return f"{checkpoint.title} ({checkpoint.card.task})" if named else checkpoint.title


def _caption(checkpoint: Checkpoint) -> str:
    return f"Test accuracy {figure(checkpoint, 'accuracy')} · {_megabytes(checkpoint)}"


def _training(checkpoint: Checkpoint) -> str:
    films = sum(checkpoint.card.training.films.get("train", {}).values())
    return f"{films:,} films: {checkpoint.card.training.data}" if films else checkpoint.card.training.data


def _megabytes(checkpoint: Checkpoint) -> str:
    return f"{checkpoint.card.weights_bytes / 1e6:.0f} MB"
