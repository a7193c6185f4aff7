"""Judging networks: predictions, metrics, figures with intervals. Loads no torch."""

from core.evaluate.figures import confusion_matrix, figures, merged, merged_decisions
from core.evaluate.metrics import METRICS, Metric
from core.evaluate.predictions import Predictions, from_csv, to_csv

__all__ = [
    "METRICS",
    "Metric",
    "Predictions",
    "confusion_matrix",
    "figures",
    "from_csv",
    "merged",
    "merged_decisions",
    "to_csv",
]
