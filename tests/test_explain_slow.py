"""Slow methods and earlier layers: the same as the field's libraries, honest, patient, and stopped when asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients, Occlusion
from pytorch_grad_cam import AblationCAM, GradCAM, ScoreCAM
from torch import nn

from core.architectures import Stage
from core.architectures.grid import Grid
from core.architectures.network import Network, PooledHead
from core.classifier import Classifier
from core.errors import StoppedError, UnknownNameError
from core.explain import FAST, METHODS, explain, explain_film
from core.explain.again import made
from core.explain.asked import BATCH, Watch
from core.explain.heatmap import scaled
from core.explain.masked import random_masks
from core.xray import Xray, read_xray
from tests import checkpoints
from tests.synthetic import as_png8, film
from tests.test_explain import Rather

SLOW = tuple(name for name in METHODS if name not in FAST)
BY_INPUT = tuple(name for name in SLOW if not METHODS[name].by_layer)
SIDE = 32
EARLY = Stage("convolution 1", 2, 6, Grid().after(5, 2))
LAST = Stage("convolution 2", 4, 12, EARLY.grid.after(3, 2))


class Bent(nn.Module):
    """A head that is not pooled; its logits are positive, so that the libraries' shares of them have one sign."""

    def __init__(self, cells: int) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(cells, 16), nn.Linear(16, 3)
        nn.init.constant_(self.last.bias, 5.0)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Logits."""
        logits: torch.Tensor = self.last(torch.tanh(self.first(features.flatten(1))))
        return logits


def small(*, pooled: bool = False) -> Network:
    torch.manual_seed(0)
    trunk = nn.Sequential(
        nn.Conv2d(3, 6, 5, stride=2), nn.ReLU(), nn.Conv2d(6, 12, 3, stride=2), nn.ReLU()
    )  # [12, 6, 6]
    head = PooledHead(12, 3) if pooled else Bent(12 * 6 * 6)
    if isinstance(head, PooledHead):
        nn.init.uniform_(head.linear.weight, 0.1, 3)
    return Network(trunk, head).eval().requires_grad_(requires_grad=False)


def image() -> torch.Tensor:
    return torch.randn(1, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(1))


def raw(network: Network, name: str, against: int | None = None, stage: Stage | None = None) -> np.ndarray:
    return made(network, image(), METHODS[name], [stage], against)


def large(values: np.ndarray, *, side: int = SIDE) -> np.ndarray:
    """A map as the library leaves it: enlarged, then scaled again."""
    found = cv2.resize(values, (side, side))
    return np.asarray((found - found.min()) / (found.max() - found.min() + 1e-7))


@pytest.mark.parametrize("rather", [True, False])
@pytest.mark.parametrize("stage", [None, EARLY])
@pytest.mark.parametrize("pooled", [True, False])
@pytest.mark.parametrize(("name", "reference"), [("score_cam", ScoreCAM), ("ablation_cam", AblationCAM)])
def test_agrees_with_the_reference_library(
    name: str, reference: Callable[..., ScoreCAM], pooled: bool, stage: Stage | None, rather: bool
) -> None:
    logits = small(pooled=pooled)(image())[0]
    # Ablation-CAM divides by what is explained: were that negative, the library's map would be upside down.
    against = int(logits.argmin()) if rather else None
    maps = raw(small(pooled=pooled), name, against, stage)
    theirs = small(pooled=pooled).requires_grad_()
    layer = theirs.trunk[-1 if stage is None else stage.parts - 1]  # type: ignore[index]  # a Sequential
    library = reference(model=theirs, target_layers=[layer])
    compared = 0
    for place in range(len(logits)):
        if place == against:
            continue
        expected = library(input_tensor=image(), targets=[Rather(place, against)])[0]
        values, _, _, problem = scaled(maps[place])
        if problem:
            assert expected.max() <= 1e-4
            continue
        assert np.abs(large(values) - expected).max() <= 1e-4
        compared += 1
    assert compared


@pytest.mark.parametrize("against", [None, 1])
def test_integrated_gradients_are_captums(against: int | None) -> None:
    network = small()
    maps = raw(network, "integrated_gradients", against)
    asked = IntegratedGradients(lambda films: _rather(network(films), against))
    for place in {0, 1, 2} - {against}:
        steps = METHODS["integrated_gradients"].passes
        theirs = asked.attribute(image(), target=place, n_steps=steps, method="gausslegendre")[0, 0]
        np.testing.assert_allclose(maps[place], theirs.relu().detach().numpy(), atol=1e-5)


@pytest.mark.parametrize("against", [None, 1])
def test_occlusion_is_captums(against: int | None) -> None:
    network = small()
    maps = raw(network, "occlusion", against)
    cell = SIDE // 16
    asked = Occlusion(lambda films: _rather(network(films), against))
    for place in {0, 1, 2} - {against}:
        theirs = asked.attribute(image(), (1, 2 * cell, 2 * cell), (1, cell, cell), target=place)[0, 0]
        ours = maps[place].repeat(cell, 0).repeat(cell, 1)
        np.testing.assert_allclose(ours, theirs.relu().numpy(), atol=1e-4)


def _rather(logits: torch.Tensor, against: int | None) -> torch.Tensor:
    return logits if against is None else logits - logits[:, against, None]


class Quarters(nn.Module):
    """Class k is how bright quarter k of the film is."""

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Logits."""
        return nn.functional.adaptive_avg_pool2d(features[:, :1], 2).flatten(1)[:, :3] * 10


