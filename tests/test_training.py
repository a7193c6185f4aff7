"""Training from a folder to a checkpoint: resumes, repeats, refuses bad data, starts from any weights."""

from __future__ import annotations

import copy
import csv
import errno
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from core.architectures import ARCHITECTURES
from core.checkpoint import Interval, Storage, find, named
from core.classifier import Classifier
from core.cli import main
from core.dataset import Fold, counts, draw, fingerprint, hold_out, index, of_split, parse_fold
from core.errors import DataError, TrainingError
from core.evaluate import from_csv
from core.tasks import TASKS
from core.training import run as runs
from core.training import state
from core.training.balance import alike, balance
from core.training.calibrate import fit_temperature
from core.training.claim import claimed
from core.training.data import Films, Skipped
from core.training.epoch import Lesson, Pupil, one_epoch
from core.training.images import Sized
from core.training.initial import initialise
from core.training.learning import groups
from core.training.order import Order
from core.training.recipe import Recipe, Stage, parse_stages
from core.training.run import train
from core.training.setting import Run
from core.training.shifted import DRAWS, shifted_logits, validate_shifted
from core.training.team import ALONE
from core.training.validation import logits_of, validate
from core.xray import Preprocessing
from tests import checkpoints
from tests.synthetic import as_dicom, as_png8, film

TASK = TASKS["pneumonia"]
TINY = Recipe(stages=(Stage(32, 2), Stage(48, 1)), batch=8, val_share=0.25)


def write_films(root: Path, train_films: int = 8, test_films: int = 3) -> Path:
    """The public set's layout, with films that differ by class: darker, plain, brighter."""
    for split, count in (("train", train_films), ("test", test_films)):
        for label, shade in (("NORMAL", 0.6), ("BACTERIA", 0.8), ("VIRUS", 1.0)):
            folder = root / split / ("NORMAL" if label == "NORMAL" else "PNEUMONIA")
            folder.mkdir(parents=True, exist_ok=True)
            for i in range(count):
                name = f"IM-{i:04}-0001.png" if label == "NORMAL" else f"person{i}_{label.lower()}_{i}.png"
                (folder / name).write_bytes(as_png8(film(80, 72, seed=i) * shade))
    return root


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_films(tmp_path_factory.mktemp("films"))


def order(data: Path, tmp_path: Path, **changes: Any) -> Order:
    """A run of the smallest network: what is around it is tested, and larger ones where they matter."""
    made = Order(data, TASK, ARCHITECTURES["lenet"], TINY, "scratch", tmp_path / "out", tmp_path / "run", "train it")
    return replace(made, **changes)


def test_a_run_leaves_a_whole_checkpoint(data: Path, tmp_path: Path) -> None:
    train(order(data, tmp_path, architecture=ARCHITECTURES["resnet18"]))
    found = named("pneumonia-resnet18", tmp_path / "out")
    card = found.card
    assert card.training.films["test"] == {"NORMAL": 3, "BACTERIA": 3, "VIRUS": 3}
    assert card.training.films["train"]["VIRUS"] + card.training.films["val"]["VIRUS"] == 8
    assert card.preprocessing["size"] == 48
    assert card.test_films == 9
    assert all(tensor.dtype in {torch.float16, torch.int64} for tensor in found.tensors().values())
    predictions = from_csv(found.predictions)
    assert len(predictions) == 9
    assert card.metrics["accuracy"].value == pytest.approx((predictions.decisions == predictions.labels).mean())
    with (tmp_path / "run" / "history.csv").open() as file:
        assert [row["size"] for row in csv.DictReader(file)] == ["32", "32", "48"]


