"""What a slow method gets: the film as the network is fed it, the network, the question, and who waits for the map."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

import torch
from torch import Tensor

from core.architectures.network import Network
from core.errors import StoppedError

BATCH: Final = 8
"""Films asked about at once: more gain nothing on a CPU, and cost memory everywhere."""

_ROUNDING: Final = 1e-5


@dataclass(frozen=True, slots=True)
class Watch:
    """Whoever waits for long work.

    Attributes:
        progress: called with what is done and what there is to do, after every batch.
        stop: asked before every batch; true ends the work.
    """

    progress: Callable[[int, int], None] = lambda _done, _of: None
    stop: Callable[[], bool] = lambda: False

    def batches(self, count: int, size: int = BATCH) -> Iterator[slice]:
        """The places 0 … count - 1 in turns of ``size``.

        Raises:
            StoppedError: it was asked to stop.
        """
        for start in range(0, count, size):
            if self.stop():
                raise StoppedError("This map was stopped before it was done. Ask for it again to start anew.")
            end = min(start + size, count)
            yield slice(start, end)
            self.progress(end, count)


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """One question about one film.

    Attributes:
        network: shared with others, and left as it is.
        inputs: ``[1, P, S, S]``, normalised: 0 is the mean grey of what the network was trained on.
        features: ``[C, h, w]``, the map of the layer explained.
        parts: of the trunk that lead to it; ``None``: all.
        against: position of the class whose logit is taken off every other, if any.
        watch: who waits.
    """

    network: Network
    inputs: Tensor
    features: Tensor
    parts: int | None = None
    against: int | None = None
    watch: Watch = field(default_factory=Watch)

    def answers(self, films: Tensor) -> Tensor:
        """Logits ``[N, K]`` of films ``[N, P, S, S]``, less the one they are explained against."""
        return self.rather(self.network(films))

    def after(self, features: Tensor) -> Tensor:
        """The same of maps ``[N, C, h, w]`` of the layer explained."""
        return self.rather(self.network.after(features, self.parts))

    def rather(self, logits: Tensor) -> Tensor:
        """``[N, K]``, less the column of the class explained against."""
        return logits if self.against is None else logits - logits[:, self.against, None]


def beyond_rounding(differences: Tensor, scores: Tensor) -> Tensor:
    """Differences of scores, 0 where they are no larger than rounding makes them: nothing is drawn from noise."""
    return torch.where(differences.abs() > _ROUNDING * scores.abs().max().clamp_min(1), differences, 0.0)
