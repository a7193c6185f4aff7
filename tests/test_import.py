"""Weights from elsewhere: every wrapping, names, heads and refusals; and out again, to the same answers."""

from __future__ import annotations

import io
import json
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torchvision import models

from core import settings
from core.architectures import ARCHITECTURES
from core.checkpoint import Checkpoint, find, named
from core.classifier import Classifier
from core.cli import main
from core.errors import CheckpointError
from core.explain import explain
from core.portable import class_indices, onnx_file, state_dict
from core.portable.fitting import fit
from core.xray import Facts, Xray
from tests.checkpoints import random_checkpoint
from tests.synthetic import as_png8, film

FLOWERS = ("daisy", "dandelion", "roses", "sunflowers", "tulips")
Forms = dict[str, Callable[[dict[str, torch.Tensor]], Any]]

WRAPPINGS: Forms = {
    "plain": lambda weights: weights,
    "data parallel": lambda weights: {f"module.{name}": value for name, value in weights.items()},
    "compiled": lambda weights: {f"_orig_mod.{name}": value for name, value in weights.items()},
    "nested under model": lambda weights: {"epoch": 3, "model": weights},
    "nested under state_dict": lambda weights: {
        "epoch": 3,
        "optimizer": {"state": {}, "param_groups": []},
        "state_dict": {f"module.model.{name}": value for name, value in weights.items()},
    },
    "beside a head of its own": lambda weights: {
        name if name.startswith("fc.") else f"model.{name}": value for name, value in weights.items()
    },
    "of an old version": lambda weights: {
        name: value for name, value in weights.items() if not name.endswith("num_batches_tracked")
    },
    "in double precision": lambda weights: {
        name: value.double() if value.is_floating_point() else value for name, value in weights.items()
    },
}


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where PNEUMOLENS_WEIGHTS points."""
    folder = tmp_path / "mine"
    folder.mkdir()
    monkeypatch.setenv(settings.WEIGHTS, str(folder))
    return folder


@pytest.fixture(scope="module")
def theirs() -> nn.Module:
    """A torchvision network with five classes, as a tutorial leaves it."""
    torch.manual_seed(1)
    return models.resnet18(num_classes=5).eval()


@pytest.fixture
def classes(tmp_path: Path) -> Path:
    path = tmp_path / "class_indices.json"
    path.write_text(json.dumps({str(place): name for place, name in enumerate(FLOWERS)}))
    return path


def save(folder: Path, found: object) -> Path:
    path = folder / "weights.pth"
    torch.save(found, path)
    return path


def take(path: Path, classes: Path, *more: str, arch: str = "resnet18", name: str = "flowers") -> int:
    return main(["import", str(path), "--arch", arch, "--classes", str(classes), "--name", name, *more])


def photo(seed: int = 0, height: int = 300, width: int = 400) -> Xray:
    return Xray(film(height, width, seed), f"{seed:064x}", Facts("noise"))


def answers(network: nn.Module, xray: Xray) -> np.ndarray:
    """Probabilities of a torchvision network, with the tutorials' own preprocessing."""
    from PIL import Image
    from torchvision.transforms import v2

    transform = v2.Compose(
        [
            v2.ToImage(), v2.RGB(), v2.Resize(256), v2.CenterCrop(224), v2.ToDtype(torch.float32, scale=True),
            v2.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        ]
    )  # fmt: skip
    image = Image.fromarray(np.rint(xray.pixels * 255).astype(np.uint8))
    with torch.no_grad():
        return network(transform(image)[None]).softmax(1)[0].numpy()


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_a_tutorials_weights_answer_as_they_did(
    wrapping: str, theirs: nn.Module, classes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert take(save(tmp_path, WRAPPINGS[wrapping](theirs.state_dict())), classes) == 0
    said = capsys.readouterr()
    assert "does not apply" in said.err  # what is known of the pneumonia networks
    found = named("flowers")
    assert said.out.strip() == str(found.weights)
    assert (found.card.classes, found.card.head, found.card.task) == (FLOWERS, "pooled", "own")
    xray = photo()
    reading = Classifier(found).read([xray])[0]
    assert np.abs(reading.probabilities - answers(theirs, xray)).max() < 0.01  # 16 bits, and no rounding to 8


def test_torchvisions_googlenet_is_fed_as_it_feeds_itself(classes: Path, tmp_path: Path) -> None:
    torch.manual_seed(2)
    original = models.googlenet(num_classes=5, aux_logits=False, init_weights=False, transform_input=True).eval()
    for layer in original.modules():  # else hardly anything of the film gets through
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight)
    xray, weights = photo(), save(tmp_path, original.state_dict())

    def differs(name: str, *more: str) -> float:
        assert take(weights, classes, *more, arch="googlenet", name=name) == 0
        return float(np.abs(Classifier(named(name)).read([xray])[0].raw - answers(original, xray)).max())

    assert differs("as-it-comes") < 0.01
    assert differs("as-others", "--normalise", "imagenet") > 0.05


