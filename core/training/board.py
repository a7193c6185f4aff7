"""The history of a run for TensorBoard, on request."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.errors import TrainingError
from core.training.journal import COLUMNS


class Board:
    """Writes each epoch's figures once; a run that goes on writes those of its earlier epochs again.

    Args:
        folder: for TensorBoard's files; what an earlier run left there goes.

    Raises:
        TrainingError: TensorBoard is not installed.
    """

    def __init__(self, folder: Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise TrainingError("--tensorboard needs the package tensorboard: pip install tensorboard.") from error
        self._folder, self._writer_of, self._written = folder, SummaryWriter, 0

    def write(self, history: Sequence[Mapping[str, Any]]) -> None:
        """Add what is new of the history."""
        if not self._written:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._writer = self._writer_of(str(self._folder))
        for row in history[self._written :]:
            for name in COLUMNS[1:]:
                if name in row:
                    self._writer.add_scalar(_tag(name), row[name], row["epoch"])
        self._writer.flush()
        self._written = len(history)


def _tag(name: str) -> str:
    """``val_loss`` → ``loss/val``: TensorBoard draws what has one heading side by side."""
    side, _, figure = name.partition("_")
    return f"{figure}/{side}" if side in {"train", "val"} else name
