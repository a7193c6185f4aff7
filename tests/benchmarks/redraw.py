"""Server time of what a change of class, opacity or colour costs on the page, once the film was read."""

from __future__ import annotations

from core.checkpoint import find
from core.classifier import Classifier
from core.explain import explain
from core.render import Look, on_screen, overlay, png
from core.xray import read_xray
from tests.benchmarks.timing import milliseconds
from tests.synthetic import as_png8, film


def measure(rounds: int = 15) -> dict[str, float]:
    """Milliseconds for a full-size film: drawing and encoding, no network."""
    xray = read_xray(as_png8(film(1500, 1800)))
    classifier = Classifier(next(iter(find()[0].values())))
    heatmaps = explain(classifier, classifier.read([xray])[0])
    grey = on_screen(xray)
    targets = iter(list(heatmaps) * (rounds + 1))

    def change_class() -> bytes:
        return png(overlay(grey, heatmaps[next(targets)].values, Look()))

    def change_look() -> bytes:
        return png(overlay(grey, next(iter(heatmaps.values())).values, Look("viridis", 0.3)))

    return milliseconds({"change_class_ms": change_class, "change_look_ms": change_look}, rounds)
