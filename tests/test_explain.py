"""Heatmaps: the same as the field's reference library, for every network, class and method; honest about bad maps."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from pytorch_grad_cam import GradCAM, LayerCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn

from core.architectures import ARCHITECTURES
from core.checkpoint import SHIPPED, find
from core.classifier import Classifier
from core.errors import EvidenceError, UnknownNameError
from core.explain import METHODS, explain
from core.explain.cam import gradients
from core.explain.heatmap import scaled
from core.xray import Xray, read_xray
from tests.synthetic import as_png8, film

REFERENCE = {"grad_cam": GradCAM, "layer_cam": LayerCAM}
SHIPPED_NAMES = sorted(path.stem for path in SHIPPED.glob("*.json"))


@pytest.fixture(scope="module", params=SHIPPED_NAMES)
def classifier(request: pytest.FixtureRequest) -> Classifier:
    return Classifier(find()[0][request.param])


def xray(seed: int = 0) -> Xray:
    return read_xray(as_png8(film(300, 260, seed)))


def upsampled(values: np.ndarray, size: int) -> np.ndarray:
    large = cv2.resize(values, (size, size))
    return (large - large.min()) / (large.max() - large.min() + 1e-7)


def test_the_table_and_the_reference_cover_each_other() -> None:
    assert set(REFERENCE) == set(METHODS)


@pytest.mark.parametrize("name", METHODS)
def test_agrees_with_the_reference_library(classifier: Classifier, name: str) -> None:
    reading = classifier.read([xray()])[0]
    heatmaps = explain(classifier, reading, name)
    size = classifier.checkpoint.preprocessing.size
    inputs = classifier.prepare([xray()]).repeat(1, 3, 1, 1)
    network = Classifier(classifier.checkpoint).network.requires_grad_(True)
    with REFERENCE[name](model=network, target_layers=[network.trunk]) as library:
        for place, target in enumerate(reading.classes):
            expected = library(input_tensor=inputs, targets=[ClassifierOutputTarget(place)])[0]
            if heatmaps[target].problem:
                assert expected.max() <= 1e-4, f"{target} is reported as bad, and the reference draws a map"
            else:
                assert np.abs(upsampled(heatmaps[target].values, size) - expected).max() <= 1e-4


def test_closed_form_equals_autograd_through_the_head(classifier: Classifier) -> None:
    features = classifier.read([xray()])[0].features
    fast = gradients(classifier.network, features)

    class Opaque(nn.Module):  # the same head, which the closed form cannot recognise
        def __init__(self, head: nn.Module) -> None:
            super().__init__()
            self.inner = head

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            logits: torch.Tensor = self.inner(x)
            return logits

    other = ARCHITECTURES["resnet18"].build(3)
    other.head = Opaque(classifier.network.head)
    torch.testing.assert_close(gradients(other, features), fast.clone())


def test_reading_and_heatmaps_take_one_pass(classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    passes: list[int] = []
    real = classifier.network.features

    def counted(images: torch.Tensor) -> torch.Tensor:
        passes.append(len(images))
        return real(images)

    monkeypatch.setattr(classifier.network, "features", counted)
    reading = classifier.read([xray()])[0]
    for name in METHODS:
        heatmaps = explain(classifier, reading, name)
        assert list(heatmaps) == list(reading.classes)
    assert passes == [1]


def test_nothing_is_left_on_the_shared_network(classifier: Classifier) -> None:
    explain(classifier, classifier.read([xray()])[0])
    for module in classifier.network.modules():
        assert not module._forward_hooks
        assert not module._backward_hooks
    assert all(p.grad is None and not p.requires_grad for p in classifier.network.parameters())


def test_heatmaps_name_what_they_are(classifier: Classifier) -> None:
    film_read = xray(3)
    reading = classifier.read([film_read])[0]
    for target, heatmap in explain(classifier, reading).items():
        assert (heatmap.target, heatmap.method, heatmap.model) == (target, "grad_cam", classifier.name)
        assert heatmap.xray_sha256 == film_read.sha256
        assert heatmap.values.dtype == np.float32
        if heatmap.problem is None:
            assert heatmap.values.min() == 0
            assert heatmap.values.max() == 1
            assert not heatmap.values.flags.writeable


def test_a_reading_of_another_classifier_is_refused(tmp_path: Path) -> None:
    first, second = (Classifier(found) for found in list(find()[0].values())[:2])
    with pytest.raises(ValueError, match=first.name):
        explain(second, first.read([xray()])[0])


@pytest.mark.parametrize(
    ("raw", "word"),
    [(np.zeros((4, 4)), "empty"), (np.full((4, 4), 2.0), "saturated"), (np.full((4, 4), np.nan), "not a number")],
)
def test_a_map_that_points_nowhere_is_named(raw: np.ndarray, word: str) -> None:
    values, _, problem = scaled(raw.astype(np.float32))
    assert problem is not None
    assert word in problem
    assert not values.any()


def test_a_bad_map_cannot_be_drawn(classifier: Classifier) -> None:
    import dataclasses

    heatmap = next(iter(explain(classifier, classifier.read([xray()])[0]).values()))
    with pytest.raises(EvidenceError, match="empty"):
        dataclasses.replace(heatmap, problem="This map is empty").require()


def test_an_unknown_method_lists_the_legal_ones() -> None:
    with pytest.raises(UnknownNameError, match="grad_cam"):
        METHODS["grad_kam"]
