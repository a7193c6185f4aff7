"""What must be known before a reading is read, in one box: two would push the film off a projector's screen."""

from __future__ import annotations

from typing import Final

import streamlit as st

from core.checkpoint import Checkpoint
from core.ui import certainty, guard
from core.ui.kept import Result

_UNKNOWN: Final = ":material/warning:"
_UNSURE: Final = ":material/person_alert:"


def show(result: Result, checkpoint: Checkpoint) -> None:
    """What the guard says, that a human must read, and buttons that put the film right; often nothing."""
    guard.untold(result, checkpoint)
    warned, human = guard.warned(result), certainty.human(result, checkpoint)
    if warned or human:
        st.warning("  \n".join(filter(None, (warned, human))), icon=_UNKNOWN if warned else _UNSURE)
    if warned:
        guard.mending(result)
