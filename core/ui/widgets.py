"""The pieces that several pages show: notice, model picker, uploader, panels for what went wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import settings
from core.architectures import ARCHITECTURES
from core.checkpoint import Checkpoint, Interval
from core.errors import PneumoLensError
from core.explain import DEFAULT, METHODS
from core.tasks import OWN, Task
from core.ui import cache, measured, state
from core.ui.charts import Palette
from core.words import DISCLAIMER
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
/* Beside a heading the bars of a reading have room for the names of their classes, or they stand below it. */
[data-testid="stColumn"]:has(.st-key-bars) { min-width: 18rem; }
/* The standing line sits in the empty part of the header where there is one, above the page where there is not. */
@media (min-width: 1680px) {
  .st-key-standing { position: fixed; top: 1.15rem; right: 8.5rem; width: auto !important; z-index: 1000000; }
}
.st-key-standing p { font-size: .85rem; }
/* What a narrow page would cut off goes on in a second line. */
[data-testid="stMetricLabel"] p, [data-testid="stMetricValue"] > div, .stButton button p {
  white-space: normal; overflow: visible;
}
/* A table's toolbar lies on its own head, not on what stands above it. */
[data-testid="stElementToolbar"] { top: .2rem !important; }
/* What is chosen stands out by border and ground: on them the accent would be too pale to read (WCAG AA). */
[data-testid="stButtonGroup"] [aria-checked="true"] p, [data-testid="stSliderThumbValue"] p { color: CanvasText; }
/* Streamlit's green for code, faded with its caption, is too pale as well. */
[data-testid="stCaptionContainer"] code { color: inherit; }
.st-key-drop [data-testid="stFileUploaderDropzone"] { padding: 2.5rem 1.5rem; }
</style>"""
_HERE: Final = Path(__file__).parent
_ROW: Final = 35  # pixels, as Streamlit draws them; the head is one more
_MANY: Final = 4  # networks in a list beyond which one rather types than looks

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


def origin(note: str) -> None:
    """What a film is, or what was done to it, beside its reading; nothing where that goes without saying."""
    if note:
        st.markdown(f":blue[:material/info: {note}]")


def to_diagnose() -> None:
    """Go to Diagnose, with what was put there. Call it in the script, not in a callback."""
    st.switch_page("pages/read/diagnose.py")


def evidence(task: Task) -> str:
    """What must be said beside every heatmap."""
    return f"A heatmap is evidence, not an outline{' of disease' if task.chest else ''}."


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
        st.button("I understand: research use only", type="primary", on_click=state.visitor.accept, key="accept")


def standing_line() -> None:
    """The line on every page."""
    with st.container(key="standing"):
        st.caption(f":material/science: {DISCLAIMER}")


def say(error: PneumoLensError | str, what: str) -> None:
    """A panel for something that failed: what, why, and what to do."""
    st.error(f"**{what}** {error}", icon=":material/error:")


def pick_model() -> Checkpoint | None:
    """The picker of backbones, task first, with what is known of the one chosen; ``None`` when none is usable."""
    broken, good, chosen = cache.models().broken, measured.offered(), None
    if good:
        before = st.session_state.get(state.reading.MODEL)
        if before not in good:
            st.session_state[state.reading.MODEL] = next(iter(good))
        names = _of_picked_task(good)
        chosen = good[
            st.selectbox(
                "Backbone",
                names,
                key=state.reading.MODEL,
                format_func=lambda name: _option(good[name]) if name in good else name,
                help="Type to search: a name, or a family such as VGG." if len(names) > _MANY else None,
            )
        ]
        st.caption(f"{_caption(chosen)}  \nTrained on {_training(chosen)}.")
        if before and before not in good:  # taken away, or being replaced, while this visitor was here
            why = next((one.reason for one in broken if one.name == before), "It is no longer on this server.")
            st.warning(f"**{before} cannot be used now: this is another network.** {why}", icon=":material/swap_horiz:")
    if broken:
        with st.expander(f":material/warning: {len(broken)} unusable", expanded=not good):
            for one in broken:
                st.markdown(f"**{one.name}**: {one.reason}")
    return chosen