@pytest.mark.parametrize("name", BY_INPUT)
def test_the_map_lies_where_the_evidence_is(name: str) -> None:
    network = Network(nn.Sequential(nn.Identity()), Quarters())
    maps = made(network, image().abs() + 0.5, METHODS[name], [None])
    for place, one in enumerate(maps):
        half = len(one) // 2
        quarters = [one[y : y + half, x : x + half].mean() for y in (0, half) for x in (0, half)]
        assert int(np.argmax(quarters)) == place
        assert quarters[place] > 0.6 * sum(quarters)


def test_smooth_grad_of_a_linear_network_is_its_weights() -> None:
    found = made(Network(nn.Sequential(nn.Identity()), Quarters()), image(), METHODS["smooth_grad"], [None])
    half = SIDE // 2
    np.testing.assert_allclose(found[0, :half, :half], 10 / half**2, rtol=1e-4)
    assert not found[0, half:].any()


@pytest.mark.parametrize("name", SLOW)
@pytest.mark.parametrize("stage", [None, EARLY])
def test_a_network_that_answers_the_same_to_everything_has_an_empty_map(name: str, stage: Stage | None) -> None:
    network = small(pooled=True)
    assert isinstance(network.head, PooledHead)
    network.head.linear.weight.zero_()
    for one in raw(network, name, stage=stage):
        assert "empty" in str(scaled(one)[3])


@pytest.mark.parametrize("name", SLOW)
def test_the_same_film_has_the_same_map(name: str) -> None:
    assert np.array_equal(raw(small(), name), raw(small(), name))


@pytest.mark.parametrize("name", SLOW)
@pytest.mark.parametrize("stages", [[None], [EARLY, LAST]])
def test_progress_rises_to_the_whole(name: str, stages: list[Stage | None]) -> None:
    shares: list[float] = []
    watch = Watch(lambda done, of: shares.append(done / of))
    made(small(), image(), METHODS[name], stages, watch=watch)
    assert shares == sorted(shares)
    assert 0 < shares[0] < 1
    assert shares[-1] == 1


@pytest.mark.parametrize("name", SLOW)
def test_stopped_work_leaves_nothing_behind(name: str) -> None:
    network = small()
    done: list[int] = []
    watch = Watch(lambda now, _of: done.append(now), lambda: bool(done))
    with pytest.raises(StoppedError, match="stopped before it was done"):
        made(network, image(), METHODS[name], [None], watch=watch)
    assert len(done) == 1  # not one batch more
    for module in network.modules():
        assert not module._forward_hooks
        assert not module._backward_hooks
    assert all(one.grad is None and not one.requires_grad for one in network.parameters())
    assert np.array_equal(raw(network, name), raw(small(), name))


