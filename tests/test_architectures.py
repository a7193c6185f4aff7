"""Every row of ARCHITECTURES: published counts, trunk and head are the whole, it learns, keeps and explains itself."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn
from torchvision import models

from core.architectures import ARCHITECTURES, HEADS
from core.architectures.folded import folded
from core.architectures.network import Head, Network
from core.architectures.residual_block import ResidualVggBlock
from core.checkpoint import named, store
from core.classifier import Classifier, trained
from core.errors import CheckpointError, TrainingError, UnknownNameError
from core.explain import explain, explain_film, raw_maps
from core.explain.heatmap import scaled
from core.table import Table
from core.xray import read_xray
from tests.checkpoints import facts
from tests.synthetic import as_png8, film

CLASSES = 3
SIDE = 64

# What torchvision does not have, counted by hand from the published shapes (three-channel films, 1000 classes).
COUNTED = {
    "lenet": (3 * 25 + 1) * 6 + (6 * 25 + 1) * 16 + (16 * 16 + 1) * 120 + (120 * 50 * 50 + 1) * 64 + 65 * 1000,
    "two_block_cnn": (3 * 25 + 1) * 32 + (32 * 25 + 1) * 64 + (64 * 29 * 29 + 1) * 512 + 513 * 1000,
    "five_block_cnn": (
        (3 * 9 + 1) * 16 + (16 * 9 + 1) * 32 + (32 * 4 + 1) * 64 + (64 * 4 + 1) * 128 + (128 * 4 + 1) * 32
        + (32 * 5 * 5 + 1) * 32 + 33 * 1000
    ),
    "residual_vgg": (
        # two paths from i and one from o to o, with a batch norm after each
        sum(9 * (2 * i * o + o * o) + 6 * o for i, o in ((3, 64), (64, 128), (128, 256), (256, 512)))
        + 513 * 1024 + 1025 * 1024 + 1025 * 1000
    ),
}  # fmt: skip

# Every trunk with the head that is shipped, and every other kind of head once where it is small.
CASES = [
    *((name, "pooled") for name in ARCHITECTURES),
    *(
        (name, "classic")
        for name in ("lenet", "two_block_cnn", "five_block_cnn", "alexnet", "googlenet", "residual_vgg")
    ),
    ("resnet18", "mlp"),
]


@dataclass(frozen=True, slots=True)
class Case:
    """A network, and what came back after it was stored: as it was trained, and as it is read with."""

    network: Network
    again: Network
    classifier: Classifier
    side: int


def images(count: int, side: int) -> torch.Tensor:
    return torch.rand(count, 1, side, side, generator=torch.Generator().manual_seed(0))


@pytest.fixture(
    scope="module",
    params=[pytest.param(case, marks=pytest.mark.xdist_group("-".join(case)), id="-".join(case)) for case in CASES],
)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    name, head = request.param
    side = max(SIDE, ARCHITECTURES[name].smallest)
    torch.manual_seed(0)
    network = ARCHITECTURES[name].build(CLASSES, head, side).eval()
    _normed(network)
    folder = tmp_path_factory.mktemp(f"{name}-{head}")
    preprocessing = {"canvas": 224, "size": side, "mean": 0.482, "std": 0.236}
    stored = store(
        folder, network.state_dict(), facts("pneumonia", name, head=head, preprocessing=preprocessing, metrics={})
    )
    checkpoint = named(stored.name, folder)
    again, classifier = trained(checkpoint), Classifier(checkpoint)
    stored.weights.unlink()  # the largest takes 170 MB
    return Case(network, again, classifier, side)


def _normed(network: Network) -> None:
    """Give batch norms something to do, as training does."""
    for norm in network.modules():
        if isinstance(norm, nn.BatchNorm2d):
            for tensor in (norm.weight, norm.bias, norm.running_mean, norm.running_var):
                tensor.data += 0.4 * (torch.rand_like(tensor) - 0.5)


def test_trunk_and_head_are_the_whole(case: Case) -> None:
    network, grey = case.network.eval(), images(2, case.side)
    assert isinstance(network.head, Head)
    with torch.no_grad():
        features = network.features(grey)
        logits = network(grey)
        assert features.ndim == 4
        assert features.shape[1] == case.classifier.checkpoint.architecture.channels
        torch.testing.assert_close(network.head(features), logits)
        torch.testing.assert_close(network(grey.repeat(1, 3, 1, 1)), logits)  # grey is three equal channels
    assert logits.shape == (2, CLASSES)
    assert network.head.last.out_features == CLASSES


def test_every_stage_can_be_explained(case: Case) -> None:
    classifier, xray = case.classifier, read_xray(as_png8(film(200, 180)))
    (reading,) = classifier.read([xray])
    inputs = classifier.prepare([xray])
    stages = classifier.checkpoint.architecture.stages
    for stage in stages:
        with torch.no_grad():
            features = classifier.network.features(inputs, stage.parts)
            logits = classifier.network.after(features, stage.parts)
        assert features.shape[1] == stage.channels
        np.testing.assert_allclose(logits[0].numpy(), reading.logits, rtol=1e-4, atol=1e-4)
        for heatmap in explain_film(classifier, xray, reading, layers=(stage.name,)).values():
            assert heatmap.layer == stage.name
            assert heatmap.cells == features.shape[2] * features.shape[3]
            assert np.isfinite(heatmap.peak)
    assert stages[-1].parts == len(list(classifier.network.trunk.children()))
    assert [stage.parts for stage in stages] == sorted({stage.parts for stage in stages})


@pytest.mark.parametrize(
    "name",
    [
        "lenet",
        "two_block_cnn",
        "five_block_cnn",
        "alexnet",
        "vgg11_bn",
        "googlenet",
        "resnet18",
        "resnet50",
        "residual_vgg",
    ],
)
def test_cells_lie_where_the_network_looks(name: str) -> None:
    """Of a network that only averages, the gradient of a cell is spread evenly over what it sees."""
    row = ARCHITECTURES[name]
    side, trunk = 512, _averaging(row.trunk())
    for stage in row.stages:
        film = torch.ones(1, 3, side, side, requires_grad=True)
        seen = trunk[: stage.parts](film)[0].sum(dim=0)
        cell = len(seen) // 2
        (gradient,) = torch.autograd.grad(seen[cell, cell], film)
        weight = gradient[0].sum(dim=0).double()
        middles = torch.arange(side) + 0.5
        for along in (weight.sum(dim=0), weight.sum(dim=1)):
            assert (along * middles).sum() / along.sum() == pytest.approx(
                stage.grid.start + cell * stage.grid.step, abs=0.5
            )


class _Averaging(nn.Conv2d):
    """The mean of all channels, and of what the kernel covers, of another convolution's shape: one channel will do."""

    def __init__(self, of: nn.Conv2d) -> None:
        super().__init__(1, 1, of.kernel_size, of.stride, of.padding, of.dilation, bias=False)  # type: ignore[arg-type]
        nn.init.constant_(self.weight, 1 / self.weight.numel())

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return super().forward(features.mean(dim=1, keepdim=True))