def by_family(checkpoints: Iterable[Checkpoint]) -> list[Checkpoint]:
    """In the order of the table of architectures, family by family, as the field came to them."""
    places = {name: place for place, name in enumerate(ARCHITECTURES)}
    return sorted(checkpoints, key=lambda one: (places[one.card.architecture], one.name))


def label(checkpoint: Checkpoint) -> str:
    """A network in a picker: its name, and its family where the name does not say it."""
    family, title = checkpoint.architecture.family, checkpoint.title
    return title if family.lower() in title.lower() else f"{title} · {family}"


def _option(checkpoint: Checkpoint) -> str:
    """A network in the picker of backbones: with its test accuracy, so that all can be told apart before one is taken.

    Without the interval, for which a list has no room: it stands below, of the one chosen.
    """
    accuracy = checkpoint.card.metrics.get("accuracy")
    told = f" · {100 * accuracy.value:.1f} %" if accuracy and accuracy.told else ""
    return f"{label(checkpoint)}{told}"


def titles(checkpoints: Iterable[Checkpoint]) -> dict[str, str]:
    """Name → label, with the task where there are several."""
    found = list(checkpoints)
    several = len({checkpoint.card.task for checkpoint in found}) > 1
    tasks = {one.name: f" ({one.card.task})" if several and one.card.task != OWN else "" for one in found}
    return {one.name: f"{label(one)}{tasks[one.name]}" for one in found}


def _of_picked_task(good: Mapping[str, Checkpoint]) -> list[str]:
    """Names of the networks of the task chosen, which is asked for only where there are several."""
    tasks = {checkpoint.card.task: checkpoint.task.title for checkpoint in good.values()}
    task = good[st.session_state[state.reading.MODEL]].card.task
    if len(tasks) > 1:
        st.session_state[state.reading.MODEL_TASK] = task  # a network chosen on another page brings its task along

        def switch() -> None:
            """The first network of the other task: what was chosen before cannot stay."""
            wanted = st.session_state[state.reading.MODEL_TASK]
            st.session_state[state.reading.MODEL] = next(name for name, one in good.items() if one.card.task == wanted)

        st.selectbox("Task", list(tasks), key=state.reading.MODEL_TASK, format_func=tasks.__getitem__, on_change=switch)
    return [one.name for one in by_family(one for one in good.values() if one.card.task == task)]


def device() -> str:
    """Where networks run. The first reading decides, so ask again after it."""
    return f"Runs on: {cache.device() or 'decided at the first reading'}."


def load(checkpoint: Checkpoint) -> None:
    """Bring its network into memory, saying so where that takes time.

    Raises:
        CheckpointError: it cannot be used.
    """
    if not cache.is_loaded(checkpoint):
        with st.spinner(f"Loading {checkpoint.title} (first time) …"):
            cache.load(checkpoint)


def device_notice() -> None:
    """What went wrong with the GPU, where something did."""
    if cache.device_notice():
        st.warning(cache.device_notice(), icon=":material/memory:")


def pick_method() -> str:
    """The picker of explanation methods: a key in METHODS."""
    st.session_state.setdefault(state.reading.METHOD, DEFAULT)
    name = st.selectbox("Heatmap method", list(METHODS), key=state.reading.METHOD, format_func=method_label)
    st.caption(METHODS[name].says)
    return name


def method_label(name: str) -> str:
    """A method in a picker, where the slow ones come last."""
    method = METHODS[name]
    return method.title if method.fast else f"{method.title} · slow"


def pick_layers(checkpoint: Checkpoint, method: str) -> tuple[str, ...]:
    """The picker of target layers: names of stages; none where the method explains the network's input."""
    if not METHODS[method].by_layer:
        return ()
    names = [stage.name for stage in reversed(checkpoint.architecture.stages)]
    state.put(state.reading.LAYERS, state.kept(state.reading.LAYERS, names) or names[:1])
    chosen = st.multiselect(
        "Target layer",
        names,
        key=state.reading.LAYERS,
        help="Whose map is explained, the last one first. Earlier ones are finer, and know less of the classes. "
        "Maps of several are averaged.",
    )
    return tuple(chosen)


