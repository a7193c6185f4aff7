"""Start the viewer, or say why it cannot be: pages then show still images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import streamlit as st

from core import settings
from core.ui import state
from core.ui.reading_room import wire
from core.ui.reading_room.wire import Pane, Shown

_HERE: Final = Path(__file__).parent
_WAITING: Final = (
    '<p class="waiting">The viewer is starting. If this line stays, turn on “Still images” under “Display”.</p>'
)


def usable() -> bool:
    """Whether the viewer can be shown to this visitor."""
    asked = _everywhere() or st.session_state.get(state.look.STILL)
    return not asked and not state.look.no_viewer() and _component() is not None


def note() -> None:
    """Say why there are still images, unless they were asked for."""
    if state.look.no_viewer():
        reason = f"could not start in this browser ({state.look.no_viewer()})"
    elif _component() is None:
        reason = "needs a newer Streamlit than this server has"
    else:
        return
    st.caption(f":material/info: The viewer {reason}: still images instead. Reload the page to try again.")


def toggle() -> None:
    """The visitor's choice of still images, unless the server shows nothing else."""
    if not _everywhere():
        st.toggle(
            "Still images",
            key=state.look.STILL,
            help="Plain pictures, drawn by the server, instead of the viewer: for browsers that are old or slow.",
        )


def show(key: str, films: Sequence[Shown], panes: Sequence[Pane], columns: int) -> None:
    """The viewer. Of what is done in it the server hears how overlays look, soon after a change, and nothing else.

    Args:
        key: names this viewer; as long as it is the same, zoom and window stay when maps change.
        films: each once.
        panes: in the order in which they are shown.
        columns: how many panes stand beside each other where there is room.
    """
    mount = _component()
    if mount is None:
        raise ValueError("the viewer cannot be shown: ask usable() first")

    def heard(name: str) -> object:
        told = st.session_state.get(key)
        return None if told is None else told.get(name)

    def take_look() -> None:
        look = wire.look_from(heard("look"))
        if look is not None:
            state.look.set_look(look)

    def fail() -> None:
        reason = heard("failed")
        if reason:
            state.look.lose_viewer(str(reason)[:200])

    data = wire.pack(films, panes, state.look.look(), columns)
    mount(key=key, data=data, on_look_change=take_look, on_failed_change=fail)


def _everywhere() -> bool:
    """Whether this server shows still images to everybody."""
    return settings.text(settings.STILL) == "1"


def script() -> str:
    """The viewer's JavaScript: one module, made of the files beside this one in the order of their names."""
    return "\n".join(path.read_text("utf-8") for path in sorted(_HERE.glob("*.js")))


@cache
def _component() -> Callable[..., Any] | None:
    """Streamlit's way to mount it; ``None`` where Streamlit has none."""
    register = getattr(getattr(st.components, "v2", None), "component", None)
    if register is None:
        return None
    style = (_HERE / "room.css").read_text("utf-8")
    mount: Callable[..., Any] = register("pneumolens_reading_room", html=_WAITING, css=style, js=script())
    return mount
