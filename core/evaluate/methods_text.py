"""The paragraph about methods that a paper needs: which films, which intervals, which weights."""

from __future__ import annotations

from core.evaluate.bootstrap import DRAWS, SEED
from core.evaluate.predictions import Predictions


def methods_text(  # noqa: PLR0913 - facts, each from somewhere else
    predictions: Predictions,
    *,
    split: str,
    drawn: str = "",
    model: str,
    weights_sha256: str | None = None,
    temperature: float | None = None,
) -> str:
    """One paragraph that says how the figures were made.

    Args:
        predictions: what was judged.
        split: which films, e.g. "test".
        drawn: how the test split was drawn, where the data have none of their own.
        model: name of the checkpoint, or of the table that was uploaded.
        weights_sha256: of the weights; ``None`` where predictions came from another program.
        temperature: by which logits were divided; ``None`` where that is unknown.
    """
    films, patients = len(predictions), len(set(predictions.patients))
    classes = ", ".join(
        f"{name} {count}"
        for name, count in zip(
            predictions.classes,
            (int((predictions.labels == k).sum()) for k in range(len(predictions.classes))),
            strict=True,
        )
    )
    source = f"the network {model}"
    if weights_sha256 is None:
        source = f"{model} (predictions made by another program)"
    sentences = [
        f"Figures are of {source} on {films:,} films of {patients:,} patients, {_split(split)} ({classes}).",
        *([f"The data have no splits of their own; the test films are {drawn}."] if drawn else []),
        "A film counts as the class of highest probability.",
        (
            f"Intervals are 95 % percentile intervals of {DRAWS:,} bootstrap samples of patients, all films of a "
            f"patient staying together (seed {SEED})."
        ),
        (
            "Where all samples agree, as they do when every film is right, the interval is Wilson's with patients "
            "counted as observations (F1: of the overlap it is made of; AUROC: as many as the smaller side has; macro "
            "and weighted figures: its mean over classes); AUPRC then has none."
        ),
        (
            "AUROC counts ties half; AUPRC is average precision without interpolation; macro figures are means over "
            "classes, weighted ones are weighted by films of each class. Figures that are not defined, such as those "
            "of a class without films, are left out, and means are over the remaining classes."
        ),
    ]
    if temperature is not None:
        sentences.append(
            "Probabilities are softmax of logits, without temperature scaling."
            if temperature == 1
            else f"Probabilities are softmax of logits divided by {temperature:.3f}, a temperature fitted on "
            "validation films."
        )
    if weights_sha256 is not None:
        sentences.append(f"Weights: sha256 {weights_sha256}.")
    sentences.append("Computed with PneumoLens; research use only.")
    return " ".join(sentences)


def _split(split: str) -> str:
    return f"the {split} split" if split else "all films of the set"
