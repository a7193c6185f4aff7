"""Heatmaps: the same as the field's reference library, for every network, class and method; honest about bad maps."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from pytorch_grad_cam import (
    EigenCAM,
    EigenGradCAM,
    GradCAM,
    GradCAMElementWise,
    GradCAMPlusPlus,
    HiResCAM,
    LayerCAM,
    XGradCAM,
)
from pytorch_grad_cam.utils import svd_on_activations
from torch import nn

from core.architectures import ARCHITECTURES
from core.architectures.grid import Grid
from core.architectures.network import Head, Network
from core.checkpoint import SHIPPED, find
from core.classifier import Classifier
from core.errors import EvidenceError, UnknownNameError
from core.explain import DEFAULT, FAST, METHODS, explain, explain_all, raw_maps
from core.explain.computed import function
from core.explain.eigen import _largest as largest
from core.explain.gradients import gradients
from core.explain.heatmap import on_film, scaled
from core.xray import WHOLE, Xray, read_xray
from tests.synthetic import as_png8, film

REFERENCE = {
    "grad_cam": GradCAM,
    "grad_cam_pp": GradCAMPlusPlus,
    "xgrad_cam": XGradCAM,
    "hires_cam": HiResCAM,
    "layer_cam": LayerCAM,
    "elementwise": GradCAMElementWise,
    "eigen_cam": EigenCAM,
    "eigen_grad_cam": EigenGradCAM,
}
SHIPPED_NAMES = sorted(
    {(one.card.architecture, one.card.head): one.name for one in reversed(find(SHIPPED)[0].values())}.values()
)
"""A network of every architecture and head: weights of another task change nothing about how maps are worked out."""


@pytest.fixture(
    scope="module", params=[pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in SHIPPED_NAMES]
)
def classifier(request: pytest.FixtureRequest) -> Classifier:
    return Classifier(find()[0][request.param])


def xray(seed: int = 0) -> Xray:
    return read_xray(as_png8(film(300, 260, seed)))


def upsampled(values: np.ndarray, size: int) -> np.ndarray:
    large = cv2.resize(values, (size, size))
    return (large - large.min()) / (large.max() - large.min() + 1e-7)


class Remembered(nn.Module):
    """A trunk that gives the map it left of a film before, whatever it is shown: a whole pass of the network less."""

    def __init__(self, features: torch.Tensor) -> None:
        super().__init__()
        self.features = nn.Parameter(features.clone())

    def forward(self, _images: torch.Tensor) -> torch.Tensor:
        """Features ``[1, C, h, w]``."""
        return self.features[None]


class Rather:
    """What the library explains: the logit of one class, less that of another."""

    def __init__(self, place: int, against: int | None) -> None:
        self.place, self.against = place, against

    def __call__(self, logits: torch.Tensor) -> torch.Tensor:
        """The number that the library differentiates."""
        return logits[self.place] - (0 if self.against is None else logits[self.against])


@pytest.fixture
def _signs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's principal components, with the one thing it leaves to chance, their sign, fixed as ours is."""
    theirs = svd_on_activations.get_2d_projection

    def pointing_to_the_sum(maps: np.ndarray) -> np.ndarray:
        found = theirs(maps)
        sums = maps.sum(axis=1) - maps.sum(axis=1).mean(axis=(1, 2), keepdims=True)
        return np.asarray(found * np.where((found * sums).sum(axis=(1, 2), keepdims=True) < 0, -1, 1))

    for module in ("eigen_cam", "eigen_grad_cam"):
        monkeypatch.setattr(f"pytorch_grad_cam.{module}.get_2d_projection", pointing_to_the_sum)


def test_the_table_and_the_reference_cover_each_other() -> None:
    assert set(REFERENCE) == set(FAST)


