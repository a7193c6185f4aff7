"""``make bench``: run every benchmark, print the figures, write bench.json."""

from __future__ import annotations

import json
import os
from pathlib import Path

import torch

from tests.benchmarks import batches, dataset, judging, memory, passes, redraw, trust, viewing


def main() -> None:
    torch.set_num_threads(os.cpu_count() or 1)
    results = {
        "machine": {"cores": os.cpu_count(), "torch": torch.__version__, "cuda": torch.cuda.is_available()},
        "passes": passes.measure(),
        "batches": batches.measure(),
        "redraw": redraw.measure(),
        "judging": judging.measure(),
        "dataset": dataset.measure(),
        "viewing": viewing.measure(),
        "trust": trust.measure(),
        "memory": memory.measure(),
    }
    columns = ("forward", "reading", "library", "/forward", "/plain", "guard", "outline", "x library", "batch")
    print(f"{'network':24}" + "".join(f"{column:>10}" for column in columns))
    for name, row in results["passes"].items():
        print(
            f"{name:24}{row['forward_ms']:8.1f}ms{row['reading_ms']:8.1f}ms{row['library_ms']:8.1f}ms"
            f"{row['reading_to_forward']:10.2f}{row['every_to_plain']:10.2f}{row['guarded_to_plain']:10.2f}"
            f"{row['outline_ms']:8.1f}ms{row['library_to_reading']:10.1f}"
            f"{results['batches'][name]['batch_to_bare']:10.0%}"
        )
    print(
        "reading: with heatmaps of all classes by one method; /plain: by every method, to a reading without any; "
        "guard: with guard and prediction set, to the same; outline: lung fields, once a film; "
        "targets: /forward and /plain 1.15 or less, guard 1.10 or less, x library 5 or more, batch 90% of the bare one"
    )
    print("page 'Diagnose', another class or another look:")
    for name, value in results["redraw"].items():
        print(f"{name:24}{value:8.1f}ms   (target below {redraw.TARGET})")
    print(f"{judging.FILMS:,} predictions, intervals of 2,000 draws of patients:")
    for name, value in results["judging"].items():
        target = f"   (target below {judging.TARGETS[name]})" if name in judging.TARGETS else ""
        print(f"{name:24}{value:8.1f}{'ms' if name.endswith('_ms') else ' times'}{target}")
    print(f"page 'Data set', {dataset.FILMS:,} films:")
    for name, value in results["dataset"].items():
        target = dataset.FIRST if name == "dataset_first_ms" else dataset.AGAIN
        print(f"{name:24}{value:8.1f}ms   (target below {target})")
    print(f"viewer, a film of {viewing.SIDE:,} pixels moved about in a browser:")
    for name, value in results["viewing"].items():
        print(f"{name:24}{value:8.1f} frames a second   (target at least {viewing.TARGET})")
    if not results["viewing"]:
        print("not measured: there is no Chromium here")
    print(f"measuring one heatmap ({trust.NETWORK}):")
    for name, value in results["trust"].items():
        print(f"{name:24}{value:8.1f}{'ms' if name.endswith('_ms') else ' passes'}")
    print(f"{memory.FILMS} films through four panes of two networks:")
    for name, value in results["memory"].items():
        unit = "MB" if name.endswith("_mb") else f" times   (target at most {memory.TARGET})"
        print(f"{name:24}{value:8.2f}{unit}")
    Path("bench.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
