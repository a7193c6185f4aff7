"""Fair timing of rivals: as the command line times networks."""

from __future__ import annotations

from core.commands.turns import milliseconds

__all__ = ["milliseconds"]
