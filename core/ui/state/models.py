"""The Models page: whose card is shown. It is in its link."""

from __future__ import annotations

from typing import Final

CARD = "models_card"
KEYS: Final = (CARD,)
