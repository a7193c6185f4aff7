"""Does anything grow? Many films through four panes of two networks, and what that leaves in memory."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from pathlib import Path

FILMS, EARLY = 300, 30
NETWORKS = ("pneumonia-vgg16_bn", "pneumonia-resnet50")
METHODS = ("grad_cam", "layer_cam")
TARGET = 1.1
"""Memory after all films may be so many times that after the first thirty."""

_HEIGHT, _WIDTH = 900, 1100  # about the middle of the public set


def measure() -> dict[str, float]:
    """MB after 30 and after 300 films, in a process of its own, and their ratio."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.benchmarks.memory"],
        check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    early, late = json.loads(done.stdout.splitlines()[-1])
    return {"early_mb": early, "late_mb": late, "late_to_early": late / early}


def _resident() -> float:
    """Resident memory of this process, MB."""
    gc.collect()
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def _look_at(place: int) -> None:
    """One film through four panes, as the page Compare does it, in the viewer and as still images."""
    from core.checkpoint import named
    from core.render import Look
    from core.ui import cache
    from core.ui.kept import Wanted
    from core.ui.state import Upload
    from tests.synthetic import as_png8, film

    data = as_png8(film(_HEIGHT, _WIDTH, place))
    upload = Upload.of(f"{place}.png", data)
    for name in NETWORKS:
        checkpoint = named(name)
        reading = cache.read(checkpoint, [upload], lambda *_: None)[0].reading
        assert reading is not None
        for method in METHODS:
            heatmap = cache.heatmaps(Wanted(checkpoint, upload, reading, method))[reading.prediction]
            cache.in_depth(upload)
            if not heatmap.problem:
                cache.overlay(cache.film(upload), heatmap, checkpoint.key, Look())


def _run() -> None:
    seen = []
    for place in range(FILMS):
        _look_at(place)
        if place + 1 in {EARLY, FILMS}:
            seen.append(_resident())
    print(json.dumps(seen))


if __name__ == "__main__":
    _run()
