"""Lung fields: their shape, the share of evidence in them, how their network learns, and what is refused."""

from __future__ import annotations

import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.aids import open_aid, store_aid
from core.checkpoint import Checkpoint
from core.classifier import Classifier
from core.cli import main
from core.dataset import Film
from core.errors import CheckpointError, DataError
from core.evaluate.films import films_of
from core.explain import METHODS
from core.lungs import LungFields, evidence_inside, in_short, inside_of, outline, outlines, says, there
from core.lungs.making.learn import Lesson, learn
from core.lungs.making.pairs import Pair, divide, pairs
from core.lungs.making.settle import dice, settle
from core.lungs.making.teach import look
from core.lungs.network import LungNet
from core.lungs.outline import fields_of
from core.lungs.probe import VIEWS, Probed, probed, seen
from core.lungs.shape import doubt, lungs
from core.lungs.shares import MeanInside, means, of_film
from core.records import load, to_csv
from core.tasks import OWN
from core.xray import Preprocessing, read_xray
from tests.checkpoints import random_checkpoint
from tests.synthetic import as_png8, film
from tests.test_training import write_films

SIDE = 64


def ellipse(down: float, across: float, tall: float, wide: float, side: int = SIDE) -> np.ndarray:
    y, x = np.mgrid[0:side, 0:side] / side
    return ((y - down) / tall) ** 2 + ((x - across) / wide) ** 2 < 1


TWO = ellipse(0.5, 0.3, 0.3, 0.13) | ellipse(0.5, 0.7, 0.3, 0.13)


def likely(mask: np.ndarray, sure: float = 0.95) -> np.ndarray:
    return np.where(mask, sure, 1 - sure).astype(np.float32)


def fields(mask: np.ndarray = TWO) -> LungFields:
    return fields_of(likely(mask), "0" * 64)


def test_holes_are_filled_and_specks_are_gone() -> None:
    holed = likely(TWO)
    holed[30:34, 18:21] = 0.1
    holed[2:4, 2:4] = 0.9
    assert np.array_equal(lungs(holed), TWO)
    assert not lungs(np.zeros((8, 8), np.float32)).any()


@pytest.mark.parametrize(
    ("mask", "why"),
    [
        (np.zeros((SIDE, SIDE), bool), "none are seen"),
        (np.ones((SIDE, SIDE), bool), "more than lungs do"),
        (ellipse(0.5, 0.3, 0.3, 0.2), "Two lungs of like size"),
        (ellipse(0.0, 0.2, 0.5, 0.2) | ellipse(0.0, 0.8, 0.5, 0.2) | ellipse(1.0, 0.5, 0.3, 0.5), "edges"),
    ],
)
def test_what_is_no_pair_of_lungs_is_doubted_with_a_reason(mask: np.ndarray, why: str) -> None:
    found = doubt(mask, likely(mask))
    assert found is not None
    assert why in found
    assert not fields_of(likely(mask), "").plausible


def test_a_pair_of_lungs_is_plausible_unless_the_network_is_unsure() -> None:
    assert doubt(TWO, likely(TWO)) is None
    assert "unsure" in str(doubt(TWO, likely(TWO, 0.6)))
    assert fields().share == pytest.approx(TWO.mean())


def test_the_mask_is_at_the_films_size_and_shape() -> None:
    mask = fields().mask(320, 200)
    assert mask.shape == (200, 320)
    assert mask.mean() == pytest.approx(TWO.mean(), abs=0.01)


def test_evidence_is_shared_out_by_place() -> None:
    inside = evidence_inside(fields(), TWO.astype(np.float32))
    outside = evidence_inside(fields(), (~TWO).astype(np.float32))
    even = evidence_inside(fields(), np.ones((6, 6), np.float32))
    assert inside is not None
    assert outside is not None
    assert even is not None
    assert inside > 0.95
    assert outside < 0.05
    assert even == pytest.approx(TWO.mean(), abs=0.01)  # evenly spread evidence has the lungs' own share
    assert evidence_inside(fields(), np.zeros((6, 6), np.float32)) is None