def no_model() -> None:
    """The panel for a house without a network."""
    st.error(
        "**No trained network can be used.** The folder `weights/` has none, or all are broken (see the list). "
        "Fetch the project again with its weights, point the environment variable "
        f"`{settings.WEIGHTS}` to a folder that has some, or train one: `python -m core train --help`.",
        icon=":material/error:",
    )


def uploader(label: str, taken: Callable[[Sequence[str]], None] = lambda _: None) -> None:
    """A drop area. Files go into the visitor's tray at once, and the area is empty again.

    Args:
        label: above it.
        taken: told the sha256 of what was dropped in, when it is in the tray and its first film is looked at.
    """
    key = state.films.UPLOADER.key

    def take() -> None:
        taken(state.films.add((file.name, file.getvalue(), "") for file in st.session_state.get(key) or ()))
        state.films.UPLOADER.renew()

    st.file_uploader(
        label,
        accept_multiple_files=True,
        key=key,
        on_change=take,
        help=f"PNG, JPEG, TIFF, BMP, WebP or DICOM, up to {LIMITS.max_bytes // 2**20} MiB each, several at once. "
        "Nothing is stored or sent elsewhere.",
    )
    if state.films.note():
        st.warning(state.films.note(), icon=":material/inventory_2:")


def side_by_side(count: int) -> list[DeltaGenerator]:
    """Places for figures, three in a row where there is room and fewer where there is not; once on a page.

    Args:
        count: of the figures; a single one leaves half of the width empty.
    """
    with st.container(key="side_by_side"):  # the style of the page says how many fit
        return list(st.columns(max(2, count), gap="medium"))[:count]


def figure(checkpoint: Checkpoint, name: str) -> str:
    """One of its metrics with the 95 % interval, in words."""
    interval = checkpoint.card.metrics.get(name)
    return "not measured" if interval is None else percent(interval)


def percent(interval: Interval) -> str:
    """A share with its 95 % interval, in words."""
    if not interval.told:
        return str(interval)
    return f"{100 * interval.value:.1f} % (95 % CI {100 * interval.low:.1f} to {100 * interval.high:.1f})"


def download(label: str, make: Callable[[], bytes | str], name: str, mime: str, key: str = "") -> None:
    """A button that saves a file, made when it is clicked.

    Args:
        label: on the button.
        make: the file's content; it runs outside the visitor's session and cannot ask for its state.
        name: of the file.
        mime: its type.
        key: tells buttons of one label apart.
    """
    st.download_button(
        label, make, name, mime, on_click="ignore", icon=":material/download:", key=f"get_{key or label}"
    )


def sentence(parts: Sequence[str]) -> str:
    """Parts with dots between, empty ones left out."""
    return " · ".join(part for part in parts if part)


def plain(text: str) -> str:
    """Our own Markdown without its emphasis, for places that show text as it is."""
    return text.replace("**", "")


def table_height(rows: float) -> int:
    """Of a table with so many rows, pixels; of half a row one sees that there are more."""
    return round(_ROW * (rows + 1)) + 3


def verbatim(name: str) -> str:
    """Text from outside, such as a file name, that Markdown must show as it is."""
    return re.sub(r"([\\`*_{}\[\]()<>#+!|$~:&-])", r"\\\1", name)


def _caption(checkpoint: Checkpoint) -> str:
    size = checkpoint.preprocessing.size
    return f"Test accuracy {figure(checkpoint, 'accuracy')} · {size} px · {_megabytes(checkpoint)}"


def _training(checkpoint: Checkpoint) -> str:
    films = sum(checkpoint.card.training.films.get("train", {}).values())
    return f"{films:,} films: {checkpoint.card.training.data}" if films else checkpoint.card.training.data


def _megabytes(checkpoint: Checkpoint) -> str:
    size = checkpoint.card.weights_bytes / 1e6
    return f"{size:.0f} MB" if size >= 1 else "under 1 MB"
