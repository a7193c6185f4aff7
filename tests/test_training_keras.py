"""Keras' ResNet-50: what it computed there it computes here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
import torch

from core.architectures import ARCHITECTURES
from core.errors import TrainingError
from core.tasks import TASKS
from core.training.initial import initialise
from core.training.order import Order
from core.training.recipe import Recipe
from tests.test_training import some_films


def keras_names() -> Iterator[tuple[str, str, str]]:
    """Every convolution of Keras' ResNet-50 with its batch norm, and the two in torchvision's network."""
    yield "conv1", "bn_conv1", "conv1 bn1"
    for stage, blocks in enumerate((3, 4, 6, 3), 1):
        for block in range(blocks):
            name, ours = f"{stage + 1}{'abcdef'[block]}_branch", f"layer{stage}.{block}"
            for place in (1, 2, 3):
                yield (
                    f"res{name}2{'abc'[place - 1]}",
                    f"bn{name}2{'abc'[place - 1]}",
                    f"{ours}.conv{place} {ours}.bn{place}",
                )
            if block == 0:
                yield f"res{name}1", f"bn{name}1", f"{ours}.downsample.0 {ours}.downsample.1"


def as_tensorflow_js(network: torch.nn.Module, folder: Path) -> Path:
    """``network`` as Keras has it (biases, another epsilon), in TensorFlow.js' files."""
    stored: dict[str, torch.Tensor] = {"fc1000/kernel": torch.zeros(2048, 1000)}
    for convolution, norm, ours in keras_names():
        layer, batch = (network.get_submodule(name) for name in ours.split())
        bias = torch.randn(layer.out_channels)
        stored[f"{convolution}/kernel"], stored[f"{convolution}/bias"] = layer.weight.permute(2, 3, 1, 0), bias
        stored |= {f"{norm}/gamma": batch.weight, f"{norm}/beta": batch.bias}
        stored |= {
            f"{norm}/moving_mean": batch.running_mean + bias,
            f"{norm}/moving_variance": batch.running_var - (1e-3 - 1e-5),
        }
    content = b"".join(value.detach().contiguous().numpy().tobytes() for value in stored.values())
    names = ["one.bin", "two.bin"]
    for name, part in zip(names, (content[:1001], content[1001:]), strict=True):  # parts may end within a number
        (folder / name).write_bytes(part)
    entries = [{"name": name, "shape": list(value.shape), "dtype": "float32"} for name, value in stored.items()]
    path = folder / "model.json"
    path.write_text(json.dumps({"weightsManifest": [{"paths": names, "weights": entries}]}))
    return path


@pytest.fixture(scope="module")
def keras_resnet(tmp_path_factory: pytest.TempPathFactory) -> tuple[torch.nn.Module, Path]:
    from torchvision import models

    torch.manual_seed(5)
    network = models.resnet50(weights=None).eval()
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            assert layer.running_mean is not None
            assert layer.running_var is not None
            layer.running_mean.normal_(0, 0.1)
            layer.running_var.uniform_(0.5, 2)
    return network, as_tensorflow_js(network, tmp_path_factory.mktemp("keras"))


def test_keras_resnet_computes_what_it_did(keras_resnet: tuple[torch.nn.Module, Path]) -> None:
    foreign, path = keras_resnet
    row, (films, pre) = ARCHITECTURES["resnet50"], some_films()
    network = initialise(row, row.build(3), str(path), films, pre).eval()
    fed = 255 * (films * pre.std + pre.mean).repeat(1, 3, 1, 1) - torch.tensor([103.939, 116.779, 123.68]).view(
        1, 3, 1, 1
    )
    stem = torch.nn.Sequential(foreign.conv1, foreign.bn1)
    with torch.no_grad():
        inside = (..., slice(2, -2), slice(2, -2))  # at the border zero padding means another grey in each
        assert torch.allclose(network.trunk[:2](films.expand(-1, 3, -1, -1))[inside], stem(fed)[inside], atol=1e-3)
        x = torch.randn(2, 64, 16, 16)
        whole = torch.nn.Sequential(foreign.layer1, foreign.layer2, foreign.layer3, foreign.layer4)
        assert torch.allclose(network.trunk[4:](x), whole(x), rtol=1e-4, atol=1e-4)


def test_the_card_s_digest_is_of_the_weights_too(keras_resnet: tuple[torch.nn.Module, Path]) -> None:
    _, path = keras_resnet
    row = ARCHITECTURES["resnet50"]
    order = Order(path.parent, TASKS["pneumonia"], row, Recipe(), str(path), path.parent, path.parent, "")
    assert order.init_says == f"model.json (sha256 {sha256(whole(path)).hexdigest()})"


def whole(path: Path) -> bytes:
    return b"".join((path.parent / name).read_bytes() for name in ("model.json", "one.bin", "two.bin"))


def test_keras_resnet_fits_no_other_network(keras_resnet: tuple[torch.nn.Module, Path]) -> None:
    _, path = keras_resnet
    for other in ("resnet101", "resnet34", "vgg16_bn"):
        row = ARCHITECTURES[other]
        with pytest.raises(TrainingError, match=f"does not fit {row.title}"):
            initialise(row, row.build(3), str(path), *some_films())


def test_cut_off_keras_resnet_is_refused(keras_resnet: tuple[torch.nn.Module, Path], tmp_path: Path) -> None:
    _, path = keras_resnet
    (tmp_path / "model.json").write_text(path.read_text())
    row = ARCHITECTURES["resnet50"]
    with pytest.raises(TrainingError, match=r"no complete TensorFlow\.js layers model"):
        initialise(row, row.build(3), str(tmp_path / "model.json"), *some_films())
    for name in ("one.bin", "two.bin"):
        (tmp_path / name).write_bytes((path.parent / name).read_bytes()[:1000])
    with pytest.raises(TrainingError, match=r"no complete TensorFlow\.js layers model"):
        initialise(row, row.build(3), str(tmp_path / "model.json"), *some_films())
