"""The Training page. All is in its link."""

from __future__ import annotations

from typing import Final

RUNS = "training_runs"
ACCURACY = "training_accuracy"
MATRIX_OF = "training_matrix_of"
MATRIX_AT = "training_matrix_at"
KEYS: Final = (RUNS, ACCURACY, MATRIX_OF, MATRIX_AT)