@pytest.mark.usefixtures("_signs")
@pytest.mark.parametrize("against", [None, 1])
@pytest.mark.parametrize("name", FAST)
def test_agrees_with_the_reference_library(classifier: Classifier, name: str, against: int | None) -> None:
    reading = classifier.read([xray()])[0]
    heatmaps = explain(classifier, reading, name, None if against is None else reading.classes[against])
    raw = raw_maps(classifier.network, reading.features, (name,), against)[name]
    size = classifier.checkpoint.preprocessing.size
    inputs = classifier.prepare([xray()]).repeat(1, 3, 1, 1)
    if name == DEFAULT:
        network = Classifier(classifier.checkpoint).network.requires_grad_(True)
    else:  # methods differ in what they make of one and the same map
        network = Network(Remembered(reading.features), classifier.network.head)
    with REFERENCE[name](model=network, target_layers=[network.trunk]) as library:
        for target, heatmap in heatmaps.items():
            place = reading.classes.index(target)
            expected = library(input_tensor=inputs, targets=[Rather(place, against)])[0]
            if heatmap.problem:
                assert expected.max() <= 1e-4, f"{target} is reported as bad, and the reference draws a map"
            else:  # before it is laid over the film where it lies, which the library does not do
                assert np.abs(upsampled(scaled(raw[place])[0], size) - expected).max() <= 1e-4


class Untidy(nn.Module):
    """A head unlike a pooled one: gradients of either sign that differ from place to place and with the features."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(8 * 5 * 6, 16)
        self.last = nn.Linear(16, 3)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Logits."""
        logits: torch.Tensor = self.last(torch.tanh(self.first(features.flatten(1))))
        return logits


@pytest.mark.usefixtures("_signs")
@pytest.mark.parametrize("against", [None, 2])
@pytest.mark.parametrize("name", FAST)
def test_agrees_whatever_the_head(name: str, against: int | None) -> None:
    torch.manual_seed(0)
    network = Network(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()), Untidy())
    image = torch.rand(1, 3, 7, 8)
    features = network.features(image)[0].detach()
    with torch.inference_mode():
        maps = function(METHODS[name])(features, gradients(network, features, against))
    with REFERENCE[name](model=network, target_layers=[network.trunk]) as library:
        for place in range(3):
            if place == against:
                continue
            expected = library(input_tensor=image, targets=[Rather(place, against)])[0]
            values, _, _, problem = scaled(maps[place].numpy())
            if problem:
                assert expected.max() <= 1e-4, f"{place} is reported as bad, and the reference draws a map"
                continue
            large = cv2.resize(values, (8, 7))
            assert np.abs((large - large.min()) / (large.max() - large.min() + 1e-7) - expected).max() <= 1e-4


def test_many_classes_are_gone_through_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    network = Network(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()), Untidy())
    features = network.features(torch.rand(1, 3, 7, 8))[0].detach()
    together = gradients(network, features, 1)
    monkeypatch.setattr("core.explain.gradients._AT_ONCE", 2)
    torch.testing.assert_close(gradients(network, features, 1), together)


def test_closed_form_equals_autograd_through_the_head(classifier: Classifier) -> None:
    features = classifier.read([xray()])[0].features
    fast = gradients(classifier.network, features)

    class Opaque(Head):  # the same head, which the closed form cannot recognise
        def __init__(self, head: Head) -> None:
            super().__init__()
            self.inner = head

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            logits: torch.Tensor = self.inner(x)
            return logits

        @property
        def last(self) -> nn.Linear:
            return self.inner.last

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
    for heatmaps in explain_all(classifier, reading).values():
        assert list(heatmaps) == list(reading.classes)
    explain(classifier, reading, against=reading.classes[0])
    assert passes == [1]


def test_nothing_is_left_on_the_shared_network(classifier: Classifier) -> None:
    explain(classifier, classifier.read([xray()])[0])
    for module in classifier.network.modules():
        assert not module._forward_hooks
        assert not module._backward_hooks
    assert all(p.grad is None and not p.requires_grad for p in classifier.network.parameters())


