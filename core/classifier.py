"""Checkpoint → Classifier: the trunk runs once, and everything else is made from what it leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.architectures.folded import folded
from core.architectures.network import Network
from core.checkpoint import Checkpoint
from core.errors import CheckpointError
from core.tensors import widened
from core.xray import WHOLE, Window, Xray


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """One X-ray's probabilities from one classifier.

    Attributes:
        model: name of the checkpoint.
        weights_sha256: of its weights.
        task: key in TASKS.
        xray_sha256: of the film's file.
        classes: in the order of the numbers below.
        logits: float32 ``[K]``, as the head gives them.
        probabilities: float32 ``[K]``, calibrated: softmax of the logits divided by the temperature, sum 1.
        raw: float32 ``[K]``, softmax of the logits themselves, sum 1.
        features: ``[C, h, w]`` float32, the trunk's last map, on the classifier's device: what heatmaps are made from.
        window: the part of the film that reached the network, and so the part that those features cover.
    """

    model: str
    weights_sha256: str
    task: str
    xray_sha256: str
    classes: tuple[str, ...]
    logits: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    raw: NDArray[np.float32]
    features: Tensor
    window: Window = WHOLE

    @property
    def prediction(self) -> str:
        """The most probable class."""
        return self.classes[int(self.probabilities.argmax())]

    @property
    def pooled(self) -> NDArray[np.float32]:
        """Features averaged over the film, float32 ``[C]``."""
        return self.features.cpu().mean(dim=(1, 2)).numpy()  # not where they lie: a full GPU has no room for it

    @property
    def by_class(self) -> Mapping[str, float]:
        """Class → calibrated probability."""
        return {name: float(p) for name, p in zip(self.classes, self.probabilities, strict=True)}

    @property
    def raw_by_class(self) -> Mapping[str, float]:
        """Class → probability before calibration."""
        return {name: float(p) for name, p in zip(self.classes, self.raw, strict=True)}


def trained(checkpoint: Checkpoint) -> Network:
    """The network of a checkpoint as it was trained, batch norms and all, in evaluation mode and frozen, on the CPU.

    Raises:
        CheckpointError: the weights are missing, altered, or do not fit the architecture.
    """
    card = checkpoint.card
    try:
        with torch.device("meta"):  # nothing is drawn at random only to be written over
            network = checkpoint.architecture.build(len(card.classes), card.head, checkpoint.preprocessing.size)
        network.load_state_dict(widened(checkpoint.tensors()), assign=True)
    except (RuntimeError, ValueError) as error:
        raise CheckpointError(
            f"The weights of {checkpoint.name} do not fit {checkpoint.architecture.title}: the checkpoint is "
            "foreign. Copy weights and card from the same place."
        ) from error
    return network.eval().requires_grad_(requires_grad=False)


class Classifier:
    """A checkpoint loaded on a device. Its parameters are frozen and it is never altered: threads may share it.

    Its batch norms are folded into its convolutions (:mod:`core.architectures.folded`): :func:`trained` has them apart.

    Args:
        checkpoint: what to load.
        device: where.

    Raises:
        CheckpointError: the weights are missing, altered, or do not fit the architecture.
    """

    def __init__(self, checkpoint: Checkpoint, device: torch.device | str = "cpu") -> None:
        self.checkpoint = checkpoint
        self.device = torch.device(device)
        self._preprocessing = checkpoint.preprocessing
        network = folded(trained(checkpoint))
        self.network: Network = network.to(self.device).to(memory_format=torch.channels_last)

    @property
    def name(self) -> str:
        """The checkpoint's name."""
        return self.checkpoint.name

    @property
    def bytes(self) -> int:
        """Memory that the weights take on the device."""
        return sum(t.numel() * t.element_size() for t in self.network.state_dict().values())

    def prepare(self, xrays: Sequence[Xray]) -> Tensor:
        """Network input ``[N, 1, S, S]`` on the device; ``[N, 3, S, S]`` where channels differ."""
        return torch.from_numpy(self._preprocessing.batch(list(xrays))).to(self.device)

    def calibrated(self, logits: Tensor) -> Tensor:
        """Probabilities ``[N, K]`` of logits ``[N, K]``: their softmax after division by the card's temperature."""
        return (logits / self.checkpoint.card.temperature).softmax(dim=1)

    def answers(
        self, squares: Sequence[NDArray[np.float32]], batch: int = 16
    ) -> Iterator[tuple[Tensor, NDArray[np.float64]]]:
        """What it makes of films as it is fed them, altered perhaps: batch by batch, in order.

        Args:
            squares: float32 ``[S, S]`` in 0…1 each, not normalised.
            batch: films at once.

        Yields:
            The trunk's maps ``[n, C, h, w]``, on the device, and calibrated probabilities ``[n, K]``.
        """
        for start in range(0, len(squares), batch):
            inputs = self._preprocessing.normalise(np.stack(squares[start : start + batch]))
            with torch.inference_mode():
                features = self.network.features(torch.from_numpy(inputs).to(self.device))
                probabilities = self.calibrated(self.network.head(features).double())
            yield features, probabilities.cpu().numpy()

    def ask(self, squares: Sequence[NDArray[np.float32]]) -> NDArray[np.float64]:
        """The probabilities alone, ``[N, K]``."""
        return np.concatenate([probabilities for _, probabilities in self.answers(squares)])

    def read(self, xrays: Sequence[Xray]) -> list[Reading]:
        """Read films, in one batch: trunk and head run once.

        Args:
            xrays: any number of films.

        Returns:
            One reading per film, in order.

        Raises:
            CheckpointError: the network's answer is not a number.
        """
        if not xrays:
            return []
        with torch.inference_mode():
            features = self.network.features(self.prepare(xrays))  # [N, C, h, w]
            logits = self.network.head(features).float()  # [N, K]
            probabilities = self.calibrated(logits)
            raw = logits.softmax(dim=1)
        if not bool(logits.isfinite().all()):
            raise CheckpointError(
                f"{self.name} answers with what is no number: its weights or card are broken. Copy both again."
            )
        return [
            Reading(
                model=self.name,
                weights_sha256=self.checkpoint.card.weights_sha256,
                task=self.checkpoint.card.task,
                xray_sha256=xray.sha256,
                classes=self.checkpoint.card.classes,
                logits=one_logits,
                probabilities=one_probabilities,
                raw=one_raw,
                features=one_features.clone(),  # or whoever keeps one keeps those of the whole batch
                window=self._preprocessing.window(xray.height, xray.width),
            )
            for xray, one_logits, one_probabilities, one_raw, one_features in zip(
                xrays,
                logits.cpu().numpy(),
                probabilities.cpu().numpy(),
                raw.cpu().numpy(),
                features.float(),
                strict=True,
            )
        ]
