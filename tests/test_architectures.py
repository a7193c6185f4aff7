"""Every row of ARCHITECTURES builds a network whose trunk and head are the whole."""

from __future__ import annotations

import pytest
import torch

from core.architectures import ARCHITECTURES
from core.errors import UnknownNameError
from core.table import Table

CLASSES = 3
# Trunk as published (torchvision's count less its classifier), plus a linear layer of 3 outputs.
PARAMETERS = {
    "vgg16_bn": 14_723_136 + 512 * 3 + 3,
    "resnet18": 11_176_512 + 512 * 3 + 3,
    "resnet50": 23_508_032 + 2048 * 3 + 3,
}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_trunk_and_head_are_the_whole(name: str) -> None:
    network = ARCHITECTURES[name].build(CLASSES).eval()
    images = torch.rand(2, 1, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        features = network.features(images)
        assert features.ndim == 4
        torch.testing.assert_close(network.head(features), network(images))
        assert network(images).shape == (2, CLASSES)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_grey_is_the_same_as_three_equal_channels(name: str) -> None:
    network = ARCHITECTURES[name].build(CLASSES).eval()
    images = torch.rand(1, 1, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(network(images), network(images.repeat(1, 3, 1, 1)))


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_parameter_counts_are_the_published_ones(name: str) -> None:
    network = ARCHITECTURES[name].build(CLASSES)
    assert sum(p.numel() for p in network.parameters()) == PARAMETERS[name]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_training_step_lowers_the_loss(name: str) -> None:
    torch.manual_seed(0)
    network = ARCHITECTURES[name].build(CLASSES)
    images, labels = torch.rand(6, 1, 64, 64), torch.tensor([0, 1, 2, 0, 1, 2])
    optimizer = torch.optim.AdamW(network.parameters(), 1e-3)
    losses = []
    for _ in range(6):
        loss = torch.nn.functional.cross_entropy(network(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert min(losses[1:]) < losses[0]


def test_an_unknown_name_lists_the_legal_ones() -> None:
    with pytest.raises(UnknownNameError, match="resnet18") as caught:
        ARCHITECTURES["resnet19"]
    assert "'resnet19'" in str(caught.value)


def test_two_rows_of_one_name_are_refused() -> None:
    row = ARCHITECTURES["resnet18"]
    with pytest.raises(ValueError, match="resnet18"):
        Table("architecture", row, row)
