"""A hundred films from their files, against the bare network on ready inputs: is decoding hidden behind reading?"""

from __future__ import annotations

import time

import torch

from core.batch import BATCH, read_many
from core.checkpoint import find
from core.classifier import Classifier
from core.xray import read_xray
from tests.synthetic import as_jpeg, film

FILMS = 100


def measure(rounds: int = 3) -> dict[str, dict[str, float]]:
    """Network → films per second of both, and their ratio (best of ``rounds`` each, in turns)."""
    files = [as_jpeg(film(224, 224, seed)) for seed in range(10)] * (FILMS // 10)
    results = {}
    for name, checkpoint in find()[0].items():
        classifier = Classifier(checkpoint)
        ready = classifier.prepare([read_xray(data) for data in files])
        seconds: dict[str, list[float]] = {"bare": [], "whole": []}
        for _ in range(rounds):
            started = time.perf_counter()
            with torch.inference_mode():
                for part in ready.split(BATCH):
                    classifier.network(part)
            seconds["bare"].append(time.perf_counter() - started)
            started = time.perf_counter()
            assert (
                sum(outcome.reading is not None for outcome in read_many([lambda d=d: d for d in files], classifier))
                == FILMS
            )
            seconds["whole"].append(time.perf_counter() - started)
        results[name] = {
            "bare_films_per_second": FILMS / min(seconds["bare"]),
            "batch_films_per_second": FILMS / min(seconds["whole"]),
            "batch_to_bare": min(seconds["bare"]) / min(seconds["whole"]),
        }
    return results
