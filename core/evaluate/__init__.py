"""Judging networks: predictions, figures with intervals, curves, thresholds, comparison, calibration. Loads no torch.

::

    predictions    one row per film, as arrays and as CSV
    matrix         confusion matrices and their shares
    merging        coarser classes; one class against the rest
    pooling        predictions put together, or of some classes only
    metrics        METRICS and AREAS: figures of tallies
    bootstrap      tallies in samples of patients
    figures        every figure with its interval
    subgroups      figures of parts of the films
    alike          intervals where all samples agree
    curves         ROC and precision-recall with bands
    operating      thresholds: PRESETS, what they give, as JSON
    comparison     two networks on the same films
    calibration    reliability, ECE, Brier, temperature
    methods_text   a paragraph for a paper
    film_map       films as points
    films          films on disk → predictions (loads torch)
    resumable      the same, row by row into a CSV (loads torch)
"""

from core.evaluate.alike import MEANS
from core.evaluate.bootstrap import DRAWS
from core.evaluate.calibration import CALIBRATION, Kind, Reliability, brier, ece, log_loss, reliability, tempered
from core.evaluate.comparison import Comparison, Signed, compare
from core.evaluate.curves import Curve, precision_recall, roc
from core.evaluate.figures import classes_behind, figures, undefined
from core.evaluate.matrix import Of, confusion, confusion_matrix, shares
from core.evaluate.merging import merged, merged_decisions, one_against_rest
from core.evaluate.methods_text import methods_text
from core.evaluate.metrics import AREAS, METRICS, Area, Metric
from core.evaluate.operating import (
    PRESETS,
    Measured,
    OperatingPoint,
    Preset,
    measure,
    operating_point,
    predictive_values,
)
from core.evaluate.predictions import Predictions, from_csv, parse, to_csv

__all__ = [
    "AREAS",
    "CALIBRATION",
    "DRAWS",
    "MEANS",
    "METRICS",
    "PRESETS",
    "Area",
    "Comparison",
    "Curve",
    "Kind",
    "Measured",
    "Metric",
    "Of",
    "OperatingPoint",
    "Predictions",
    "Preset",
    "Reliability",
    "Signed",
    "brier",
    "classes_behind",
    "compare",
    "confusion",
    "confusion_matrix",
    "ece",
    "figures",
    "from_csv",
    "log_loss",
    "measure",
    "merged",
    "merged_decisions",
    "methods_text",
    "one_against_rest",
    "operating_point",
    "parse",
    "precision_recall",
    "predictive_values",
    "reliability",
    "roc",
    "shares",
    "tempered",
    "to_csv",
    "undefined",
]
