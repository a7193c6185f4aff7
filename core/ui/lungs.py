"""Lung fields on the pages: where they are, how much of a heatmap lies in them, and the mask to take away."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

import numpy as np
import streamlit as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from core.lungs import MISSING, evidence_inside, in_short, says
from core.report import DISCLAIMER
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
    st.markdown(f":material/pulmonology: {says(found, _inside(found, heatmap))}")


def short(upload: Upload, heatmap: Heatmap) -> str:
    """The same in few words, where several maps stand side by side; empty where no plausible lungs were found."""
    found = fields(upload)
    inside = _inside(found, heatmap)
    return "" if found is None or inside is None else in_short(found, inside)


def _inside(found: LungFields | None, heatmap: Heatmap | None) -> float | None:
    """Share of the evidence in the lungs; ``None`` where there is no map, or no plausible pair of lungs."""
    if found is None or heatmap is None or not found.plausible:
        return None
    return evidence_inside(found, heatmap.values)


def mask_png(found: LungFields, width: int, height: int) -> bytes:
    """The lungs as a PNG of 8 bits at the film's size: 255 where a lung is, 0 elsewhere."""
    facts = PngInfo()
    facts.add_text("notice", DISCLAIMER)
    facts.add_text("film_sha256", found.xray_sha256)
    facts.add_text("content", "lung fields: 255 lung, 0 other")
    out = io.BytesIO()
    Image.fromarray(found.mask(width, height)).convert("L").save(out, "PNG", pnginfo=facts)
    return out.getvalue()
