"""What of the Models page is in its address: whose card is shown."""

from __future__ import annotations

from typing import Final

from core.ui import state
from core.ui.link import Address, Part

ADDRESS: Final = Address("models", (Part("model", state.models.CARD),))
take, give = ADDRESS.take, ADDRESS.give