def test_what_is_known_of_pneumonia_is_not_said_of_it(theirs: nn.Module, classes: Path, tmp_path: Path) -> None:
    take(save(tmp_path, theirs.state_dict()), classes)
    found = named("flowers")
    assert "does not apply" in found.task.population
    assert "Only the middle" in " ".join(found.card.limits)
    assert not any("Kermany" in text for text in (*found.card.limits, found.card.citation, found.task.data))
    assert found.title == "flowers (ResNet-18)"
    assert found.task.words["roses"] == "roses"
    assert found.task.merged_classes == ("daisy", "not daisy")


def test_heatmaps_cover_the_film_and_not_only_the_crop(theirs: nn.Module, classes: Path, tmp_path: Path) -> None:
    take(save(tmp_path, theirs.state_dict()), classes)
    classifier = Classifier(named("flowers"))
    xray = photo(height=300, width=600)
    reading = classifier.read([xray])[0]
    left, top, right, bottom = reading.window
    for heatmap in explain(classifier, reading).values():
        rows, columns = heatmap.values.shape
        assert columns / rows == pytest.approx(2, abs=0.05)
        assert not heatmap.values[:, : int(left * columns)].any()
        assert not heatmap.values[:, int(np.ceil(right * columns)) :].any()
        assert not heatmap.values[: int(top * rows)].any()
        assert not heatmap.values[int(np.ceil(bottom * rows)) :].any()


@pytest.mark.parametrize("name", ["alexnet", "googlenet", "vgg11"])
def test_other_families_are_taken_in_by_their_published_names(name: str) -> None:
    more = {"aux_logits": True, "init_weights": False} if name == "googlenet" else {}
    with torch.device("meta"):
        weights = models.get_model(name, num_classes=5, **more).state_dict()
    fitted = fit(ARCHITECTURES[name], weights, 5, 224)
    assert fitted.head == {"alexnet": "classic", "googlenet": "pooled", "vgg11": "classic"}[name]


def test_a_small_mlp_head_of_ours_is_recognised(classes: Path, tmp_path: Path) -> None:
    network = ARCHITECTURES["lenet"].build(5, "mlp")
    assert take(save(tmp_path, network.state_dict()), classes, "--squeeze", arch="lenet") == 0
    card = named("flowers").card
    assert card.head == "mlp"
    assert card.preprocessing["channels"] == [[0.5, 0.5]] * 3  # -1…1, as LeNet is fed
    assert "fit" not in card.preprocessing


def refused(code: int, capsys: pytest.CaptureFixture[str]) -> str:
    assert code == 1
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert not find()[0].keys() & {"flowers"}
    return said


