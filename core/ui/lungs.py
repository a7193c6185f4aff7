"""Lung fields on the pages: where they are, and how much of a heatmap lies in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import streamlit as st
from PIL import Image

from core.lungs import MISSING, in_short, inside_of, says
from core.tasks import Task
from core.ui import cache
from core.ui.state import Upload

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.explain import Heatmap
    from core.lungs import LungFields


def fields(upload: Upload) -> LungFields | None:
    """The lung fields of a film, found once for everybody; ``None`` where the network for it cannot be used."""
    return cache.seen(upload).lungs


_SENT: Final = 64
"""Side of what the viewer gets, cells: it goes with every change, and no line is smoother with more."""


def drawn(upload: Upload) -> NDArray[np.float32] | None:
    """What the viewer outlines, float32 ``[S, S]``: nothing where no plausible lungs were found."""
    found = fields(upload)
    if found is None or not found.plausible:
        return None
    return np.asarray(Image.fromarray(found.square).resize((_SENT, _SENT), Image.Resampling.BOX))


def line(found: LungFields | None, heatmap: Heatmap | None) -> None:
    """What is to be read under a heatmap; ``None`` for one that is not drawn."""
    if found is None:
        st.caption(f":material/help: {MISSING}")
        return
    st.markdown(f":material/pulmonology: {says(found, inside_of(found, None if heatmap is None else heatmap.values))}")


def short(upload: Upload, heatmap: Heatmap, task: Task) -> str:
    """The same in few words, where several maps stand side by side; empty where there are no lungs to be found."""
    if not task.chest:
        return ""
    found = fields(upload)
    return in_short(found, inside_of(found, heatmap.values))
