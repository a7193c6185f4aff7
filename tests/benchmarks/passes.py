"""Per network: forward alone; readings plain, with maps of all classes by one method and by all; and the library."""

from __future__ import annotations

from dataclasses import replace

import torch
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

from core.certainty import LEVEL, Certainty, certainty_of
from core.checkpoint import find
from core.classifier import Classifier
from core.explain import FAST, explain, explain_all
from core.guard import Known, judge, known_of, see
from core.lungs import outline
from core.orientation import posture
from core.xray import read_xray
from tests.benchmarks.timing import milliseconds
from tests.synthetic import as_png8, film


def measure(rounds: int = 15) -> dict[str, dict[str, float]]:
    """Network → milliseconds and ratios."""
    results = {}
    xray = read_xray(as_png8(film(224, 224)))
    for name, checkpoint in find()[0].items():
        classifier = Classifier(checkpoint)
        inputs = classifier.prepare([xray])
        theirs = Classifier(checkpoint).network.requires_grad_(True)
        colour = inputs.repeat(1, 3, 1, 1)

        def forward(classifier: Classifier = classifier, inputs: torch.Tensor = inputs) -> None:
            with torch.inference_mode():
                classifier.network(inputs)

        def plain(classifier: Classifier = classifier) -> None:
            classifier.read([xray])

        def reading(classifier: Classifier = classifier) -> None:
            explain(classifier, classifier.read([xray])[0])

        def every(classifier: Classifier = classifier) -> None:
            explain_all(classifier, classifier.read([xray])[0], FAST)

        known, sure = known_of(checkpoint), certainty_of(checkpoint)

        def guarded(classifier: Classifier = classifier, known: Known | None = known, sure: Certainty = sure) -> None:
            found = classifier.read([xray])[0]
            seen = replace(see(xray), posture=posture(xray))
            judge(known.beside(seen, found.pooled) if known else seen, found.task, known)
            sure.sets.of(found.by_class, LEVEL)

        def outlined() -> None:
            outline(xray)

        def library(network: torch.nn.Module = theirs, colour: torch.Tensor = colour) -> None:
            with GradCAM(model=network, target_layers=[network.trunk]) as cam:
                for place in range(3):
                    cam(input_tensor=colour, targets=[ClassifierOutputTarget(place)])

        rivals = {
            "forward_ms": forward, "plain_ms": plain, "reading_ms": reading, "every_ms": every, "library_ms": library,
            "guarded_ms": guarded, "outline_ms": outlined,
        }  # fmt: skip
        times = milliseconds(rivals, rounds)
        results[name] = times | {
            "reading_to_forward": times["reading_ms"] / times["forward_ms"],
            "guarded_to_plain": times["guarded_ms"] / times["plain_ms"],
            "every_to_plain": times["every_ms"] / times["plain_ms"],
            "library_to_reading": times["library_ms"] / times["reading_ms"],
        }
    return results