@pytest.mark.parametrize(
    ("change", "arch", "says"),
    [
        (lambda w: {k.replace("fc.", "classifier."): v for k, v in w.items()}, "resnet18", "--rename OLD=NEW"),
        (lambda w: {k: v for k, v in w.items() if not k.startswith("fc.")}, "resnet18", "missing: fc.weight"),
        (lambda w: w, "resnet34", "Choose the --arch"),
        (lambda w: w, "vgg16", "as torchvision builds it: missing: features.0.weight [64, 3, 3, 3]"),
        (lambda w: w, "lenet", "do not fit LeNet: "),
        (lambda w: {**w, "layer4.2.conv1.weight": w["fc.bias"]}, "resnet18", "unknown: layer4.2.conv1.weight"),
        (lambda w: {**w, **{f"ema.{name}": value for name, value in w.items()}}, "resnet18", "unknown: ema.conv1"),
        (lambda w: {**w, "fc.weight": w["fc.weight"][:1], "fc.bias": w["fc.bias"][:1]}, "resnet18", "two outputs"),
        (lambda w: {**w, "fc.weight": w["fc.weight"][:3], "fc.bias": w["fc.bias"][:3]}, "resnet18", "3 outputs"),
        (lambda w: {**w, "fc.bias": w["fc.bias"] * float("nan")}, "resnet18", "no finite number"),
        (lambda w: {**w, "fc.bias": w["fc.bias"] + float("inf")}, "resnet18", "no finite number"),
        (lambda w: {}, "resnet18", "holds no weights"),
        (lambda w: [1, 2, 3], "resnet18", "holds no weights"),
    ],
)
def test_weights_that_do_not_fit_are_refused_with_a_reason(
    change: Callable[[Any], Any],
    arch: str,
    says: str,
    theirs: nn.Module,
    classes: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    own_folder: Path,
) -> None:
    code = take(save(tmp_path, change(theirs.state_dict())), classes, arch=arch)
    assert says in refused(code, capsys)
    assert not list(own_folder.iterdir())


def test_numbers_too_large_for_16_bits_are_kept(theirs: nn.Module, classes: Path, tmp_path: Path) -> None:
    weights = theirs.state_dict()
    for name, factor in (("conv1.weight", 1e3), ("bn1.running_mean", 1e3), ("bn1.running_var", 1e6)):
        weights[name] = weights[name] * factor
    assert take(save(tmp_path, weights), classes) == 0
    stored = named("flowers").tensors()
    assert stored["trunk.bn1.running_var"].dtype == torch.float32
    assert stored["trunk.conv1.weight"].dtype == torch.float16
    theirs.load_state_dict(weights)
    reading = Classifier(named("flowers")).read([photo()])[0]
    assert np.abs(reading.probabilities - answers(theirs, photo())).max() < 0.01