def test_without_a_map_or_plausible_lungs_nothing_is_said_of_the_evidence() -> None:
    heat = TWO.astype(np.float32)
    assert inside_of(fields(), heat) == evidence_inside(fields(), heat)
    for nothing in (inside_of(None, heat), inside_of(fields(), None), inside_of(replace(fields(), doubt="No."), heat)):
        assert nothing is None
        assert in_short(fields(), nothing) == ""


def test_words_name_evidence_outside_and_lungs_that_are_not_found() -> None:
    assert "80 % of the evidence" in says(fields(), 0.8)
    assert "**Most of the evidence lies outside the lungs.**" in says(fields(), 0.2)
    for half, about in ((0.4999, "ust under 50 %"), (0.5, "50 %")):  # as whole percents they would be the same
        for words in (says(fields(), half), in_short(fields(), half)):
            assert f"{about} of the evidence" in words
            assert ("outside" in words) == (half < 0.5)
    assert "cover" in says(fields(), None)
    assert "not found" in says(fields(np.zeros((SIDE, SIDE), bool)), None)


# ---------------------------------------------------------------- the network and how it learns


@pytest.fixture
def aids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An aid of random weights, where the app looks for it."""
    torch.manual_seed(0)
    facts: dict[str, Any] = {
        "name": "lungs", "purpose": "p", "settings": {"size": SIDE, "widths": [4, 8]}, "data": "d", "films": {},
        "command": "c", "limits": (), "licence": "l", "citation": "c",
    }  # fmt: skip
    store_aid(tmp_path / "aids", LungNet((4, 8)).state_dict(), facts)
    return tmp_path / "aids"


def test_a_film_of_any_shape_has_fields_and_brightness_changes_nothing(aids: Path) -> None:
    assert there(aids)
    xray = read_xray(as_png8(film(90, 130)))
    found = outline(xray, aids)
    assert found.square.shape == (SIDE, SIDE)
    assert found.xray_sha256 == xray.sha256
    assert np.array_equal(found.square > 0.5, found.mask(SIDE, SIDE))
    network = LungNet((4, 8)).eval()
    squares = torch.rand(2, 1, SIDE, SIDE)
    assert network(squares).shape == squares.shape
    assert torch.allclose(network(squares), network(squares * 0.5 + 0.2), atol=0.05)


def test_a_missing_and_a_foreign_aid_say_what_to_do(aids: Path, tmp_path: Path) -> None:
    assert not there(tmp_path)
    xray = read_xray(as_png8(film(64, 64)))
    with pytest.raises(CheckpointError, match="python -m core lungs train"):
        outline(xray, tmp_path)
    foreign = shutil.copytree(aids, tmp_path / "foreign")
    card = json.loads((foreign / "lungs.json").read_text())
    card["settings"]["widths"] = [4, 9]
    (foreign / "lungs.json").write_text(json.dumps(card))
    with pytest.raises(CheckpointError, match="do not fit their card"):
        outline(xray, foreign)


def test_a_few_steps_teach_it_where_bright_is() -> None:
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    wanted = TWO[::2, ::2].astype(np.float32)
    films = torch.from_numpy(np.stack([0.2 + 0.6 * wanted + 0.02 * rng.random(wanted.shape) for _ in range(4)]))
    masks = torch.from_numpy(np.stack([wanted] * 4))
    said: list[str] = []
    lesson = Lesson(films[:, None].float(), masks[:, None], torch.ones(4), 30, 2e-2, 0)
    network = learn(LungNet((8, 16)), lesson, said.append)
    assert dice((look(network, lesson.films)[0] > 0.5).astype(np.float32), wanted) > 0.8
    assert "step 30/30" in said[-1]


def test_a_mask_of_another_crop_is_laid_where_the_lungs_are() -> None:
    moved = np.roll(TWO, (5, -4), axis=(0, 1)).astype(np.float32)
    laid, agrees = settle(moved, TWO.astype(np.float32))
    assert agrees > 0.92
    assert dice(laid, TWO.astype(np.float32)) > dice(moved, TWO.astype(np.float32))


def test_films_and_masks_meet_by_name_and_patients_stay_together(tmp_path: Path) -> None:
    folder, masks = tmp_path / "films", tmp_path / "masks.zip"
    folder.mkdir()
    with zipfile.ZipFile(masks, "w") as opened:
        for name in ("auntminnie-a", "auntminnie-b", "one", "two", "three"):
            (folder / f"{name}.png").write_bytes(as_png8(film(80, 80)))
            opened.writestr(f"m/{name}.png", as_png8(film(80, 80)))
        opened.writestr("m/nobody.png", as_png8(film(80, 80)))
        opened.writestr("m/wide.png", as_png8(film(80, 120)))
        (folder / "wide.png").write_bytes(as_png8(film(80, 80)))
    found = pairs(masks, folder)
    assert {pair.name: pair.aligned for pair in found}["wide"] is False
    assert len(found) == 6
    split = divide(found, 1, 2, 0)
    assert all(pair.aligned for part in ("val", "test") for pair in split[part])
    where = {pair.name: part for part, held in split.items() for pair in held}
    assert where["auntminnie-a"] == where["auntminnie-b"]
    (tmp_path / "nothing").mkdir()
    with pytest.raises(DataError, match="same names"):
        pairs(masks, tmp_path / "nothing")
    (tmp_path / "bad.zip").write_bytes(b"no archive")
    with pytest.raises(DataError, match="cannot be read"):
        pairs(tmp_path / "bad.zip", folder)
    assert isinstance(found[0], Pair)


# ---------------------------------------------------------------- figures over films


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    return random_checkpoint(tmp_path_factory.mktemp("weights"))


def test_views_hide_the_lungs_or_all_but_them() -> None:
    square = np.random.default_rng(0).random((SIDE, SIDE), np.float32)
    shown = {name: seen(view, square, fields()) for name, view in VIEWS.items()}
    assert np.array_equal(shown["whole"], square)
    assert np.array_equal(shown["alone"][TWO], square[TWO])
    assert np.unique(shown["alone"][~TWO]).size == 1
    assert np.array_equal(shown["hidden"][~TWO], square[~TWO])
    assert np.unique(shown["hidden"][TWO]).size == 1
    edges = {name: np.abs(np.diff(one, axis=1))[TWO[:, 1:] & TWO[:, :-1]].mean() for name, one in shown.items()}
    assert edges["smoothed"] < edges["whole"] / 2


@pytest.mark.parametrize(("width", "height"), [(2 * SIDE, SIDE), (SIDE, 2 * SIDE), (SIDE, SIDE)])
def test_of_a_film_that_is_cropped_the_lungs_are_hidden_where_they_lie_in_the_crop(width: int, height: int) -> None:
    crop = Preprocessing(canvas=SIDE, size=SIDE - 32, fit="crop")
    square = crop.squash(fields().mask(width, height).astype(np.float32))
    shown = seen(VIEWS["hidden"], square, fields(), crop.window(height, width))
    assert shown[square > 0.5] == pytest.approx(square.mean())
    assert np.array_equal(shown[square <= 0.5], square[square <= 0.5])


def test_figures_of_films_have_intervals_and_count_what_lies_outside(network: Checkpoint, tmp_path: Path) -> None:
    classifier = Classifier(network)
    films = [Film(tmp_path / f"{n}.png", f"test/VIRUS/{n}.png", "VIRUS", "test", f"p{n}") for n in range(3)]
    xrays = [read_xray(as_png8(film(80, 80, n))) for n in range(3)]
    rows = [
        row
        for one, xray in zip(films, xrays, strict=True)
        for row in of_film(classifier, classifier.read([xray])[0], one, fields())
    ]
    found = means(rows)
    assert {mean.method for mean in found} <= set(METHODS)
    assert all(mean.low <= mean.inside <= mean.high for mean in found)
    assert all(mean.share == pytest.approx(TWO.mean(), abs=1e-3) for mean in found)
    squash = network.preprocessing.squash
    decided = classifier.ask([seen(VIEWS["alone"], squash(xray.pixels), fields()) for xray in xrays]).argmax(1)
    result = probed(classifier, VIEWS["alone"], films, decided)
    assert result.films == 3
    assert result.low <= result.accuracy <= result.high
    assert result.commonest == 1
    assert (result.low, result.high) != (result.accuracy, result.accuracy)  # nor do three films say it for certain


def test_classes_of_ones_own_have_no_two_class_figures(
    network: Checkpoint, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = replace(network, card=network.card.model_copy(update={"task": OWN}))
    films = [Film(tmp_path / "0.png", "test/VIRUS/0.png", "VIRUS", "test", "p")]
    rows = [probed(Classifier(one), VIEWS["whole"], films, np.array([1])) for one in (own, network)]
    (tmp_path / "probe.csv").write_text(to_csv(Probed, rows), "utf-8")
    assert main(["lungs", "probe", "--out", str(tmp_path / "probe.csv")]) == 0
    assert ["two-class" in line for line in capsys.readouterr().out.splitlines()] == [False, True]


def test_the_command_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["lungs", "train", "--masks", str(tmp_path / "no.zip"), "--images", str(tmp_path)]
    assert main([*command, "--steps", "a,b"]) != 0
    assert "450,500,500" in capsys.readouterr().err
    assert main(command) != 0
    assert "cannot be read" in capsys.readouterr().err


def test_the_tables_are_of_the_films_asked_for(
    network: Checkpoint, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_films(tmp_path / "data")
    shared = ["--data", str(tmp_path / "data"), "--model", network.name, "--weights", str(network.folder)]
    shared += ["--out", str(tmp_path / "out.csv")]
    measure = ["lungs", "measure", *shared, "--rows", str(tmp_path / "rows.csv")]
    monkeypatch.setattr("core.lungs.outline", lambda _: fields())
    for split in ("train", "test"):
        assert main([*measure, "--split", split]) == 0
        films, _ = films_of(network, tmp_path / "data", split)
        assert max(mean.films for mean in load(MeanInside, tmp_path / "out.csv")) == len(films)
    monkeypatch.undo()
    capsys.readouterr()
    monkeypatch.setattr("core.lungs.outline", lambda _: replace(fields(), doubt="none"))
    assert main(["lungs", "probe", *shared, "--out", str(tmp_path / "probe.csv")]) == 1
    assert "lungs are seen. Give frontal chest films" in capsys.readouterr().err


def test_the_command_prints_the_shipped_tables(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for what, rows in (("measure", METHODS), ("probe", VIEWS)):
        assert main(["lungs", what]) == 0
        said = capsys.readouterr().out.splitlines()
        assert {line.split()[1] for line in said} <= set(rows)
        assert said
        assert main(["lungs", what, "--out", str(tmp_path / "none.csv")]) != 0
        assert "Give --data DIR" in capsys.readouterr().err


# ---------------------------------------------------------------- the network that is shipped


def test_the_card_states_what_was_to_be_reached() -> None:
    aid = open_aid("lungs")
    assert aid is not None
    assert aid.card.metrics["dice"].value >= 0.95


@pytest.mark.realdata
def test_real_films_have_a_plausible_pair_of_lungs_of_a_sensible_size(data_root: Path) -> None:
    files = sorted((data_root / "chest_xray" / "test").rglob("*.jpeg"))[::8]
    found = outlines([read_xray(file.read_bytes()) for file in files])
    sensible = [one for one in found if one.plausible and 0.15 < one.share < 0.6]
    assert len(sensible) >= 0.95 * len(files)
    inside = [one.square[:, : one.square.shape[1] // 2].mean() / one.square.mean() for one in sensible]
    assert 0.8 < float(np.mean(inside)) < 1.2  # on both sides of the film
