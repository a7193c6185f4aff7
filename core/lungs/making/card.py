"""The trained network → the aid on disk, with what was measured of it."""

from __future__ import annotations

from pathlib import Path

from core.aids import Aid, store_aid
from core.checkpoint import Interval
from core.evaluate.bootstrap import of_mean
from core.lungs.making.pairs import SIZE
from core.lungs.making.train import Trained, judge
from core.lungs.network import WIDTHS
from core.lungs.outline import NAME

_LIMITS = (
    "An outline for the eye and for shares of heatmaps, not a measurement of the lungs.",
    "Masks learnt from are of adults with COVID-19; films of children were learnt by self-training and looked at.",
    "It follows the lungs behind the heart and through opacities, as the masks do, not below the diaphragm.",
    "Upright frontal films only: others get a wrong outline, which is not always noticed to be implausible.",
)


def store(folder: Path, trained: Trained, command: str) -> Aid:
    """Measure on the masked films kept for the test, and write weights and card."""
    held = trained.split["test"]
    found = judge(trained.network, held)
    value, low, high = of_mean(found, [pair.patient for pair in held])
    return store_aid(
        folder,
        trained.network.state_dict(),
        {
            "name": NAME,
            "purpose": "Outlines the lung fields of a frontal chest film.",
            "settings": {"size": SIZE, "widths": list(WIDTHS)},
            "data": "Lung masks of torchxrayvision 1.5.7 (v7labs, 517 masks, CC BY 4.0) on the COVID-19 films of "
            "DarkCovidNet (Ozturk et al. 2020); training films of Kermany et al. 2018 (CC BY 4.0) without masks",
            "films": {
                "train": sum(pair.aligned for pair in trained.split["train"]),
                "laid": trained.laid,
                "val": len(trained.split["val"]),
                "test": len(held),
                "self-training": trained.sure,
            },
            "command": command,
            "metrics": {"dice": Interval(value=value, low=low, high=high)},
            "measured": {
                "dice_least": float(found.min()),
                "test_patients": float(len({pair.patient for pair in held})),
                **{f"dice_val_round_{number}": one for number, one in enumerate(trained.history)},
            },
            "limits": _LIMITS,
            "licence": "Apache-2.0 for the weights; the masks they were trained on are CC BY 4.0",
            "citation": "Ronneberger et al. 2015 (arXiv:1505.04597); masks: Cohen et al. 2022, TorchXRayVision "
            "(arXiv:2111.00595), v7labs; films: Ozturk et al. 2020, Kermany et al. 2018",
        },
    )
