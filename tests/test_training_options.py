"""What a researcher can ask of training: where it starts, what learns, when it ends and what is kept."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from core.architectures import ARCHITECTURES
from core.checkpoint import named
from core.cli import main
from core.dataset import Fold, draw, index
from core.errors import TrainingError, UnknownNameError
from core.tasks import TASKS
from core.training import loop, state
from core.training import run as runs
from core.training.best import best_epoch, has_enough
from core.training.data import decode
from core.training.initial import file_of, initialise
from core.training.learning import class_weights, freeze, groups, train_mode
from core.training.misleading import seen_before, warnings
from core.training.recipe import Recipe, Stage
from core.training.run import train
from tests.checkpoints import random_checkpoint
from tests.test_training import TINY, order, some_films, write_films

SHORT = replace(TINY, stages=(Stage(32, 1),))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_films(tmp_path_factory.mktemp("films"), 6, 2)


# --- where it starts ----------------------------------------------------------------------------------------------


def test_a_checkpoint_is_started_from_by_name(data: Path, tmp_path: Path) -> None:
    start = random_checkpoint(tmp_path / "out", task="covid")
    resnet = ARCHITECTURES["resnet18"]  # whose batch norms keep statistics
    asked = order(data, tmp_path, architecture=resnet, init="covid-resnet18", recipe=replace(SHORT, freeze="trunk"))
    train(asked)
    made = named("pneumonia-resnet18", tmp_path / "out")
    before, after = start.tensors(), made.tensors()
    for name, tensor in after.items():
        assert torch.equal(tensor, before[name]) == name.startswith("trunk."), name
    assert made.card.training.init.startswith("covid-resnet18.safetensors (sha256 ")
    assert (made.preprocessing.mean, made.preprocessing.std) == (start.preprocessing.mean, start.preprocessing.std)


def test_a_network_that_learnt_from_films_held_out_now_is_pointed_out(data: Path, tmp_path: Path) -> None:
    train(order(data, tmp_path, recipe=SHORT))
    taught = replace(SHORT, teacher="pneumonia-lenet")
    for seed, doubted in ((SHORT.seed, 0), (SHORT.seed + 1, 1)):
        name = f"pupil-{seed}"
        pupil = order(data, tmp_path, init="pneumonia-lenet", recipe=replace(taught, seed=seed), called=name)
        train(replace(pupil, run=tmp_path / name))
        says = [line for line in named(name, tmp_path / "out").card.warnings if "learnt from some of those" in line]
        assert len(says) == doubted
    start = named("pneumonia-lenet", tmp_path / "out").card
    same = SimpleNamespace(fingerprint=start.training.fingerprint)
    other = replace(SHORT, seed=SHORT.seed + 1)
    assert seen_before([start], same, other, drawn=True)
    assert not seen_before([start], same, other, drawn=False)  # the folder itself says which films are held out


@pytest.mark.parametrize(("power", "ends"), [(0.5, "(--class-weights balanced makes them weigh alike)."), (1, "from.")])
def test_weights_that_were_given_are_not_recommended(data: Path, power: float, ends: str) -> None:
    films = decode(draw(index(data, TASKS["pneumonia"])[:8], Fold()), TASKS["pneumonia"], 32)
    (said,) = (line for line in warnings(films, TASKS["pneumonia"], Recipe(class_power=power)) if "balance" in line)
    assert said.endswith(ends)


def test_the_head_of_other_classes_is_left_out(tmp_path: Path) -> None:
    path = str(random_checkpoint(tmp_path, task="covid").weights)
    theirs = load_file(path)["head.linear.weight"].float()
    for task, same in (("covid", True), ("pneumonia", False)):
        fresh = ARCHITECTURES["resnet18"].build(3)
        made = initialise(ARCHITECTURES["resnet18"], fresh, path, *some_films(), classes=TASKS[task].classes)
        assert torch.equal(made.state_dict()["head.linear.weight"], theirs) == same


@pytest.mark.parametrize("donor", ARCHITECTURES["residual_vgg"].donors)
def test_main_paths_are_taken_from_a_network_with_the_same_layers(tmp_path: Path, donor: str) -> None:
    start = random_checkpoint(tmp_path, arch=donor)
    theirs = ARCHITECTURES[donor].build(3)
    theirs.load_state_dict({name: value.float() for name, value in start.tensors().items()})
    residual = ARCHITECTURES["residual_vgg"]
    made = initialise(residual, residual.build(3), str(start.weights), *some_films()).eval()
    x, begin = torch.randn(2, 3, 16, 16), 0
    for block, stage in zip(made.trunk.children(), ARCHITECTURES[donor].stages, strict=False):
        layers = list(theirs.eval().trunk.children())[begin : begin + 6]  # two of convolution, batch norm, ReLU
        expected = torch.nn.Sequential(*layers)(x)
        assert torch.allclose(block.get_submodule("main")[:-1](x), expected, atol=1e-4)
        x, begin = torch.randn(2, stage.channels, 16, 16), stage.parts + 1


DEEPER = [(deep.name, donor) for deep in ARCHITECTURES.values() for donor in deep.shallower]


@pytest.mark.parametrize(("deep", "donor"), DEEPER)
def test_a_deeper_resnet_starts_as_the_shallower_one(tmp_path: Path, deep: str, donor: str) -> None:
    start = random_checkpoint(tmp_path, arch=donor)
    theirs = ARCHITECTURES[donor].build(3)
    theirs.load_state_dict({name: value.float() for name, value in start.tensors().items()})
    fresh = ARCHITECTURES[deep].build(3)
    made = initialise(ARCHITECTURES[deep], fresh, str(start.weights), *some_films(), classes=TASKS["pneumonia"].classes)
    x = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        expected, got = theirs.eval()(x), made.eval()(x)
    assert expected.abs().max() > 0
    assert torch.allclose(got, expected, atol=1e-5 * float(expected.abs().max()))


def test_a_shallower_network_gives_its_trunk_under_another_head(tmp_path: Path) -> None:
    start = random_checkpoint(tmp_path, arch="resnet18")
    for head, classes in (("mlp", 3), ("pooled", 5)):
        fresh = ARCHITECTURES["resnet34"].build(classes, head)
        own_head = {name: value.clone() for name, value in fresh.state_dict().items() if name.startswith("head.")}
        made = initialise(ARCHITECTURES["resnet34"], fresh, str(start.weights), *some_films()).state_dict()
        assert torch.equal(made["trunk.layer4.1.conv2.weight"], start.tensors()["trunk.layer4.1.conv2.weight"].float())
        assert all(torch.equal(made[name], value) for name, value in own_head.items())


def test_a_name_that_is_none_is_refused_with_those_there_are(tmp_path: Path) -> None:
    assert file_of("pneumonia-resnet18", tmp_path).endswith("pneumonia-resnet18.safetensors")  # a shipped one
    with pytest.raises(TrainingError, match=r"--init resnet.*pneumonia-vgg16_bn"):
        file_of("resnet", tmp_path)


def test_what_cannot_be_started_from_or_taught_by_is_said_before_any_film_is_read(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "decode", None)
    random_checkpoint(tmp_path / "out", task="covid")
    with pytest.raises(TrainingError, match="--init nobody is neither"):
        train(order(data, tmp_path, init="nobody"))
    with pytest.raises(TrainingError, match=r"gone\.pth: there is no such file"):
        train(order(data, tmp_path, init=str(tmp_path / "gone.pth")))
    with pytest.raises(UnknownNameError, match="no model called 'nobody'"):
        train(order(data, tmp_path, recipe=replace(SHORT, teacher="nobody")))
    with pytest.raises(TrainingError, match="The teacher covid-resnet18 knows other classes"):
        train(order(data, tmp_path, recipe=replace(SHORT, teacher="covid-resnet18")))


# --- what learns --------------------------------------------------------------------------------------------------


def test_a_frozen_trunk_keeps_weights_and_statistics() -> None:
    network = ARCHITECTURES["resnet18"].build(3)
    freeze(network, "trunk")
    train_mode(network, "trunk")
    assert not any(p.requires_grad for p in network.trunk.parameters())
    assert all(p.requires_grad for p in network.head.parameters())
    assert not any(m.training for m in network.trunk.modules() if isinstance(m, torch.nn.BatchNorm2d))
    with pytest.raises(TrainingError, match="--freeze trunk"):
        freeze(network, 99)


def test_the_trunk_follows_at_its_own_rate() -> None:
    network = ARCHITECTURES["resnet18"].build(3)
    made = groups(network, Recipe(trunk_rate=0.1))
    factor = {id(p): group["factor"] for group in made for p in group["params"]}
    assert {factor[id(p)] for p in network.trunk.parameters()} == {0.1}
    assert {factor[id(p)] for p in network.head.parameters()} == {1.0}
    plain = groups(network, Recipe())
    assert [len(group["params"]) for group in plain] == [
        sum(p.ndim > 1 for p in network.parameters()),
        sum(p.ndim <= 1 for p in network.parameters()),
    ]


def test_a_trunk_without_a_rate_stays(data: Path, tmp_path: Path) -> None:
    torch.manual_seed(SHORT.seed)
    before = ARCHITECTURES["lenet"].build(3).state_dict()
    train(order(data, tmp_path, recipe=replace(SHORT, trunk_rate=0.0)))
    after = state.load(tmp_path / "run")
    assert after is not None
    assert torch.equal(after[0]["network.trunk.0.weight"], before["trunk.0.weight"])
    assert not torch.equal(after[0]["network.head.linear.weight"], before["head.linear.weight"])


def test_classes_weigh_as_asked() -> None:
    import numpy as np

    labels = np.array([0] * 10 + [1] * 90)
    assert class_weights(labels, 2, 0.0).tolist() == [1, 1]
    assert class_weights(labels, 2, 1.0).tolist() == pytest.approx([1.8, 0.2])
    root = class_weights(labels, 2, 0.5)
    assert float(root[0] / root[1]) == pytest.approx(3)


@pytest.mark.parametrize("wrong", [{"freeze": -1}, {"trunk_rate": -0.1}, {"patience": -1}])
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(TrainingError, match="--" + next(iter(wrong)).replace("_", "-")):
        Recipe(**wrong)


# --- when it ends, and what is kept -------------------------------------------------------------------------------


def rows(*losses: float, size: int = 224) -> list[dict[str, Any]]:
    return [{"epoch": i + 1, "size": size, "val_loss": loss, "val_accuracy": loss} for i, loss in enumerate(losses)]


def test_the_best_epoch_is_judged_at_the_last_resolution() -> None:
    recipe = Recipe(stages=(Stage(128, 2), Stage(224, 4)))
    history = rows(0.1, 0.1, size=128) + [{**row, "epoch": row["epoch"] + 2} for row in rows(0.5, 0.3, 0.3, 0.4)]
    assert best_epoch(history, recipe) == 4
    assert best_epoch(history, replace(recipe, judge="val_accuracy")) == 3
    assert best_epoch(history[:2], recipe) is None
    patient = replace(recipe, stages=(Stage(128, 2), Stage(224, 9)), patience=2)
    assert [has_enough(history[:n], patient) for n in range(7)] == [False] * 6 + [True]
    assert not has_enough(history, replace(patient, patience=0))


def test_stopping_early_and_keeping_the_best_survive_being_killed(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = replace(TINY, stages=(Stage(32, 9),), patience=2, keep="best")
    losses = iter([0.9, 0.5, 0.7, 0.8, 0.1])
    monkeypatch.setattr(
        loop,
        "validate",
        lambda *_: {"val_loss": next(losses)} | dict.fromkeys(("val_accuracy", "val_merged_accuracy"), 0.5),
    )
    real, kept = state.save, []

    def killed(folder: Path, tensors: Any, facts: Any) -> None:
        real(folder, tensors, facts)
        kept.append({k: v.clone() for k, v in tensors.items() if k.startswith("average.")})
        if len(facts["history"]) == 3 and len(kept) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(state, "save", killed)
    with pytest.raises(KeyboardInterrupt):
        train(order(data, tmp_path, recipe=recipe))
    train(order(data, tmp_path, recipe=recipe))
    made = named("pneumonia-lenet", tmp_path / "out")
    assert (made.card.training.epochs, made.card.training.kept) == (4, 2)
    assert made.card.training.recipe["judge"] == "val_loss"
    second = kept[1]["average.trunk.0.weight"]
    torch.testing.assert_close(made.tensors()["trunk.0.weight"], second.half())
    assert not torch.equal(second, kept[3]["average.trunk.0.weight"])
    with made.history.open() as file:
        assert [float(row["val_loss"]) for row in csv.DictReader(file)] == [0.9, 0.5, 0.7, 0.8]


def test_a_run_that_is_over_asks_its_teacher_nothing(data: Path, tmp_path: Path) -> None:
    random_checkpoint(tmp_path / "out", arch="resnet18")
    asked = order(data, tmp_path, recipe=replace(SHORT, teacher="pneumonia-resnet18"))
    train(asked)
    (table,) = tmp_path.glob("pneumonia-resnet18-*-on-*.csv")
    table.unlink()
    train(asked)
    assert not table.exists()


def test_biases_stay_as_trained_when_asked(data: Path, tmp_path: Path) -> None:
    train(order(data, tmp_path, recipe=replace(SHORT, biases="trained")))
    saved = state.load(tmp_path / "run")
    assert saved is not None
    stored = named("pneumonia-lenet", tmp_path / "out").tensors()["head.linear.bias"]
    assert torch.equal(stored, saved[0]["average.head.linear.bias"].half())


# --- the command --------------------------------------------------------------------------------------------------


def test_the_command_passes_everything_on(data: Path, tmp_path: Path) -> None:
    command = ["train", "--data", str(data), "--arch", "lenet", "--out", str(tmp_path), "--run", str(tmp_path / "r")]
    asked = "--resolution 32 --epochs 1 --freeze trunk --trunk-rate 0.5 --class-weights balanced --patience 3"
    assert main([*command, *asked.split(), "--keep", "best", "--judge", "val_accuracy", "--batch", "8"]) == 0
    recipe = named("pneumonia-lenet", tmp_path).card.training.recipe
    assert recipe["stages"] == [{"size": 32, "epochs": 1}]
    expected = {"freeze": "trunk", "trunk_rate": 0.5, "class_power": 1.0, "patience": 3, "keep": "best"}
    assert {key: recipe[key] for key in expected} == expected
    assert recipe["judge"] == "val_accuracy"
    assert json.loads((tmp_path / "r" / "progress.json").read_text())["state"] == "finished"


def test_two_ways_to_say_the_resolution_are_one_too_many(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", "--data", str(data), "--arch", "resnet18", "--stages", "32x1", "--epochs", "2"]
    assert main([*command, "--out", str(tmp_path), "--run", str(tmp_path / "run")]) == 1
    assert "either --stages, or" in capsys.readouterr().err


def test_a_number_of_layers_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["train", "--data", "x", "--arch", "resnet18", "--freeze", "all"])
    assert "argument --freeze: 'all' is neither 'trunk' nor a number of layers" in capsys.readouterr().err


def test_every_option_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    said = capsys.readouterr().out
    told = (Path(__file__).parent.parent / "docs/training.md").read_text("utf-8")
    for option in ("--init", "--freeze", "--trunk-rate", "--resolution", "--epochs", "--stages", "--class-weights",
                   "--biases", "--patience", "--keep", "--judge", "--fold", "--tensorboard", "--teacher"):  # fmt: skip
        assert option in said
        assert option in told, f"docs/training.md does not name {option}"