def _averaging(module: nn.Module) -> nn.Module:
    """The same network with convolutions and poolings that average, and nothing else."""
    for name, child in module.named_children():
        if isinstance(child, nn.MaxPool2d):
            kind = (child.kernel_size, child.stride, child.padding, child.ceil_mode)
            setattr(module, name, nn.AvgPool2d(*kind, count_include_pad=False))
        elif isinstance(child, (nn.BatchNorm2d, nn.ReLU, nn.Sigmoid)):
            setattr(module, name, nn.Identity())
        elif isinstance(child, nn.Conv2d):
            setattr(module, name, _Averaging(child))
        else:
            _averaging(child)
    return module.eval()


def test_a_checkpoint_round_trips_bit_for_bit(case: Case) -> None:
    again = case.again.state_dict()
    assert list(again) == list(case.network.state_dict())
    for name, tensor in case.network.state_dict().items():
        half = tensor.half().float() if tensor.is_floating_point() else tensor
        assert torch.equal(again[name], half), name


def test_batch_norms_are_folded_and_nothing_else_changes(case: Case) -> None:
    read_with, grey = folded(copy.deepcopy(case.again)), images(2, case.side)
    assert not any(isinstance(part, nn.BatchNorm2d) for part in read_with.modules())
    assert not any(isinstance(part, nn.BatchNorm2d) for part in case.classifier.network.modules())
    assert not any(weight.requires_grad for weight in read_with.parameters())
    with torch.no_grad():
        expected, features = case.again.features(grey), read_with.features(grey)
    assert float((features - expected).abs().max()) <= 1e-4 * float(expected.abs().max())


def test_grad_cam_is_the_reference_librarys(case: Case) -> None:
    xray = read_xray(as_png8(film(200, 180)))
    _decided(case.classifier.network)
    reading = case.classifier.read([xray])[0]
    heatmaps = explain(case.classifier, reading, "grad_cam")
    raw = raw_maps(case.classifier.network, reading.features, ["grad_cam"])["grad_cam"]
    drawn = 0
    network = case.classifier.network.requires_grad_(requires_grad=True)  # the library needs a gradient to start from
    with GradCAM(model=network, target_layers=[network.trunk]) as library:
        inputs = case.classifier.prepare([xray]).repeat(1, 3, 1, 1)
        for place, target in enumerate(reading.classes):
            expected = library(input_tensor=inputs, targets=[ClassifierOutputTarget(place)])[0]
            if heatmaps[target].problem:
                assert expected.max() <= 1e-4, target
                continue
            drawn += 1
            ours = cv2.resize(scaled(raw[place])[0], (case.side, case.side))
            ours = (ours - ours.min()) / (ours.max() - ours.min() + 1e-7)
            assert np.abs(ours - expected).max() <= 1e-4, target
    assert drawn