def test_a_killed_run_goes_on_and_ends_where_an_unbroken_one_does(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = replace(TINY, stages=(Stage(32, 1), Stage(48, 1)))
    asked = {"architecture": ARCHITECTURES["googlenet"], "head": "classic", "recipe": short}  # which has dropout
    train(order(data, tmp_path / "unbroken", **asked))
    real = state.save
    saves: list[int] = []

    def killed(folder: Path, tensors: Any, facts: Any) -> None:
        real(folder, tensors, facts)
        saves.append(len(facts["history"]))
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(state, "save", killed)
        with pytest.raises(KeyboardInterrupt):
            train(order(data, tmp_path / "broken", **asked))
    train(order(data, tmp_path / "broken", **asked))
    assert saves == [1]
    first, second = (
        load_file(tmp_path / side / "out" / "pneumonia-googlenet.safetensors") for side in ("unbroken", "broken")
    )
    assert all(torch.equal(tensor, second[name]) for name, tensor in first.items())


def test_the_state_of_another_run_is_refused(data: Path, tmp_path: Path) -> None:
    train(order(data, tmp_path))
    elsewhere = tmp_path / "elsewhere"
    with pytest.raises(TrainingError, match=r"another recipe.*Give another --name"):
        train(order(data, tmp_path, out=elsewhere, recipe=replace(TINY, rate=1e-3)))
    with pytest.raises(TrainingError, match="with other films"):
        train(order(write_films(tmp_path / "fewer", 7), tmp_path, out=elsewhere))


def test_two_runs_in_one_folder_are_refused(data: Path, tmp_path: Path) -> None:
    with claimed(tmp_path / "run"), pytest.raises(TrainingError, match=r"Another training is running.*--run"):
        train(order(data, tmp_path))
    assert not (tmp_path / "run" / "progress.json").exists()  # the other one's journal is left alone
    train(order(data, tmp_path))


def test_a_network_of_films_that_nobody_knows_is_not_overwritten(data: Path, tmp_path: Path) -> None:
    path = train(order(data, tmp_path)).with_suffix(".json")
    card = json.loads(path.read_text("utf-8"))
    card["training"] |= {"fingerprint": None, "teachers": None}  # no teachers noted: as it is now
    path.write_text(json.dumps(card), "utf-8")
    with pytest.raises(TrainingError, match=r"already, with other films\. It is not overwritten"):
        train(order(data, tmp_path))


def test_the_state_of_another_network_is_refused(data: Path, tmp_path: Path) -> None:
    short = replace(TINY, stages=(Stage(32, 1),))
    train(order(data, tmp_path, recipe=short))
    with pytest.raises(TrainingError, match="another architecture"):
        train(order(data, tmp_path, recipe=short, architecture=ARCHITECTURES["resnet18"]))


def test_a_run_is_told_by_its_classes_and_network_and_by_what_older_ones_wrote_down(tmp_path: Path) -> None:
    made = Run(TASK, TINY, Preprocessing(), "f" * 64, tmp_path, torch.device("cpu"), architecture="vgg11")
    assert made.otherwise(made.identity) == ""
    assert made.otherwise({"recipe": {"batch": 8, "val_share": 0.25, "stages": TINY.to_dict()["stages"]}}) == ""
    assert made.otherwise(made.identity | {"classes": TASK.classes[::-1]}).startswith("other classes")
    assert made.otherwise(made.identity | {"architecture": "vgg13"}) == "another architecture"
    assert made.otherwise(made.identity | {"head": "mlp", "fingerprint": "e" * 64}) == "other films and another head"


def test_a_broken_state_is_named(data: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "state.safetensors").write_bytes(b"half a file")
    with pytest.raises(TrainingError, match="broken"):
        train(order(data, tmp_path))


def test_a_full_disk_says_so(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(TrainingError, match="full"):
        train(order(data, tmp_path))


def test_unreadable_films_are_listed_and_skipped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = write_films(tmp_path / "films")
    (root / "train" / "NORMAL" / "IM-0900-0001.png").write_bytes(b"not an image")
    train(order(root, tmp_path, recipe=replace(TINY, stages=(Stage(32, 1),))))
    assert "skipped train/NORMAL/IM-0900-0001.png" in capsys.readouterr().err
    assert named("pneumonia-lenet", tmp_path / "out").card.training.skipped == 1


@pytest.mark.parametrize(("missing", "says"), [("test", "no 'test' split"), ("train", "no 'train' split")])
def test_a_missing_split_is_named(tmp_path: Path, missing: str, says: str) -> None:
    root = write_films(tmp_path / "films", 4, 1)
    (root / missing).rename(tmp_path / "elsewhere")
    with pytest.raises(DataError, match=says):
        train(order(root, tmp_path))


def test_an_empty_class_is_named(tmp_path: Path) -> None:
    root = write_films(tmp_path / "films", 4, 1)
    for path in root.glob("train/PNEUMONIA/*virus*"):
        path.unlink()
    with pytest.raises(TrainingError, match="Class VIRUS has no readable film in the train split"):
        train(order(root, tmp_path))


def test_a_folder_without_films_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no folder"):
        index(tmp_path / "nowhere", TASK)
    with pytest.raises(DataError, match="No film of the task"):
        index(tmp_path, TASK)


def test_plain_class_folders_are_understood(tmp_path: Path) -> None:
    for label in TASK.classes:
        folder = tmp_path / "train" / label.lower()
        folder.mkdir(parents=True)
        (folder / "a.png").write_bytes(as_png8(film(64, 64)))
    assert [film.label for film in index(tmp_path, TASK)] == ["BACTERIA", "NORMAL", "VIRUS"]


def test_dicom_without_a_suffix_is_trained_on_each_film_a_patient(tmp_path: Path) -> None:
    folder = write_films(tmp_path / "films") / "train" / "NORMAL"
    for name in ("1.2.840.1", "1.2.840.2", "DICOMDIR"):
        (folder / name).write_bytes(as_dicom(film(80, 72, 3)))
    (folder / "notes").write_text("no film")
    found = {row.file.rpartition("/")[2]: row for row in index(tmp_path / "films", TASK) if "1.2" in row.file}
    assert sorted(found) == ["1.2.840.1", "1.2.840.2"]
    assert len({row.patient for row in found.values()}) == 2
    assert len(index(tmp_path / "films", TASK)) == 24 + 9 + 2


def test_patients_are_told_apart_by_split_and_class(data: Path) -> None:
    films = index(data, TASK)
    patients = {film.patient for film in films}
    assert {"train/BACTERIA/person1", "train/VIRUS/person1", "test/VIRUS/person1"} <= patients
    assert len(patients) == len(films)


def test_validation_shares_no_patient_with_training(tmp_path: Path) -> None:
    root = write_films(tmp_path / "films", 12, 1)
    for i in range(12):  # a second film of each child
        (root / "train" / "PNEUMONIA" / f"person{i}_virus_{100 + i}.png").write_bytes(as_png8(film(64, 64, seed=i)))
    films = hold_out(index(root, TASK), 0.25, seed=1)
    by_split = {split: {film.patient for film in of_split(films, split)} for split in ("train", "val", "test")}
    assert not by_split["train"] & by_split["val"]
    assert counts(films, TASK)["val"] == {"NORMAL": 3, "BACTERIA": 3, "VIRUS": 6}
    assert films == hold_out(index(root, TASK), 0.25, seed=1)
    assert films != hold_out(index(root, TASK), 0.25, seed=2)


def test_nih_numbers_name_one_patient_across_classes(tmp_path: Path) -> None:
    for label in ("No_findings", "Pneumonia"):
        (tmp_path / label).mkdir()
        (tmp_path / label / f"00000032_00{len(label) % 10}.png").write_bytes(b"")
    assert {film.patient for film in index(tmp_path, TASKS["covid"])} == {"00000032"}


def write_covid(root: Path, people: int = 10) -> Path:
    """Folders of classes without splits: NIH names with two films each, one child in both classes; a publication."""
    for shade, label in ((0.6, "No_findings"), (0.9, "Pneumonia")):
        (root / label).mkdir(parents=True)
        for i in range(2 * people):
            number = 0 if i < 2 else i // 2 + 100 * len(label)
            (root / label / f"{number:08}_{len(label):02}{i % 2}.png").write_bytes(
                as_png8(film(72, 64, seed=i) * shade)
            )
    (root / "Covid-19").mkdir()
    for i in range(people):
        (root / "Covid-19" / f"covid-19-pneumonia-{i}-day{i}.png").write_bytes(as_png8(film(72, 64, seed=i) * 0.3))
        (root / "Covid-19" / f"covid-19-pneumonia-{i}-PA.png").write_bytes(as_png8(film(72, 64, seed=50 + i) * 0.3))
    return root


def test_folds_share_no_patient_and_leave_nobody_out(tmp_path: Path) -> None:
    films = index(write_covid(tmp_path / "films"), TASKS["covid"])
    tested: list[str] = []
    for number in range(1, 6):
        drawn = draw(films, Fold(number))
        sides = {split: {film.patient for film in of_split(drawn, split)} for split in ("train", "test")}
        assert not sides["train"] & sides["test"]
        assert {film.label for film in of_split(drawn, "test")} == set(TASKS["covid"].classes)
        tested += sides["test"]
        assert drawn == draw(films, Fold(number))
    assert sorted(tested) == sorted({film.patient for film in films})


def test_a_fold_is_named_as_written() -> None:
    assert parse_fold("2/5") == Fold(2, 5)
    for bad in ("0/5", "6/5", "1/1", "2", "a/b", ""):
        with pytest.raises(DataError, match="K/N"):
            parse_fold(bad)


def test_films_of_one_publication_count_as_one_patient(tmp_path: Path) -> None:
    names = {
        "covid-19-pneumonia-24-day6": "covid-19-pneumonia-24",
        "covid-19-pneumonia-24-day12": "covid-19-pneumonia-24",
        "covid-19-pneumonia-2": "covid-19-pneumonia-2",
        "nejmoa2001191_f1-PA": "nejmoa2001191",
        "1-s2.0-S1684118220300682-main.pdf-003-b1": "1-s2.0-s1684118220300682",
        "41591_2020_819_Fig1_HTML.webp-day10": "41591_2020_819",
        "2B8649B2-00C4-4233-85D5-1CE240CF233B": "2B8649B2-00C4-4233-85D5-1CE240CF233B",
    }
    (tmp_path / "Covid-19").mkdir()
    for name in names:
        (tmp_path / "Covid-19" / f"{name}.png").write_bytes(b"")
    found = {film.path.stem: film.patient for film in index(tmp_path, TASKS["covid"])}
    assert found == {name: f"COVID-19/{patient}" for name, patient in names.items()}


def test_a_folder_without_splits_is_trained_on_and_evaluated_alike(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, out = write_covid(tmp_path / "films"), tmp_path / "out"
    command = ["train", "--data", str(root), "--task", "covid", "--arch", "lenet", "--stages", "32x1", "--batch"]
    command += ["16", "--fold", "2/5", "--out", str(out), "--run", str(tmp_path / "run")]
    assert main(command) == 0
    said = capsys.readouterr().err
    assert "test films are fold 2 of 5, drawn by patient" in said
    card = named("covid-lenet", out).card
    assert card.training.recipe["fold"] == {"fold": 2, "folds": 5, "seed": 2020}
    assert any("fold 2 of 5" in limit for limit in card.limits)
    assert f"of {card.training.patients['test']} patients" in said
    evaluate = ["evaluate", "--model", "covid-lenet", "--weights", str(out), "--data", str(root), "--json"]
    assert main(evaluate) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["n"] == sum(card.training.films["test"].values()) == card.test_films
    assert result["accuracy"] == pytest.approx(card.metrics["accuracy"].value)
    assert result["drawn"] == str(Fold(2, 5)) in result["methods"]
    assert main([*evaluate, "--split", "val"]) == 0
    assert json.loads(capsys.readouterr().out)["n"] == sum(card.training.films["val"].values())
    assert main([*evaluate, "--split", ""]) == 0
    assert json.loads(capsys.readouterr().out)["n"] == 60
    next(root.glob("Covid-19/*")).unlink()
    for path in root.glob("Pneumonia/*"):
        path.unlink()
    assert main(evaluate) == 0
    assert "not the films on the network's card" in capsys.readouterr().err


def test_no_fold_is_drawn_where_the_folder_has_splits(data: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Leave --fold out"):
        train(order(data, tmp_path, recipe=replace(TINY, fold=Fold(1, 5))))


def test_the_fingerprint_knows_every_file() -> None:
    rows = [("a", "1"), ("b", "2")]
    assert fingerprint(rows) == fingerprint(rows[::-1])
    assert fingerprint(rows) != fingerprint([("a", "1"), ("b", "3")])


def test_a_loss_that_is_no_number_stops_the_run(data: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no longer a number"):
        train(order(data, tmp_path, recipe=replace(TINY, rate=1e30)))


def test_a_run_knows_its_teachers_by_their_weights(data: Path, tmp_path: Path) -> None:
    for name in ("first", "second"):
        train(order(data, tmp_path / name, recipe=replace(TINY, seed=len(name))))
    first, second = (tmp_path / name / "out" / "pneumonia-lenet.safetensors" for name in ("first", "second"))
    pupil = order(data, tmp_path / "pupil", recipe=replace(TINY, teacher=str(first)))
    train(pupil)
    card = named("pneumonia-lenet", pupil.out).card
    assert card.training.teachers == (f"pneumonia-lenet (sha256 {hashlib.sha256(first.read_bytes()).hexdigest()})",)
    for part in ("safetensors", "json"):  # another teacher of that name
        second.with_suffix(f".{part}").replace(first.with_suffix(f".{part}"))
    with pytest.raises(TrainingError, match="with other teachers"):
        train(pupil)


def test_a_teacher_tempers_the_labels(data: Path, tmp_path: Path) -> None:
    train(order(data, tmp_path))
    _, films, _ = runs._films(order(data, tmp_path))
    taught = order(data, tmp_path, recipe=replace(TINY, teacher="pneumonia-lenet", teaching=0.5))

    def learnt(of: Order) -> Films:
        return runs._taught(of, films, runs._teachers(of), ALONE, print)

    targets, truth = learnt(taught).targets, learnt(order(data, tmp_path)).targets
    elsewhere = replace(taught.recipe, teacher=str(tmp_path / "out" / "pneumonia-lenet.safetensors"))
    by_file = order(data, tmp_path, recipe=elsewhere, out=tmp_path / "others")
    np.testing.assert_allclose(learnt(by_file).targets, targets, atol=1e-5)
    np.testing.assert_allclose(targets.sum(1), 1, atol=1e-5)
    np.testing.assert_array_equal(truth.argmax(1), films.labels)
    of_truth = (targets * truth).sum(1)
    assert (of_truth >= 0.5).all()
    assert (of_truth < 1).all()


def test_films_count_as_their_frames_say_in_training_and_in_balancing(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lessons, balanced = [], []

    def epoch(pupil: Pupil, lesson: Lesson, *rest: Any) -> dict[str, Any]:
        lessons.append(lesson)
        return one_epoch(pupil, lesson, *rest)

    def settle(films: Films, *rest: Any) -> Any:
        balanced.append(films)
        return alike(films, *rest)

    monkeypatch.setattr("core.training.loop.one_epoch", epoch)
    monkeypatch.setattr("core.training.run.alike", settle)
    train(order(data, tmp_path, recipe=replace(TINY, stages=(Stage(32, 1),), propensity=5.0)))
    for heeds in (lessons[0], balanced[0]):
        assert heeds.counts is not None
        assert len(heeds.counts) == len(heeds)
        assert float(heeds.counts.std()) > 0
    assert named("pneumonia-lenet", tmp_path / "out").card.training.recipe["propensity"] == 5.0


def test_a_film_that_does_not_count_teaches_nothing() -> None:
    torch.manual_seed(0)
    films, count = torch.randint(0, 255, (8, 48, 48), dtype=torch.uint8).numpy(), torch.tensor([1.0] * 4 + [0.0] * 4)
    learnt = []
    for wrong in (0, 2):
        targets = torch.eye(3)[[0, 1, 2, 0, *[wrong] * 4]]
        torch.manual_seed(1)
        network = ARCHITECTURES["resnet18"].build(3)
        optimizer = torch.optim.SGD(groups(network, TINY), lr=0.1)
        pupil = Pupil(network, copy.deepcopy(network), optimizer)
        run = Run(TASK, TINY, Preprocessing(size=48), "", Path(), torch.device("cpu"), "")
        one_epoch(pupil, Lesson(Sized(films), targets, torch.ones(3), counts=count), run, 0, lambda _: None)
        learnt.append(network.head.linear.weight.detach())
    torch.testing.assert_close(learnt[0], learnt[1])


def test_films_left_over_by_the_last_batch_are_not_taken_for_misread() -> None:
    films, targets = np.zeros((3, 32, 32), np.uint8), torch.eye(3)[[0, 0, 0]]
    network = ARCHITECTURES["lenet"].build(3)
    with torch.no_grad():
        network.head.last.bias.copy_(torch.tensor([100.0, 0.0, 0.0]))
    pupil = Pupil(network, copy.deepcopy(network), torch.optim.SGD(groups(network, TINY), lr=0.1))
    run = Run(TASK, replace(TINY, batch=2), Preprocessing(size=32), "", Path(), torch.device("cpu"), "")
    row = one_epoch(pupil, Lesson(Sized(films), targets, torch.ones(3)), run, 0, lambda _: None)
    assert row["train_accuracy"] == 1


# --- where weights start from -------------------------------------------------------------------------------------


def some_films(size: int = 64) -> tuple[torch.Tensor, Preprocessing]:
    pre = Preprocessing(size=size, mean=0.4, std=0.2)
    return torch.stack([torch.from_numpy(pre.apply(film(80, 72, seed=i)))[None] for i in range(6)]), pre


@pytest.mark.parametrize("name", ["resnet18", "resnext50_32x4d", "googlenet", "alexnet", "vgg11_bn"])  # a family each
def test_imagenet_weights_come_through_torchvisions_cache(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torchvision import models

    torch.manual_seed(7)
    url = models.get_model_weights(name).DEFAULT.url
    options = {"init_weights": False} if name == "googlenet" else {}  # else it takes seconds, and warns
    original = models.get_model(name, weights=None, **options)
    cache = tmp_path / "hub" / "checkpoints"
    cache.mkdir(parents=True)
    torch.save(original.state_dict(), cache / url.rsplit("/", 1)[1])
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    films, pre = some_films()
    network = initialise(ARCHITECTURES[name], ARCHITECTURES[name].build(3), "imagenet", films, pre)
    expected = dict(original.named_parameters())
    first = next(iter(network.trunk.parameters()))
    assert torch.equal(first, next(iter(expected.values())))
    last = list(network.trunk.parameters())[-1]
    assert any(last.shape == p.shape and torch.equal(last, p) for p in expected.values())


def test_what_nobody_trained_on_imagenet_is_said() -> None:
    lenet = ARCHITECTURES["lenet"]
    with pytest.raises(TrainingError, match="--init scratch"):
        initialise(lenet, lenet.build(3), "imagenet", *some_films())


def test_imagenet_without_a_network_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import urllib.request

    def offline(*_: object, **__: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(urllib.request, "urlopen", offline)
    monkeypatch.setattr("torch.hub.urlopen", offline)
    with pytest.raises(TrainingError, match="TORCH_HOME"):
        initialise(ARCHITECTURES["resnet18"], ARCHITECTURES["resnet18"].build(3), "imagenet", *some_films())


def test_a_checkpoint_is_taken_whole_or_for_its_trunk(tmp_path: Path) -> None:
    path = checkpoints.random_checkpoint(tmp_path).weights
    own = load_file(path)
    same = initialise(ARCHITECTURES["resnet18"], ARCHITECTURES["resnet18"].build(3), str(path), *some_films())
    assert torch.equal(same.state_dict()["head.linear.weight"], own["head.linear.weight"].float())
    other = initialise(ARCHITECTURES["resnet18"], ARCHITECTURES["resnet18"].build(5), str(path), *some_films())
    assert other.state_dict()["head.linear.weight"].shape == (5, 512)
    assert torch.equal(other.state_dict()["trunk.conv1.weight"], own["trunk.conv1.weight"].float())
    with pytest.raises(TrainingError, match="does not fit VGG-16-BN"):
        initialise(ARCHITECTURES["vgg16_bn"], ARCHITECTURES["vgg16_bn"].build(3), str(path), *some_films())


@pytest.mark.parametrize("name", ["resnet18", "googlenet", "vgg16", "alexnet"])
def test_a_file_of_torchvisions_is_taken_for_its_trunk(name: str, tmp_path: Path) -> None:
    from torchvision import models

    options = {"init_weights": False} if name == "googlenet" else {}  # else it takes seconds, and warns
    theirs = {
        f"module.{key}": value for key, value in models.get_model(name, weights=None, **options).state_dict().items()
    }
    old = {key: value for key, value in theirs.items() if not key.endswith("num_batches_tracked")}
    torch.save({"state_dict": old, "epoch": 90}, tmp_path / "theirs.pth")
    row = ARCHITECTURES[name]
    network = initialise(row, row.build(3), str(tmp_path / "theirs.pth"), *some_films())
    for parameter in network.trunk.parameters():
        assert any(parameter.shape == value.shape and torch.equal(parameter, value) for value in theirs.values())
    assert network.state_dict()["head.linear.weight"].shape[0] == 3


def plain_vgg() -> tuple[torch.nn.Module, dict[str, torch.Tensor]]:
    from torchvision import models

    torch.manual_seed(3)
    with torch.device("meta"):  # its classifier, not wanted here, has 120 million weights
        features = models.vgg16(weights=None).features
    features.to_empty(device="cpu")
    for layer in features:
        if isinstance(layer, torch.nn.Conv2d):  # as torchvision does
            torch.nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            torch.nn.init.zeros_(layer.bias)
    return features[:-1].eval(), {f"features.{name}": value for name, value in features.state_dict().items()}


def test_plain_convolutions_are_adopted_by_a_network_with_batch_norms(tmp_path: Path) -> None:
    foreign, tensors = plain_vgg()
    torch.save(tensors, tmp_path / "vgg16.pth")
    films, pre = some_films()
    network = initialise(
        ARCHITECTURES["vgg16_bn"], ARCHITECTURES["vgg16_bn"].build(3), str(tmp_path / "vgg16.pth"), films, pre
    ).eval()
    grey = (films * pre.std + pre.mean).repeat(1, 3, 1, 1)
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    with torch.no_grad():
        ours, theirs = network.features(films), foreign((grey - mean) / std)
    # One common factor apart; and off at the border, where zero padding means another grey in each.
    assert float(torch.corrcoef(torch.stack([ours.flatten(), theirs.flatten()]))[0, 1]) > 0.98


def test_onnx_convolutions_are_taken_in_order(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    from onnx import helper, numpy_helper

    _, tensors = plain_vgg()
    nodes, values = [], []
    names = [name.removesuffix(".weight") for name in tensors if name.endswith("weight")]
    for i, name in enumerate(names):
        nodes.append(helper.make_node("Conv", [f"x{i}", f"{name}.weight", f"{name}.bias"], [f"x{i + 1}"]))
        values += [numpy_helper.from_array(tensors[f"{name}.{p}"].numpy(), f"{name}.{p}") for p in ("bias", "weight")]
    ends = [helper.make_tensor_value_info(f"x{i}", 1, None) for i in (0, len(names))]
    onnx.save(helper.make_model(helper.make_graph(nodes, "vgg", ends[:1], ends[1:], values)), tmp_path / "vgg.onnx")
    network = initialise(
        ARCHITECTURES["vgg16_bn"], ARCHITECTURES["vgg16_bn"].build(3), str(tmp_path / "vgg.onnx"), *some_films()
    )
    assert torch.equal(network.trunk[3].weight, tensors["features.2.weight"])


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("w.json", b"garbage", "no complete TensorFlow.js"),
        ("w.json", b'{"weightsManifest": []}', "another network than Keras' ResNet-50"),
        ("w.pth", b"garbage", "no plain PyTorch state dict"),
        ("w.safetensors", b"garbage", "no safetensors file"),
        ("w.onnx", b"garbage", "no readable ONNX|does not fit"),
        ("w.zip", b"", "neither 'scratch'"),
    ],
)
def test_weights_that_are_none_are_refused(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    pytest.importorskip("onnx")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TrainingError, match=says):
        initialise(ARCHITECTURES["vgg16_bn"], ARCHITECTURES["vgg16_bn"].build(3), str(tmp_path / name), *some_films())


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, Sequence[str]]:
            return os.system, ("touch pwned",)

    torch.save({"weight": Trap()}, tmp_path / "trap.pth")
    with pytest.raises(TrainingError, match="plain PyTorch state dict"):
        initialise(
            ARCHITECTURES["resnet18"], ARCHITECTURES["resnet18"].build(3), str(tmp_path / "trap.pth"), *some_films()
        )
    assert not Path("pwned").exists()


# --- the parts ----------------------------------------------------------------------------------------------------


def test_stages_are_read_as_written() -> None:
    assert parse_stages("128x16,224x4") == (Stage(128, 16), Stage(224, 4))
    recipe = Recipe(stages=parse_stages("64x2,96x1"))
    assert [recipe.size_of(epoch) for epoch in range(3)] == [64, 64, 96]
    for bad in ("128", "128x0", "16x4", "4096x1", "x", "128x4;224x1"):
        with pytest.raises(TrainingError, match="SIZExEPOCHS"):
            parse_stages(bad)


@pytest.mark.parametrize("batch", [1, 0, -4])
def test_a_step_of_less_than_two_films_is_refused(batch: int) -> None:
    with pytest.raises(TrainingError, match="--batch"):
        Recipe(batch=batch)


def test_a_missing_file_is_skipped_with_its_reason(data: Path) -> None:
    from core.training.data import decode

    films = index(data, TASK)[:3]
    films[1] = replace(films[1], path=data / "gone.png")
    kept = decode(films, TASK, 32)
    assert len(kept) == 2
    assert kept.images.shape == (2, 32, 32)
    assert kept.images.dtype == np.uint8
    assert isinstance(kept.skipped[0], Skipped)


@pytest.mark.parametrize(("changed", "warned"), [(1, False), (7, True)])
def test_who_trains_is_told_when_16_bits_change_readings(tmp_path: Path, changed: int, warned: bool) -> None:
    made = checkpoints.random_checkpoint(tmp_path)
    metrics = {"accuracy": Interval(value=0.9, low=0.8, high=1.0)}
    storage = Storage(largest_change=0.1, decisions_changed=changed)
    card = made.card.model_copy(update={"metrics": metrics, "storage": storage})
    said = runs.conclusion(replace(made, card=card))
    assert any(f"reads {changed} test films otherwise" in line for line in said) is warned


def test_the_shipped_folder_holds_no_broken_checkpoint() -> None:
    good, bad = find()
    assert not bad
    assert {"pneumonia-vgg16_bn", "pneumonia-resnet18", "pneumonia-resnet50"} <= set(good)
    for found in good.values():
        assert Classifier(found).checkpoint is found


def test_balancing_makes_the_merged_classes_weigh_alike() -> None:
    torch.manual_seed(0)
    network = ARCHITECTURES["resnet18"].build(3)
    # A network that knows the truth but for noise, and leans towards what is common: few films are normal.
    labels = np.array([0] * 60 + [1] * 400 + [2] * 200)
    lean = torch.tensor([-1.5, 1.0, 0.5])
    logits = torch.randn(660, 3) + 2.0 * torch.eye(3)[labels] + lean
    before = network.head.linear.bias.clone()
    films = Films((None,) * 660, np.zeros((660, 1, 1), np.uint8), labels, (), np.eye(3, dtype=np.float32)[labels])  # type: ignore[arg-type]
    moved = balance(network, logits, labels, alike(films, TASK, power=0.5))
    torch.testing.assert_close(network.head.linear.bias.detach(), before.detach() + moved)
    assert abs(float(moved.sum())) < 1e-5
    old, new = (validate(values, films, TASK) for values in (logits, logits + moved))
    assert new["val_merged_macro_recall"] > old["val_merged_macro_recall"] + 0.03


def test_a_few_films_do_not_move_biases_without_end() -> None:
    network = ARCHITECTURES["resnet18"].build(3)
    labels = np.array([0, 1, 2])
    moved = balance(network, 3 * torch.eye(3)[labels] + torch.tensor([0.0, 5.0, 0.0]), labels, np.full(3, 1 / 3))
    assert moved.isfinite().all()
    assert float(moved.abs().max()) <= 2


def test_the_temperature_undoes_what_was_done_to_the_logits() -> None:
    torch.manual_seed(0)
    logits = 2 * torch.randn(20_000, 3)
    labels = torch.multinomial(logits.softmax(1), 1).flatten().numpy()  # as likely as the logits say
    for factor in (0.5, 1.0, 2.0):
        assert fit_temperature(logits * factor, labels, TASK) == pytest.approx(factor, rel=0.06)


def test_the_temperature_heeds_the_merged_classes_only() -> None:
    logits = torch.randn(500, 3)
    labels = np.array([0, 1, 2, 1, 2] * 100)
    other_kind = np.where(labels == 0, 0, 3 - labels)
    assert fit_temperature(logits, labels, TASK) == fit_temperature(logits, other_kind, TASK)


def test_films_that_a_line_parts_leave_a_temperature_within_bounds() -> None:
    labels = np.array([0, 1, 2] * 10)
    assert fit_temperature(torch.eye(3)[labels], labels, TASK) == pytest.approx(0.2)


def test_validation_under_shift_repeats_and_is_of_altered_films(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = ARCHITECTURES["resnet18"].build(3).eval()
    rng = np.random.default_rng(0)
    labels = np.array([0, 1, 2] * 4)
    images = rng.integers(0, 255, (12, 64, 64), dtype=np.uint8)
    films = Films((None,) * 12, images, labels, (), np.eye(3, dtype=np.float32)[labels])  # type: ignore[arg-type]
    recipe = Recipe(stages=(Stage(64, 1),))
    run = Run(TASK, recipe, Preprocessing(size=64), "f" * 64, tmp_path, torch.device("cpu"))
    draws, again = (shifted_logits(network, films, run) for _ in range(2))
    assert len(draws) == DRAWS
    assert all(torch.equal(one, other) for one, other in zip(draws, again, strict=True))
    first = validate_shifted(draws, films, TASK)
    plain = validate(logits_of(network, films, run, 64), films, TASK)
    assert {name.replace("shifted_", "") for name in first} == set(plain)
    assert first["val_shifted_loss"] != pytest.approx(plain["val_loss"], abs=1e-6)


@pytest.mark.parametrize(("stages", "canvas"), [("32x1,64x1", 224), ("320x1,256x1", 320)])
def test_films_are_never_made_smaller_than_they_are_learnt_from(
    data: Path, tmp_path: Path, stages: str, canvas: int
) -> None:
    made, films, _ = runs._films(order(data, tmp_path, recipe=replace(TINY, stages=parse_stages(stages))))
    assert films.images.shape[1:] == (canvas, canvas)
    expected = runs._preprocessing(made, films)
    assert (expected.canvas, expected.size) == (canvas, made.recipe.size)


def test_every_kind_of_network_can_be_trained(data: Path, tmp_path: Path) -> None:
    recipe = replace(TINY, stages=(Stage(64, 1),))
    lenet = replace(order(data, tmp_path), architecture=ARCHITECTURES["lenet"], head="classic", recipe=recipe)
    found = Classifier(find(train(lenet).parent)[0]["pneumonia-lenet"])
    assert found.checkpoint.card.head == "classic"
    scaled = ARCHITECTURES["lenet"].scaled
    assert scaled is not None
    assert (found.checkpoint.preprocessing.mean, found.checkpoint.preprocessing.std) == pytest.approx(scaled)


def test_sizes_that_do_not_fit_the_network_are_refused(data: Path, tmp_path: Path) -> None:
    alexnet = ARCHITECTURES["alexnet"]
    with pytest.raises(TrainingError, match=f"{alexnet.smallest} pixels"):
        replace(order(data, tmp_path), architecture=alexnet, recipe=replace(TINY, stages=(Stage(32, 1),)))
    two = replace(TINY, stages=(Stage(128, 1), Stage(224, 1)))
    with pytest.raises(TrainingError, match="one size only"):
        replace(order(data, tmp_path), architecture=ARCHITECTURES["lenet"], head="classic", recipe=two)


# --- data that mislead --------------------------------------------------------------------------------------------


def test_data_that_mislead_are_named_before_the_first_epoch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = write_covid(tmp_path / "films")
    for path in sorted(root.glob("Covid-19/*"))[6:]:
        path.unlink()
    copied = max(root.glob("Pneumonia/*"))
    (root / "No_findings" / "00009999_000.png").write_bytes(copied.read_bytes())
    films = draw(index(root, TASKS["covid"]), Fold(1, 3))
    task = TASKS["covid"]
    made = replace(order(root, tmp_path), task=task, recipe=replace(TINY, stages=(Stage(32, 1),), fold=Fold(1, 3)))
    train(made)
    said = named("covid-lenet", tmp_path / "out").card.warnings
    text = " ".join(said)
    assert "films of" in text
    assert "COVID-19, but" in text
    assert "1 patient with films of more than one class" in text
    assert "1 group of copies with different labels, 2 films in all." in text
    assert all(f"warning: {line}" in capsys.readouterr().err for line in said[:1])
    assert films
