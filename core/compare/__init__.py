"""Several heatmaps of one film, or of two, held against each other. NumPy and Pillow; neither torch nor streamlit.

::

    agreement  two maps → figures: rank correlation, overlap of the hottest fifths, difference
    places     where on the film two maps agree and differ, in words
    verdict    several readings and their maps → same or different verdict, same or different evidence
    scale      several maps → one colour scale
    sheet      everything on one page, as PNG or PDF
"""

from __future__ import annotations

from core.compare.agreement import Agreement, agree
from core.compare.places import sentence
from core.compare.scale import common
from core.compare.sheet import Bars, Sheet, Tile
from core.compare.verdict import Opinion, Verdict, judge

__all__ = ["Agreement", "Bars", "Opinion", "Sheet", "Tile", "Verdict", "agree", "common", "judge", "sentence"]
