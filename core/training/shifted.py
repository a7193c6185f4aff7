"""Validation under shift: the held-out films as another machine might have made them.

Held-out films are of the training films' machines, and a test or a hospital has others: what reads well here only is
not what one wants. So films are also validated altered as in training, by draws of their own (Hendrycks & Dietterich
2019, arXiv:1903.12261).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Generator

from core.architectures.network import Network
from core.tasks import Task
from core.training.augment import augment
from core.training.data import Films
from core.training.images import normalise, resize
from core.training.precision import autocast
from core.training.setting import Run
from core.training.validation import validate

_DRAWS = 4
_SEED = 2019  # whatever the run's seed is: networks are compared on the same films


@torch.no_grad()
def validate_shifted(network: Network, films: Films, run: Run, task: Task, batch: int = 64) -> dict[str, float]:
    """Figures as :func:`core.training.validation.validate` gives, named ``val_shifted_…``, mean of four draws."""
    images = resize(films.images, run.recipe.size)
    rng = Generator().manual_seed(_SEED)
    rows = []
    for _ in range(_DRAWS):
        logits = []
        for part in images.split(batch):  # type: ignore[no-untyped-call]
            with autocast(run.device):
                inputs = normalise(augment(part.float() / 255, rng), run).to(run.device)
                logits.append(network.eval()(inputs).float().cpu())
        rows.append(validate(torch.cat(logits), films, task))
    return {f"val_shifted_{name[4:]}": float(np.mean([row[name] for row in rows])) for name in rows[0]}