def test_a_map_is_laid_over_the_film_where_its_cells_look() -> None:
    hot = np.zeros((5, 5), dtype=np.float32)
    hot[1, 3] = 1
    found = on_film(hot, WHOLE, Grid(0.5, 32).over(160))  # as ResNet's of 160 pixels
    rows, columns = (found**4).sum(axis=1), (found**4).sum(axis=0)
    middles = (np.arange(len(found)) + 0.5) / len(found) * 160
    assert (rows * middles).sum() / rows.sum() == pytest.approx(32.5, abs=2)
    assert (columns * middles).sum() / columns.sum() == pytest.approx(96.5, abs=2)
    assert (found.min(), found.max()) == (0, 1)
    assert on_film(hot, WHOLE, Grid().after(32, 32).over(160)) is hot
    # The right half of a film is all that the network saw.
    part = on_film(hot, (0.5, 0.0, 1.0, 1.0), Grid().after(32, 32).over(160))
    assert not part[:, : part.shape[1] // 2].any()
    assert np.argwhere(part == part.max()).mean(axis=0) / part.shape == pytest.approx(
        [1.5 / 5, 0.5 + 3.5 / 10], abs=0.02
    )


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
    values, _, _, problem = scaled(raw.astype(np.float32))
    assert problem is not None
    assert word in problem
    assert not values.any()


def test_several_methods_at_once_are_the_same_as_one_by_one(classifier: Classifier) -> None:
    reading = classifier.read([xray()])[0]
    whole = explain_all(classifier, reading)
    assert list(whole) == list(FAST)
    for name, heatmaps in whole.items():
        for target, heatmap in explain(classifier, reading, name).items():
            assert np.array_equal(heatmap.values, heatmaps[target].values)
            assert (heatmap.method, heatmap.peak, heatmap.note) == (name, heatmaps[target].peak, heatmaps[target].note)


def test_one_class_against_another_is_named_so(classifier: Classifier) -> None:
    reading = classifier.read([xray()])[0]
    first, second, third = classifier.checkpoint.card.classes
    heatmaps = explain(classifier, reading, against=third)
    assert list(heatmaps) == [first, second]
    assert heatmaps[first].against == third
    assert heatmaps[first].asked == f"{first}-against-{third}"
    assert explain(classifier, reading)[first].asked == first
    with pytest.raises(UnknownNameError, match=f"{first}, {second}, {third}"):
        explain(classifier, reading, against="FLU")


def test_a_map_that_is_the_same_for_every_class_is_named_so(classifier: Classifier) -> None:
    reading = classifier.read([xray()])[0]
    for name, heatmaps in explain_all(classifier, reading).items():
        for heatmap in heatmaps.values():
            assert (heatmap.note is not None) == (name == "eigen_cam")
            assert METHODS[name].by_class == (name != "eigen_cam")
    *_, last = (layer for layer in classifier.network.head.modules() if isinstance(layer, torch.nn.Linear))
    kept = last.weight.clone()
    try:
        last.weight.copy_(kept[0].abs().expand_as(kept))  # a network that cannot tell classes apart
        for heatmap in explain(classifier, classifier.read([xray()])[0]).values():
            assert heatmap.note is not None
            assert "same for every class" in heatmap.note
    finally:
        last.weight.copy_(kept)


@pytest.mark.parametrize("name", FAST)
@pytest.mark.parametrize(("fill", "words"), [(0.0, "empty"), (1.0, "saturated|empty"), (float("nan"), "not a number")])
def test_a_network_that_answers_the_same_everywhere_points_nowhere(name: str, fill: float, words: str) -> None:
    features = torch.full((8, 5, 6), fill)
    gradient = torch.rand(3, 8, 1, 1).expand(-1, -1, 5, 6)
    for raw in function(METHODS[name])(features, gradient).numpy():
        values, _, _, problem = scaled(raw)
        assert re.search(words, str(problem))
        assert not values.any()


def test_a_bad_map_cannot_be_drawn(classifier: Classifier) -> None:
    import dataclasses

    heatmap = next(iter(explain(classifier, classifier.read([xray()])[0]).values()))
    with pytest.raises(EvidenceError, match="empty"):
        dataclasses.replace(heatmap, problem="This map is empty").require()


def test_an_unknown_method_lists_the_legal_ones() -> None:
    with pytest.raises(UnknownNameError, match="grad_cam"):
        METHODS["grad_kam"]


@pytest.mark.parametrize("side", [32, 100])
@pytest.mark.parametrize("second", [0.2, 0.97, 0.999999], ids=["apart", "near", "nearly the same"])
def test_the_first_component_is_the_eigenvector_of_the_largest_eigenvalue(side: int, second: float) -> None:
    rng = torch.Generator().manual_seed(3)
    basis = torch.linalg.qr(torch.randn(2, side, side, generator=rng, dtype=torch.float64))[0]
    values = torch.linspace(1e-6, second, side, dtype=torch.float64)
    values[-1] = 1.0
    found = largest((basis * values) @ basis.mT)
    assert (found * basis[..., -1]).sum(dim=1).abs() == pytest.approx(1.0, abs=1e-6)
