"""What it costs to measure how far one heatmap can be believed, beside one pass of the network."""

from __future__ import annotations

import torch

from core.checkpoint import find
from core.classifier import Classifier
from core.explain import explain
from core.trust.faithful import measure as faithfulness
from core.trust.stable import stability
from core.xray import read_xray
from tests.benchmarks.timing import milliseconds
from tests.synthetic import as_png8, film

NETWORK = "pneumonia-resnet18"


def measure(rounds: int = 3) -> dict[str, float]:
    """Milliseconds, and how many passes of the network each takes as long as."""
    checkpoint = find()[0][NETWORK]
    classifier, xray = Classifier(checkpoint), read_xray(as_png8(film(224, 224)))
    reading = classifier.read([xray])[0]
    heatmap = explain(classifier, reading)[reading.prediction]
    inputs = classifier.prepare([xray])

    def forward() -> None:
        with torch.inference_mode():
            classifier.network(inputs)

    rivals = {
        "forward_ms": forward,
        "faithfulness_ms": lambda: faithfulness(classifier, xray, heatmap),
        "stability_ms": lambda: stability(classifier, xray, heatmap),
    }
    times = milliseconds(rivals, rounds)
    return times | {f"{name[:-3]}_to_forward": times[name] / times["forward_ms"] for name in rivals}
