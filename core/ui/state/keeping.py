"""What outlives the page it was chosen on: Streamlit forgets a widget's value when its page is left."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Final, ParamSpec

import streamlit as st
from streamlit.errors import StreamlitAPIException

from core.ui.state import compare, dataset, look, models, performance, reading, training

P = ParamSpec("P")

_KEPT: Final = (
    *reading.KEYS, *look.KEYS, *performance.KEYS, *dataset.KEYS, *training.KEYS, *models.KEYS, *compare.KEYS,
)  # fmt: skip


def keep() -> None:
    """Hold on to the values of widgets that the page about to run may not draw. Call first in every run."""
    for key in _KEPT:
        if key in st.session_state:
            with suppress(StreamlitAPIException):  # drawn already: this run has its value
                st.session_state[key] = st.session_state[key]


def fragment(draw: Callable[P, None], run_every: float | None = None) -> Callable[P, None]:
    """As ``st.fragment``. Drawn again alone, it holds on to what the rest of the page holds, as every run must."""

    @wraps(draw)
    def kept(*args: P.args, **kwargs: P.kwargs) -> None:
        keep()
        draw(*args, **kwargs)

    return st.fragment(kept, run_every=run_every)