@pytest.mark.parametrize("name", SLOW)
def test_no_more_films_at_once_than_memory_allows(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    most, real = [0], Network.features

    def counted(network: Network, images: torch.Tensor, parts: int | None = None) -> torch.Tensor:
        most[0] = max(most[0], len(images))
        return real(network, images, parts)

    monkeypatch.setattr(Network, "features", counted)
    raw(small(), name)
    assert most[0] <= BATCH


def test_masks_of_rise_show_half_of_the_film_on_average() -> None:
    masks = random_masks(500, SIDE, torch.Generator().manual_seed(0))
    assert masks.shape == (500, SIDE, SIDE)
    assert masks.min() >= 0
    assert masks.max() <= 1
    assert abs(float(masks.mean()) - 0.5) < 0.02


def test_several_layers_are_averaged_as_in_the_library() -> None:
    evenly = [replace(stage, grid=Grid(SIDE / cells / 2, SIDE / cells)) for stage, cells in ((EARLY, 14), (LAST, 6))]
    maps = made(small(), image(), METHODS["grad_cam"], evenly)  # the library takes cells to lie so
    theirs = small().requires_grad_()
    assert isinstance(theirs.trunk, nn.Sequential)
    with GradCAM(model=theirs, target_layers=[theirs.trunk[1], theirs.trunk[3]]) as library:
        for place in range(3):
            expected = library(input_tensor=image(), targets=[Rather(place, None)])[0]
            assert np.abs(large(scaled(maps[place])[0]) - expected).max() <= 1e-4


# ---------------------------------------------------------------- of a film, by a checkpoint


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    return Classifier(checkpoints.random_checkpoint(tmp_path_factory.mktemp("weights")))


def xray() -> Xray:
    return read_xray(as_png8(film(90, 80)))


@pytest.mark.parametrize("name", [name for name, method in METHODS.items() if (method.passes or 0) < 300])
def test_every_method_says_what_it_explained(classifier: Classifier, name: str) -> None:
    one = xray()
    (reading,) = classifier.read([one])
    found = explain_film(classifier, one, reading, name, layers=("layer1",))
    assert list(found) == list(reading.classes)
    for target, heatmap in found.items():
        assert (heatmap.target, heatmap.method, heatmap.xray_sha256) == (target, name, one.sha256)
        assert heatmap.layer == ("layer1" if METHODS[name].by_layer else "input")
        assert np.isfinite(heatmap.values).all()


def test_a_fast_method_at_the_last_layer_is_taken_from_the_reading(
    classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = xray()
    (reading,) = classifier.read([one])
    monkeypatch.setattr(Classifier, "prepare", None)  # the film is not needed
    for layers in ((), ("layer4",)):
        found = explain_film(classifier, one, reading, layers=layers)
        for target, heatmap in explain(classifier, reading).items():
            assert np.array_equal(found[target].values, heatmap.values)
            assert found[target].layer == "layer4"


def test_several_layers_are_named_in_the_heatmap(classifier: Classifier) -> None:
    one = xray()
    (reading,) = classifier.read([one])
    heatmap = explain_film(classifier, one, reading, layers=("layer3", "layer4", "layer3"))[reading.prediction]
    assert heatmap.layer == "layer3 + layer4"
    assert heatmap.layers == ("layer3", "layer4")


def test_one_class_against_another(classifier: Classifier) -> None:
    one = xray()
    (reading,) = classifier.read([one])
    found = explain_film(classifier, one, reading, "ablation_cam", "VIRUS", ("layer4",))
    assert list(found) == ["NORMAL", "BACTERIA"]
    assert {heatmap.against for heatmap in found.values()} == {"VIRUS"}


def test_what_is_not_there_is_named(classifier: Classifier, tmp_path: Path) -> None:
    one = xray()
    (reading,) = classifier.read([one])
    with pytest.raises(UnknownNameError, match="layer1, layer2, layer3, layer4"):
        explain_film(classifier, one, reading, layers=("layer9",))
    with pytest.raises(UnknownNameError, match="NORMAL, BACTERIA, VIRUS"):
        explain_film(classifier, one, reading, "occlusion", "FLU")
    with pytest.raises(UnknownNameError, match="fast method called 'rise'"):
        explain(classifier, reading, "rise")
    with pytest.raises(ValueError, match="another film"):
        explain_film(classifier, read_xray(as_png8(film(90, 80, 1))), reading)
