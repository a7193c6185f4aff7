"""Every error this package raises on purpose.

::

    PneumoLensError
    ├── XrayError              a file that cannot be read as one chest radiograph
    │   ├── DecoderMissingError    it could be, with an optional package the message names
    │   └── RefusedError           an image that is not the kind of film a network knows
    ├── UnknownNameError       a name that is not in a table; the message lists the legal ones
    ├── UsageError             things asked for that do not go together
    ├── CheckpointError        weights or card are missing, foreign, broken or altered
    ├── DataError              a folder or table of X-rays that cannot be used as it is
    ├── TrainingError          training cannot start or go on
    │   └── DivergedError          its loss is no longer a number
    ├── DownloadError          a file could not be fetched
    ├── EvidenceError          a heatmap that must not be drawn (empty, saturated, not a number)
    └── StoppedError           work that was stopped on request, before it was done

A message says what is wrong and then what to do. It never holds a file name, a patient's name or an ID:
whoever knows the file adds its name.
"""

from __future__ import annotations

from collections.abc import Iterable


class PneumoLensError(Exception):
    """Base of all errors raised on purpose; catch this one at the edges (CLI, pages)."""


class XrayError(PneumoLensError):
    """The bytes are not a chest radiograph that can be read."""


class DecoderMissingError(XrayError):
    """The file needs an optional decoder that is not installed; the message names the package."""


class RefusedError(XrayError):
    """The image is not the kind of film a network knows; the message gives the reasons."""


class UnknownNameError(PneumoLensError, KeyError):
    """A name that is not in a table.

    Args:
        kind: what was looked for, e.g. ``"architecture"``.
        name: the name given.
        legal: the names that exist.
    """

    def __init__(self, kind: str, name: str, legal: Iterable[str]) -> None:
        self.kind, self.name, self.legal = kind, name, tuple(legal)
        known = ", ".join(self.legal) or "none"
        super().__init__(f"There is no {kind} called {name!r}. Choose one of: {known}.")

    def __str__(self) -> str:
        # KeyError shows repr() of its argument; a message meant for people must not be quoted.
        return str(self.args[0])


class UsageError(PneumoLensError):
    """What is asked for does not go together."""


class CheckpointError(PneumoLensError):
    """Weights or their card are missing, foreign, broken or altered."""


class DataError(PneumoLensError):
    """A folder or a table of X-rays cannot be used as it is."""


class TrainingError(PneumoLensError):
    """Training cannot start or go on."""


class DivergedError(TrainingError):
    """The loss is no longer a number: the weights are spoilt."""


class DownloadError(PneumoLensError):
    """A file could not be fetched."""


class EvidenceError(PneumoLensError):
    """A heatmap that must not be drawn: empty, saturated or not a number."""


class StoppedError(PneumoLensError):
    """Work was stopped on request before it was done; nothing of it is kept."""
