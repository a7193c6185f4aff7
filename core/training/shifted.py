"""Validation under shift: the held-out films as another machine might have made them.

Held-out films are of the training films' machines, and a test or a hospital has others: what reads well here only is
not what one wants. So films are also validated altered as in training, by draws of their own (Hendrycks & Dietterich
2019, arXiv:1903.12261).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Generator, Tensor

from core.architectures.network import Network
from core.tasks import Task
from core.training.augment import augment
from core.training.data import Films
from core.training.images import normalise, resize
from core.training.precision import autocast
from core.training.setting import Run
from core.training.validation import BATCH, validate

DRAWS = 4
_SEED = 2019  # whatever the run's seed is: networks are compared on the same films


@torch.no_grad()
def shifted_logits(network: Network, films: Films, run: Run) -> list[Tensor]:
    """Logits ``[N, K]`` of the films under each of four draws, on the CPU; ``network`` goes into evaluation mode."""
    images = resize(films.images, run.recipe.size)
    chests = None if films.chests is None else torch.from_numpy(films.chests)
    rng = Generator().manual_seed(_SEED)
    draws = []
    for _ in range(DRAWS):
        logits = []
        for part in torch.arange(len(images)).split(BATCH):  # type: ignore[no-untyped-call]
            where = None if chests is None else chests[part]
            altered = augment(
                images[part].to(run.device).float() / 255, rng, where, run.recipe.transplant, run.recipe.augmentation
            )
            with autocast(run.device):
                logits.append(network.eval()(normalise(altered, run)).float().cpu())
        draws.append(torch.cat(logits))
    return draws


def validate_shifted(draws: Sequence[Tensor], films: Films, task: Task) -> dict[str, float]:
    """Figures as :func:`core.training.validation.validate` gives, named ``val_shifted_…``, mean of the draws."""
    rows = [validate(logits, films, task) for logits in draws]
    return {f"val_shifted_{name[4:]}": float(np.mean([row[name] for row in rows])) for name in rows[0]}