def test_weights_of_a_loss_beside_the_network_are_left_out_and_named(
    theirs: nn.Module, classes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = {f"model.{name}": value for name, value in theirs.state_dict().items()}
    weights["criterion.weight"] = torch.ones(5)
    assert take(save(tmp_path, {"state_dict": weights}), classes) == 0
    assert "left out, as no part of ResNet-18: criterion.weight." in capsys.readouterr().err
    assert "without criterion.weight" in named("flowers").card.training.init


def test_a_head_of_another_name_can_be_named(theirs: nn.Module, classes: Path, tmp_path: Path) -> None:
    weights = {name.replace("fc.", "fc.1."): value for name, value in theirs.state_dict().items()}  # dropout before it
    assert take(save(tmp_path, weights), classes, "--rename", "fc.1.=fc.") == 0


def test_a_pickled_model_is_not_run(theirs: nn.Module, classes: Path, tmp_path: Path, capsys: Any) -> None:
    assert "could run code" in refused(take(save(tmp_path, theirs), classes), capsys)
    path = tmp_path / "weights.pth"
    path.write_bytes(path.read_bytes()[:1000])
    assert "no plain PyTorch state dict" in refused(take(path, classes), capsys)
    path.unlink()
    assert f"{path}: No such file" in refused(take(path, classes), capsys)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_damaged_file_is_refused_in_whatever_way_it_is_damaged(zipped: bool, tmp_path: Path) -> None:
    torch.save(
        {"a": torch.ones(4, 4), "b": torch.zeros(4)}, buffer := io.BytesIO(), _use_new_zipfile_serialization=zipped
    )
    whole, path, refusals, draw = buffer.getvalue(), tmp_path / "weights.pth", 0, random.Random(0)
    for cut in range(0, len(whole), len(whole) // 60):
        path.write_bytes(whole[:cut])
        with pytest.raises(CheckpointError):
            state_dict.read(path)
    for _ in range(200):
        data = bytearray(whole)
        data[draw.randrange(min(600, len(data)))] = draw.randrange(256)
        path.write_bytes(data)
        try:
            state_dict.read(path)
        except CheckpointError:
            refusals += 1
    assert refusals


@pytest.mark.filterwarnings("ignore:Validating sparse tensor")
@pytest.mark.parametrize(
    "change",
    [
        lambda value: value.to_sparse(),
        lambda value: value.to("meta"),
        lambda value: value.to(torch.int8),
        lambda value: value > 0,
        lambda value: value.to(torch.complex64),
    ],
)
def test_weights_that_are_no_plain_numbers_are_refused(
    change: Callable[[torch.Tensor], torch.Tensor], theirs: nn.Module, classes: Path, tmp_path: Path, capsys: Any
) -> None:
    weights = {**theirs.state_dict(), "fc.weight": change(theirs.state_dict()["fc.weight"])}
    assert "no plain table of floating-point numbers" in refused(take(save(tmp_path, weights), classes), capsys)


def test_class_names_as_windows_writes_them_are_read(classes: Path) -> None:
    classes.write_text(classes.read_text(), encoding="utf-8-sig")
    assert class_indices.read(classes) == FLOWERS


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ('{"0": "a", "2": "b"}', "number them from 0"),
        ('{"0": "a", "1": "a"}', "Two classes are called 'a'"),
        ('{"0": "a", "1": ""}', "No class can be called ''"),
        ('{"0": "a", "1": "label"}', "No class can be called 'label'"),
        ('{"0": "a"}', "two classes or more"),
    ],
)
def test_class_names_that_cannot_be_used_are_refused(
    text: str, says: str, theirs: nn.Module, classes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    classes.write_text(text)
    assert says in refused(take(save(tmp_path, theirs.state_dict()), classes), capsys)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--task", "pneumonia"), "has the classes NORMAL, BACTERIA, VIRUS"),
        (("--normalise", "much"), "makes no sense"),
        (("--size", "300", "--resize", "200"), "cannot be cut"),
        (("--size", "16"), "Choose another --size"),
        (("--rename", "x"), "OLD=NEW"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    more: tuple[str, ...], says: str, theirs: nn.Module, classes: Path, tmp_path: Path, capsys: Any
) -> None:
    assert says in refused(take(save(tmp_path, theirs.state_dict()), classes, *more), capsys)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--size", "0"), "'0' is no whole number from 1 on"),
        (("--resize", "0"), "'0' is no whole number from 1 on"),
        (("--squeeze", "--resize", "256"), "not allowed with argument --squeeze"),
    ],
)
def test_sides_that_say_nothing_are_wrong_usage(more: tuple[str, ...], says: str, classes: Path, capsys: Any) -> None:
    with pytest.raises(SystemExit, match="2"):
        take(classes, classes, *more)
    assert says in capsys.readouterr().err


def test_a_name_that_is_taken_is_refused(theirs: nn.Module, classes: Path, tmp_path: Path, capsys: Any) -> None:
    path = save(tmp_path, theirs.state_dict())
    assert take(path, classes) == 0
    assert take(path, classes) == 1
    assert "called flowers already" in capsys.readouterr().err
    assert take(path, classes, name="../flowers") == 1


def test_the_folder_may_be_called_as_the_network_and_still_be_missing(
    theirs: nn.Module, classes: Path, tmp_path: Path
) -> None:
    assert take(save(tmp_path, theirs.state_dict()), classes, "--out", str(tmp_path / "flowers")) == 0
    assert named("flowers", tmp_path / "flowers").card.classes == FLOWERS


