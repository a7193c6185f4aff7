"""What of the Training page is in its address."""

from __future__ import annotations

from typing import Final

from core.ui import state
from core.ui.link import MANY, Address, Part

ADDRESS: Final = Address(
    "training",
    (
        Part("run", state.training.RUNS, MANY),
        Part("accuracy", state.training.ACCURACY),
        Part("matrix", state.training.MATRIX_OF),
        Part("epoch", state.training.MATRIX_AT),
    ),
)
take, give = ADDRESS.take, ADDRESS.give
