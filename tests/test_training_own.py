"""Training on films of one's own: what is found in a folder, what is said of it, and where the network goes."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core import checkpoint as on_disk
from core import settings
from core.architectures import ARCHITECTURES
from core.checkpoint import named
from core.cli import main
from core.dataset import classes_in, index, left_out
from core.errors import CheckpointError, DataError, DivergedError, TrainingError
from core.tasks import OWN, TASKS, own_task
from core.training import run as runs
from core.training.recipe import Recipe, Stage
from core.training.run import train
from core.training.team import Team
from tests import checkpoints
from tests.synthetic import as_png8, film
from tests.test_training import TINY, order, write_films

SHORT = replace(TINY, stages=(Stage(32, 1),))


def write(root: Path, folders: Mapping[str, int]) -> Path:
    """Folders of so many films, each folder lighter than the one before."""
    for shade, (folder, count) in enumerate(folders.items()):
        (root / folder).mkdir(parents=True, exist_ok=True)
        for i in range(count):
            grey = film(72, 64, seed=i) * (0.4 + 0.6 * shade / len(folders))
            (root / folder / f"{i:03}.png").write_bytes(as_png8(grey))
    return root


@pytest.fixture(scope="module")
def flowers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("flowers"), {"rose": 15, "tulip": 15, "daisy": 15})


def told(root: Path, classes: tuple[str, ...]) -> dict[str, str]:
    """Folder → class that its films are given."""
    return {film.path.parent.name: film.label for film in index(root, own_task(classes))}


@pytest.mark.parametrize("classes", [("COVID+", "COVID-"), ("猫", "狗"), ("HER2+", "HER2-")])
def test_names_that_differ_by_a_sign_or_are_not_latin_are_told_apart(tmp_path: Path, classes: tuple[str, ...]) -> None:
    write(tmp_path, dict.fromkeys(classes, 1))
    assert told(tmp_path, classes) == {name: name for name in classes}


def test_a_folder_that_could_be_two_classes_is_neither(tmp_path: Path) -> None:
    write(tmp_path, {"covid": 1, "COVID+": 1})
    assert told(tmp_path, ("COVID+", "COVID-")) == {"COVID+": "COVID+"}


def test_of_ones_own_classes_the_folder_says_which_and_common_names_say_nobody(tmp_path: Path) -> None:
    for file in ("VIRUS/person1_bacteria_2.jpeg", "VIRUS/IM-0001-0007.jpg", "VIRUS/20240131_120000.jpg",
                 "NORMAL/IM-0001-0008.jpg", "NORMAL/00000032_0010.png", "NORMAL/00000032_001.png"):  # fmt: skip
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_bytes(b"")
    own = {film.file: film for film in index(tmp_path, own_task(("NORMAL", "VIRUS")))}
    assert all(file.startswith(film.label) for file, film in own.items())
    assert {film.patient for file, film in own.items() if "person" not in file} == {
        "VIRUS/IM-0001-0007", "VIRUS/20240131_120000", "NORMAL/IM-0001-0008", "NORMAL/00000032_0010", "00000032",
    }  # fmt: skip
    public = {film.file: film for film in index(tmp_path, TASKS["pneumonia"])}
    assert public["VIRUS/person1_bacteria_2.jpeg"].label == "BACTERIA"
    assert public["NORMAL/IM-0001-0008.jpg"].patient == "NORMAL/im-0001"


def test_films_called_alike_in_several_folders_of_a_class_are_of_several_patients(tmp_path: Path) -> None:
    write(tmp_path, {"train/rose": 1, "here/train/rose": 1, "there/rose": 1})
    found = {film.file: film.patient for film in index(tmp_path, own_task(("rose", "tulip")))}
    assert found["train/rose/000.png"] == "train/rose/000"
    assert len(set(found.values())) == 3


def test_folders_may_be_called_nearly_as_the_class_is(tmp_path: Path) -> None:
    write(tmp_path, {"No_findings": 1, "covid-19": 1, "PNEUMONIAS": 1})
    assert sorted(film.label for film in index(tmp_path, TASKS["covid"])) == ["COVID-19", "NO_FINDING", "PNEUMONIA"]


def test_what_is_of_no_class_is_counted(tmp_path: Path) -> None:
    write(tmp_path, {"rose": 2, "notes": 3})
    assert dict(left_out(tmp_path, own_task(("rose", "tulip")))) == {"notes": 3}


def test_valid_is_another_name_of_val(tmp_path: Path) -> None:
    write(tmp_path, {"train/rose": 1, "valid/rose": 1, "test/rose": 1})
    found = index(tmp_path, own_task(("rose", "tulip")))
    assert sorted(film.split for film in found) == ["test", "train", "val"]


def test_classes_are_the_folders_with_films(tmp_path: Path) -> None:
    write(tmp_path, {"train/rose": 1, "train/tulip": 1, "test/rose": 1})
    (tmp_path / ".hidden").mkdir()
    assert classes_in(tmp_path) == ("rose", "tulip")
    (tmp_path / "train" / "daisy").mkdir()
    with pytest.raises(DataError, match=r"daisy without any\. Put films"):
        classes_in(tmp_path)
    with pytest.raises(DataError, match="two or more"):
        classes_in(tmp_path / "test")
    write(tmp_path / "pneumonia", {"normal": 1, "pneumonia": 1})
    assert classes_in(tmp_path / "pneumonia") == ("normal", "pneumonia")
    write(tmp_path / "coins", {"invalid": 1, "Valid": 1})
    with pytest.raises(DataError, match=r"holds 1 folders.*two or more. Valid counts as a split: call it otherwise"):
        classes_in(tmp_path / "coins")


def test_linked_folders_are_followed_but_not_in_circles_and_hidden_ones_are_not(tmp_path: Path) -> None:
    root, elsewhere = tmp_path / "films", write(tmp_path / "elsewhere", {"flowers": 2})
    write(root, {"rose": 1, ".ipynb_checkpoints": 1, "rose/.ipynb_checkpoints": 1})
    (root / "tulip").symlink_to(elsewhere / "flowers")
    (root / "rose" / "back").symlink_to(root)
    (root / "old").symlink_to(root / "rose")
    (elsewhere / "flowers" / "across").symlink_to(root / "tulip")
    assert classes_in(root) == ("rose", "tulip")
    task = own_task(("rose", "tulip"))
    found = index(root, task)
    assert [film.file for film in found] == ["rose/000.png", "tulip/000.png", "tulip/001.png"]
    assert not left_out(root, task)


def test_classes_of_ones_own_are_trained_from_their_folders(
    flowers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own"
    monkeypatch.setenv(settings.WEIGHTS, str(own))
    command = [
        "train",
        "--data",
        str(flowers),
        "--task",
        OWN,
        "--arch",
        "lenet",
        "--name",
        "garden",
        "--stages",
        "32x1",
    ]
    assert main([*command, "--batch", "8", "--run", str(tmp_path / "run")]) == 0
    assert Path(capsys.readouterr().out.strip()) == own / "garden.safetensors"
    found = named("garden")
    assert found.task.classes == found.card.classes == ("daisy", "rose", "tulip")
    assert found.card.training.recipe["biases"] == "trained"
    whole = found.card_file.read_text()
    for claim in ("Kermany", "CC BY", "children of 1 to 5"):
        assert claim not in whole
    assert sum(found.card.training.films["test"].values()) == found.card.test_films == 9
    for asked in (["evaluate", "--model", "garden", "--data", str(flowers)], ["judge", str(found.predictions)]):
        assert main(asked) == 0
        assert "merged_" not in capsys.readouterr().out  # nobody said which of them are one
    assert main(["models"]) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("garden "))
    assert "two-class" not in line
    assert main([*command, "--judge", "val_merged_accuracy"]) == 2
    assert "are not merged. Choose val_loss, val_accuracy" in capsys.readouterr().err
    assert main(["read", "--model", "garden", "--json", str(flowers / "rose" / "000.png")]) == 0
    assert "lungs" not in json.loads(capsys.readouterr().out)


def test_a_network_that_learnt_from_films_of_plain_folders_held_out_now_is_pointed_out(
    flowers: Path, tmp_path: Path
) -> None:
    made = order(flowers, tmp_path, task=own_task(classes_in(flowers)), architecture=ARCHITECTURES["lenet"])
    first = replace(made, recipe=SHORT, called="first")
    train(first)
    again = replace(first, init="first", called="second", run=tmp_path / "again")
    train(replace(again, recipe=replace(SHORT, seed=SHORT.seed + 1)))
    assert any("learnt from some of those" in line for line in named("second", tmp_path / "out").card.warnings)


def test_films_that_are_not_the_public_sets_are_pointed_out(flowers: Path, tmp_path: Path) -> None:
    train(order(write_films(tmp_path / "public"), tmp_path, recipe=SHORT))
    assert not any("--task own" in line for line in named("pneumonia-lenet", tmp_path / "out").card.warnings)
    strangers = write(tmp_path / "strangers", dict.fromkeys(("NORMAL", "BACTERIA", "VIRUS"), 12))
    train(replace(order(strangers, tmp_path / "other"), recipe=SHORT))
    (said,) = (
        line for line in named("pneumonia-lenet", tmp_path / "other" / "out").card.warnings if "--task own" in line
    )
    assert said.startswith("36 of 36 files")
    assert "Kermany" in said


def test_validation_films_that_lack_a_class_are_set_aside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = write_films(tmp_path / "films")
    for path in ("NORMAL/IM-0100-0001.png", "PNEUMONIA/person100_bacteria_1.png"):
        (root / "val" / path).parent.mkdir(parents=True)
        (root / "val" / path).write_bytes(as_png8(film(64, 64)))
    train(order(root, tmp_path, recipe=SHORT))
    assert "set aside: 2 validation films" in capsys.readouterr().err
    films = named("pneumonia-lenet", tmp_path / "out").card.training.films
    assert films["val"]["VIRUS"] == 2
    assert sum(map(sum, (split.values() for split in films.values()))) == 33


def test_a_publication_in_two_splits_is_one_patient(tmp_path: Path) -> None:
    for split in ("train", "test"):
        (tmp_path / split / "Covid-19").mkdir(parents=True)
        (tmp_path / split / "Covid-19" / f"nejmoa2001191_f1-{split}.png").write_bytes(b"")
    assert {film.patient for film in index(tmp_path, TASKS["covid"])} == {"COVID-19/nejmoa2001191"}


def test_a_run_that_started_from_something_else_is_refused(tmp_path: Path) -> None:
    data = write_films(tmp_path / "films")
    train(order(data, tmp_path, recipe=SHORT))
    start = checkpoints.random_checkpoint(tmp_path / "start", arch="lenet")
    with pytest.raises(TrainingError, match="another init"):
        train(order(data, tmp_path, recipe=SHORT, init=str(start.weights)))


def test_a_name_that_another_folder_has_is_refused_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    checkpoints.random_checkpoint(shipped, arch="lenet")
    monkeypatch.setattr(on_disk, "SHIPPED", shipped)
    monkeypatch.setenv(settings.WEIGHTS, str(own))

    def place(**changes: Any) -> None:
        replace(order(tmp_path, tmp_path), **changes).make_place()

    with pytest.raises(TrainingError, match="Give another --name"):
        place(out=own)
    place(out=own, called="mine")
    place(out=tmp_path / "elsewhere")
    with pytest.raises(CheckpointError, match="cannot name files"):
        order(tmp_path, tmp_path, called="../net")  # before there is a run that could make a folder
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainingError, match="cannot be made"):
        place(out=tmp_path / "file")
    with pytest.raises(TrainingError, match="cannot be made"):  # and a run says so before it looks at any film
        train(replace(order(tmp_path / "nowhere", tmp_path), out=tmp_path / "file"))


def test_a_folder_that_takes_no_network_costs_no_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = order(write_films(tmp_path / "films", 4, 1), tmp_path, architecture=ARCHITECTURES["lenet"], recipe=SHORT)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("core.training.order.tempfile.TemporaryFile", full)
        with pytest.raises(TrainingError, match=r"written to \(No space left on device\)\. Give another folder"):
            made.make_place()
    with monkeypatch.context() as patch:
        patch.setattr("core.training.finish.write", full)
        with pytest.raises(TrainingError, match=r"cannot be stored in .*out .*give another --out, .* none is trained"):
            train(made)
    monkeypatch.setattr("core.training.loop.one_epoch", None)
    assert train(replace(made, out=tmp_path / "elsewhere")).is_file()
    assert not [*made.out.glob(".*"), *made.out.glob("tmp*")]


@pytest.mark.parametrize("name", ["label", "patient", " rose", "rose ", "ro\tse", "r" * 61])
def test_a_class_that_no_table_could_name_is_refused_before_training(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, run = write(tmp_path / "films", {name: 1, "tulip": 1}), tmp_path / "run"
    assert main(["train", "--data", str(data), "--task", OWN, "--arch", "lenet", "--run", str(run)]) == 1
    assert f"No class can be called {name!r}. Give 1 to 60 printable" in capsys.readouterr().err
    assert not run.exists()


def test_only_the_same_training_stores_a_network_again(tmp_path: Path) -> None:
    made = order(write_films(tmp_path / "films", 4, 1), tmp_path, architecture=ARCHITECTURES["lenet"], recipe=SHORT)
    path = train(made)
    found = named(path.stem, tmp_path / "out")
    found.film_map.write_text("file,x,y\n")
    train(replace(made, run=tmp_path / "afresh"))
    assert found.film_map.exists()  # the weights are the same
    before = path.read_bytes()
    other = replace(made, run=tmp_path / "other")
    for changes, says in (
        ({"recipe": replace(SHORT, rate=1e-3)}, "with another recipe. It is not overwritten: give another --name"),
        ({"data": write_films(tmp_path / "fewer", 3, 1)}, "with other films"),
        ({"head": "mlp"}, "with another head"),
    ):
        with pytest.raises(TrainingError, match=says):
            train(replace(other, **changes))
    assert path.read_bytes() == before
    path.unlink()
    with pytest.raises(TrainingError, match=r"is missing. Copy it again. Or give another --name"):
        train(made)
    found.card_file.unlink()
    path.write_bytes(b"weights of another network")
    train(made)
    assert not found.film_map.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [("rate", float("nan")), ("rate", 0.0), ("rate", float("inf")), ("decay", -1.0), ("mixup", -1.0), ("seed", -1),
     ("trunk_rate", -0.1), ("transplant", 1.5), ("patience", -1)],
)  # fmt: skip
def test_numbers_that_make_no_sense_are_refused(field: str, value: float) -> None:
    with pytest.raises(TrainingError, match=f"--{field.replace('_', '-')} .*: give"):
        replace(Recipe(), **{field: value})


def test_a_step_too_small_for_the_processes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="Give --batch 16 or more"):
        runs._train(order(tmp_path, tmp_path, recipe=replace(SHORT, batch=8)), Team(0, 8), None)  # type: ignore[arg-type]


def test_answers_beyond_all_bounds_are_a_diverged_run(tmp_path: Path) -> None:
    with pytest.raises(DivergedError, match="Lower --rate"):
        train(order(write_films(tmp_path / "films"), tmp_path, recipe=replace(SHORT, rate=1e9)))