@pytest.fixture
def exported(tmp_path: Path) -> tuple[Checkpoint, Path]:
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    found = random_checkpoint(tmp_path / "ours")
    assert main(["export", found.name, "--weights", str(found.folder), "--to", str(tmp_path / "out")]) == 0
    return found, tmp_path / "out"


def test_what_is_exported_loads_into_torchvision_and_onnx_runtime(exported: tuple[Checkpoint, Path]) -> None:
    import onnxruntime

    found, folder = exported
    classifier = Classifier(found)
    films = classifier.prepare([photo(1), photo(2)])
    with torch.no_grad():
        ours = classifier.network(films)
        network = models.resnet18(num_classes=3).eval()
        network.load_state_dict(torch.load(folder / f"{found.name}.pth", weights_only=True))
        torch.testing.assert_close(network(films.repeat(1, 3, 1, 1)), ours, rtol=1e-4, atol=1e-4)
    session = onnxruntime.InferenceSession(folder / f"{found.name}.onnx", providers=["CPUExecutionProvider"])
    logits, features = session.run(["logits", "features"], {"film": films.numpy()})
    assert np.abs(logits - ours.numpy()).max() <= 1e-4 * max(1, float(ours.abs().max()))
    assert features.shape == (2, 512, 2, 2)
    assert json.loads((folder / "class_indices.json").read_text()) == {"0": "NORMAL", "1": "BACTERIA", "2": "VIRUS"}


def test_what_is_exported_comes_back_the_same(exported: tuple[Checkpoint, Path]) -> None:
    found, folder = exported
    pneumonia = ("--task", "pneumonia", "--preprocessing", str(folder / "preprocessing.json"))
    assert take(folder / f"{found.name}.pth", folder / "class_indices.json", *pneumonia, name="again") == 0
    again = named("again")
    assert again.card.preprocessing == found.card.preprocessing
    assert again.weights.read_bytes() == found.weights.read_bytes()


def test_without_onnx_runtime_the_rest_is_written_and_a_sentence_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    found = random_checkpoint(tmp_path / "ours")
    assert main(["export", found.name, "--weights", str(found.folder), "--to", str(tmp_path / "out")]) == 1
    said = capsys.readouterr()
    assert "pip install onnxruntime" in said.err
    assert said.out.count("\n") == len(list((tmp_path / "out").iterdir())) == 4


def test_a_file_that_computes_something_else_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    monkeypatch.setattr(onnx_file, "TOLERANCE", -1.0)
    with pytest.raises(CheckpointError, match="from ours"):
        onnx_file.encoded(Classifier(random_checkpoint(tmp_path)))


def test_models_of_both_folders_are_listed(own_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    random_checkpoint(own_folder, arch="vgg11_bn")
    assert main(["models"]) == 0
    listed = capsys.readouterr().out
    assert "pneumonia-vgg11_bn" in listed
    assert "pneumonia-resnet18" in listed
    random_checkpoint(own_folder, arch="resnet18")
    assert main(["models"]) == 1
    assert str(own_folder / "pneumonia-resnet18.json") in capsys.readouterr().err


def test_a_heatmap_of_a_class_called_as_no_file_can_be_is_kept(
    theirs: nn.Module, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"{name}/or not" for name in FLOWERS]
    (tmp_path / "odd.json").write_text(json.dumps(names))
    assert take(save(tmp_path, theirs.state_dict()), tmp_path / "odd.json") == 0
    (tmp_path / "a.png").write_bytes(as_png8(film(90, 80)))
    asked = ["read", str(tmp_path / "a.png"), "--model", "flowers", "--heatmaps", str(tmp_path / "maps"), "--target"]
    assert max(main([*asked, name]) for name in names) == 0
    kept = {file.name[13:] for file in (tmp_path / "maps").iterdir()}
    drawn = [name for name in FLOWERS if f"flowers-{name}_or not-grad_cam-layer4.png" in kept]
    assert drawn
    assert len(drawn) == len(kept)
