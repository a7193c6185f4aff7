"""A classifier → ONNX: film in, logits and features out, for any number of films; held against ONNX Runtime."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from core.architectures.network import Network
from core.classifier import Classifier
from core.errors import CheckpointError

TOLERANCE = 1e-4
"""How far ONNX Runtime's answer may lie from ours: absolute below 1, relative above."""

_MISSING = "ONNX was not written: it needs the package onnxruntime. Install it (pip install onnxruntime) and run again."


class _Whole(nn.Module):
    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, film: Tensor) -> tuple[Tensor, Tensor]:
        features = self.network.features(film)
        return self.network.head(features), features


def encoded(classifier: Classifier) -> bytes:
    """The network as ONNX.

    Input ``film`` float32 ``[films, 1 or 3, S, S]``, normalised; outputs ``logits`` ``[films, K]``, before any
    temperature, and ``features`` ``[films, C, h, w]``. With both, and a pooled head's weights,
    heatmaps can be made elsewhere.

    Raises:
        CheckpointError: ONNX Runtime is not installed, cannot run the network or computes something else.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise CheckpointError(_MISSING) from error
    whole = _Whole(classifier.network).eval()
    preprocessing = classifier.checkpoint.preprocessing
    shape = (len(preprocessing.planes), preprocessing.size, preprocessing.size)
    films = torch.from_numpy(np.random.default_rng(0).normal(size=(3, *shape)).astype(np.float32))
    data = _exported(whole, films[:2])
    try:
        session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
        theirs = session.run(["logits", "features"], {"film": films.numpy()})
    except Exception as error:  # onnxruntime's errors share no base but this one
        raise CheckpointError(f"ONNX was not written: ONNX Runtime cannot run it ({error}).") from error
    with torch.inference_mode():
        ours = whole(films)
    for name, mine, other in zip(("logits", "features"), ours, theirs, strict=True):
        apart = np.abs(mine.numpy() - other) / np.maximum(1, np.abs(mine.numpy()))
        if not apart.max() <= TOLERANCE:
            raise CheckpointError(f"ONNX was not written: its {name} are {apart.max():.1e} from ours.")
    return data


def _exported(whole: nn.Module, films: Tensor) -> bytes:
    try:
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            # The exporter by tracing needs no further package; it warns that another one is the default.
            warnings.simplefilter("ignore")
            file = Path(folder) / "network.onnx"
            torch.onnx.export(
                whole,
                (films,),
                file,
                input_names=["film"],
                output_names=["logits", "features"],
                dynamic_axes={name: {0: "films"} for name in ("film", "logits", "features")},
                dynamo=False,
            )
            return file.read_bytes()
    except (RuntimeError, torch.onnx.OnnxExporterError) as error:
        raise CheckpointError(f"ONNX was not written: this network has no form in it ({error}).") from error
