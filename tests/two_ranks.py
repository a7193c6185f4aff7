"""One of several processes that train together: runs ``train`` and keeps the weights it ended with, by rank."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import torch

from core.cli import main
from core.training import run

if __name__ == "__main__":
    folder, *arguments = sys.argv[1:]
    Path(folder).mkdir(parents=True, exist_ok=True)
    real = run.fit

    def kept(network: Any, *rest: Any) -> Any:
        average, standing = real(network, *rest)
        tensors = {f"average.{k}": v for k, v in average.state_dict().items()}
        tensors |= {f"network.{k}": v for k, v in network.state_dict().items()}
        torch.save({k: v.clone() for k, v in tensors.items()}, Path(folder) / f"{os.environ['RANK']}.pt")
        return average, standing

    run.fit = kept
    sys.exit(main(["train", *arguments]))
