"""Orientation and polarity: whether a film lies upright, and whether bone is bright; and how it is mended on request.

::

    Xray ──posture──▶ Posture        by a small network that was trained on films turned and inverted on purpose
    mend              MENDS: what can be done about it; never done unasked
    making            films → the network

Left-right mirroring cannot be known from the lungs: the side of the heart is a hint, and some hearts lie on the right.
"""

from core.orientation.mend import MENDS, Mend, mended, offered, renamed
from core.orientation.posture import LIKELY, MISSING, NAME, Posture, posture, postures

__all__ = [
    "LIKELY",
    "MENDS",
    "MISSING",
    "NAME",
    "Mend",
    "Posture",
    "mended",
    "offered",
    "posture",
    "postures",
    "renamed",
]
