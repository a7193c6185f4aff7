"""Methods that follow gradients back to the film: integrated gradients, SmoothGrad.

Gradients go by ``torch.autograd.grad`` to a private copy of the film: nothing is left on the shared network, whose
parameters are frozen. One pass forth serves all classes, one back serves each.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import torch
from torch import Tensor

from core.explain.asked import Asked
from core.explain.methods import METHODS

_BATCH: Final = 4
"""Films at once: what going back needs is kept for each."""

_NOISE: Final = 0.15
"""Of SmoothGrad: deviation of the noise as a share of the film's range; the paper found .1 to .2 best."""


def integrated_gradients(asked: Asked) -> Tensor:
    """ReLU(x · ∫ ∂logit/∂x (t·x) dt), t from 0 (an even grey, the training mean) to 1 (the film).

    Sundararajan et al. 2017, "Axiomatic Attribution for Deep Networks", arXiv:1703.01365; by Gauss-Legendre quadrature.

    Returns:
        ``[K, S, S]``.
    """
    points, shares = np.polynomial.legendre.leggauss(_steps("integrated_gradients"))
    times = torch.from_numpy((points + 1) / 2).to(asked.inputs)[:, None, None, None]
    weights = torch.from_numpy(shares / 2).to(asked.inputs)
    mean = _summed(asked, len(times), lambda part: asked.inputs * times[part], weights)  # [K, P, S, S]
    return (mean * asked.inputs).sum(dim=1).relu()


def smooth_grad(asked: Asked) -> Tensor:
    """|mean over noisy copies of ∂logit/∂x|: where the class reacts, in either direction.

    Smilkov et al. 2017, "SmoothGrad", arXiv:1706.03825. The noise is drawn with a fixed seed.

    Returns:
        ``[K, S, S]``.
    """
    steps = _steps("smooth_grad")
    inputs = asked.inputs
    deviation = _NOISE * (inputs.max() - inputs.min())
    chance = torch.Generator().manual_seed(0)

    def noisy(part: slice) -> Tensor:
        drawn = torch.randn(part.stop - part.start, *inputs.shape[1:], generator=chance)
        return inputs + deviation * drawn.to(inputs)

    return _summed(asked, steps, noisy, torch.full((steps,), 1 / steps).to(inputs)).sum(dim=1).abs()


def _summed(asked: Asked, count: int, films: Callable[[slice], Tensor], weights: Tensor) -> Tensor:
    """Σ_i w_i · ∂logit/∂x of the films that ``films`` makes of places 0 … count - 1: ``[K, P, S, S]``."""
    total: Tensor | None = None
    for part in asked.watch.batches(count, _BATCH):
        made = films(part)
        with torch.inference_mode(mode=False), torch.enable_grad():
            leaf = made.clone().requires_grad_()  # [B, P, S, S]
            sums = (asked.answers(leaf) * weights[part, None].clone()).sum(dim=0)  # [K]
            found = [
                torch.autograd.grad(one, leaf, retain_graph=place + 1 < len(sums), materialize_grads=True)[0].sum(dim=0)
                if one.requires_grad
                else torch.zeros_like(leaf[0])
                for place, one in enumerate(sums)
            ]
        total = torch.stack(found) if total is None else total + torch.stack(found)
    assert total is not None  # noqa: S101 - there are steps
    return total


def _steps(name: str) -> int:
    steps = METHODS[name].passes
    assert steps is not None  # noqa: S101 - it has a fixed number
    return steps
