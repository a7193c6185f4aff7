"""Lung fields: where the lungs are on a film, and how much of a heatmap's evidence lies in them.

::

    Xray ──outline──▶ LungFields ──evidence_inside──▶ a share, and words for it
    shape             what the network says of each pixel → two lungs, or none that are plausible
    sheet             many films with their outlines on one picture, to be looked at
    making/           masks and films → the network: pairs, vary, learn, settle, teach, train
    shares, probe     figures over many films, for the tables that are shipped

A guide for the eye, not a measurement: the outline follows the lungs behind the heart and through opacities, as the
masks do that it was learnt from.
"""

from core.lungs.fields import LungFields, evidence_inside, in_short, inside_of, says
from core.lungs.outline import MISSING, outline, outlines, there

__all__ = ["MISSING", "LungFields", "evidence_inside", "in_short", "inside_of", "outline", "outlines", "says", "there"]