def _decided(network: Network) -> None:
    """Give an untrained network evidence for every class, not faint: the library adds 1e-7 to what it divides by."""
    for layer in network.head.modules():
        if isinstance(layer, nn.Linear):
            nn.init.uniform_(layer.weight, 0.0, 4.0 / layer.in_features)
    nn.init.uniform_(network.head.last.weight, 0.0, 1000.0)


def test_a_training_step_lowers_the_loss(case: Case) -> None:
    network = case.network.train()
    for layer in network.modules():
        if isinstance(layer, nn.Dropout):
            layer.eval()  # what it leaves out differs between the two losses compared
    grey, labels = images(3, case.side), torch.tensor([0, 1, 2])
    before = nn.functional.cross_entropy(network(grey), labels)
    before.backward()
    gradients = [torch.zeros(0) if weight.grad is None else weight.grad for weight in network.parameters()]
    assert all(len(gradient) for gradient in gradients)
    steepness = sum(float((gradient**2).sum()) for gradient in gradients)
    with torch.no_grad():
        for weight, gradient in zip(network.parameters(), gradients, strict=True):
            weight.sub_(0.02 * before.detach() / steepness * gradient)  # a straight line would fall by 2 %
        assert float(nn.functional.cross_entropy(network(grey), labels)) < float(before)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_parameter_counts_are_the_published_ones(name: str) -> None:
    published = COUNTED.get(name) or models.get_model_weights(name).DEFAULT.meta["num_params"]
    with torch.device("meta"):  # shapes alone
        network = ARCHITECTURES[name].build(1000, "classic")
    assert sum(weight.numel() for weight in network.parameters()) == published


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_smallest_film_leaves_a_map(name: str) -> None:
    row = ARCHITECTURES[name]
    with torch.device("meta"):
        network = row.build(CLASSES, "classic", row.smallest)
        features = network.features(torch.empty(2, 1, row.smallest, row.smallest))
        for kind in HEADS.values():
            assert kind.build(row, CLASSES, row.smallest)(features).shape == (2, CLASSES)
    with pytest.raises(ValueError, match=f"{row.smallest} pixels"):
        row.build(CLASSES, size=row.smallest - 1)


@pytest.mark.parametrize("name", ["vgg16", "vgg19_bn", "alexnet", "googlenet", "resnet34"])
def test_a_classic_network_computes_what_torchvisions_does(name: str) -> None:
    more = {"aux_logits": False, "init_weights": False} if name == "googlenet" else {}
    with torch.device("meta"):
        theirs = list(models.get_model(name, weights=None, **more).state_dict().values())
        ours = list(ARCHITECTURES[name].build(1000, "classic").state_dict().values())
    assert [tensor.shape for tensor in ours] == [tensor.shape for tensor in theirs]


def test_residual_vgg_has_none_of_the_mistakes_of_its_copies() -> None:
    network = ARCHITECTURES["residual_vgg"].build(CLASSES, "classic").eval()
    for block in network.trunk.children():
        assert isinstance(block, ResidualVggBlock)
        for path in (block.main, block.shortcut):
            layers = list(path)
            for convolution, norm in pairwise(layers):
                if isinstance(norm, nn.BatchNorm2d):
                    assert norm.eps == 1e-5
                    assert norm.num_features == convolution.out_channels
    grey = images(3, SIDE)
    with torch.no_grad():  # what is flattened does not depend on how many films there are
        torch.testing.assert_close(network(grey)[:1], network(grey[:1]))


def test_lenet_takes_inputs_between_minus_one_and_one() -> None:
    mean, deviation = ARCHITECTURES["lenet"].scaled or (0.0, 1.0)
    assert ((0 - mean) / deviation, (1 - mean) / deviation) == (-1, 1)


def test_imagenet_weights_that_nobody_publishes_are_said_to_be_missing() -> None:
    with pytest.raises(TrainingError, match="no ImageNet weights of LeNet"):
        ARCHITECTURES["lenet"].pretrained()


def test_a_head_built_for_another_size_is_refused(tmp_path: Path) -> None:
    network = ARCHITECTURES["five_block_cnn"].build(CLASSES, "classic", 96)
    card = facts("pneumonia", "five_block_cnn", head="classic", metrics={})
    store(tmp_path, network.state_dict(), card | {"preprocessing": {**card["preprocessing"], "size": 224}})
    with pytest.raises(CheckpointError, match="do not fit Five-block CNN"):
        Classifier(named("pneumonia-five_block_cnn", tmp_path))


def test_an_unknown_name_lists_the_legal_ones() -> None:
    with pytest.raises(UnknownNameError, match="resnet18") as caught:
        ARCHITECTURES["resnet19"]
    assert "'resnet19'" in str(caught.value)
    with pytest.raises(UnknownNameError, match="pooled, classic, mlp"):
        ARCHITECTURES["lenet"].build(CLASSES, "two-headed")


def test_two_rows_of_one_name_are_refused() -> None:
    row = ARCHITECTURES["resnet18"]
    with pytest.raises(ValueError, match="resnet18"):
        Table("architecture", row, row)
