"""The command line as programs see it: one JSON object a line, exit status, bad files beside good ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core import render
from core.checkpoint import find
from core.cli import main
from core.commands import COMMANDS
from core.evaluate import from_csv, operating_point
from core.explain import Heatmap
from tests.checkpoints import random_checkpoint
from tests.synthetic import PERSON, as_dicom, as_png8, film
from tests.test_training import write_films

ROOT = Path(__file__).parent.parent
MODEL = "pneumonia-resnet18"
FIELDS = ["file", "sha256", "model", "task", "probabilities", "prediction", "error"]
CAVEATS = ["prediction_set", "set_level", "abstain", "guard", "film_note", "original_sha256"]
SEEN = ["lungs", "heatmap"]


@pytest.fixture
def films(tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    folder.mkdir()
    (folder / "a.png").write_bytes(as_png8(film(90, 80, 1)))
    (folder / "b.dcm").write_bytes(as_dicom(film(90, 80, 2)))
    return folder


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_reading_prints_one_object_a_film(films: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", str(films), "--model", MODEL, "--json"]) == 0
    rows = lines(capsys)
    assert [Path(str(row["file"])).name for row in rows] == ["a.png", "b.dcm"]
    for row in rows:
        assert list(row) == [*FIELDS, *CAVEATS, *SEEN]
        assert row["error"] is None
        shares = row["probabilities"]
        assert isinstance(shares, dict)
        assert list(shares) == ["NORMAL", "BACTERIA", "VIRUS"]
        assert sum(shares.values()) == pytest.approx(1, abs=1e-5)
        assert row["prediction"] == max(shares, key=lambda name: shares[name])


def test_one_bad_file_does_not_stop_the_rest(films: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (films / "aa.png").write_bytes(b"nothing")
    assert main(["read", str(films), str(films / "gone.png"), "--model", MODEL, "--json"]) == 1
    rows = lines(capsys)
    assert [row["error"] is None for row in rows] == [True, False, True, False]
    bad = rows[1]
    assert isinstance(bad["error"], dict)
    assert bad["error"]["type"] == "XrayError"
    assert bad["error"]["message"]
    assert {bad[key] for key in ("sha256", "model", "task", "probabilities", "prediction")} == {None}


def test_dicom_without_a_suffix_is_found_in_folders_and_other_files_are_not(
    films: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inner = films / "PACS"
    inner.mkdir()
    for name in ("IM000001", "DICOMDIR", ".IM000002", "scan.ima"):
        (inner / name).write_bytes(as_dicom(film(90, 80, 3)))
    (inner / "README").write_text("no film")
    (inner / "short").write_bytes(b"DICM")
    (inner / "folder").mkdir()
    assert main(["read", str(films), "--model", MODEL, "--json"]) == 0
    assert [Path(str(row["file"])).name for row in lines(capsys)] == ["IM000001", "scan.ima", "a.png", "b.dcm"]


def test_a_film_read_anyway_is_marked_wherever_its_reading_goes(
    films: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[tuple[str, ...]] = []
    plate = render.plate

    def watched(picture: render.Rgb, heatmap: Heatmap, look: render.Look, lines: tuple[str, ...]) -> render.Rgb:
        written.append(lines)
        return plate(picture, heatmap, look, lines)

    monkeypatch.setattr(render, "plate", watched)
    noise = films / "noise.png"
    noise.write_bytes(as_png8(np.random.default_rng(0).random((128, 128), np.float32)))
    asked = ["read", str(noise), "--model", MODEL, "--target", "BACTERIA", "--heatmaps", str(tmp_path / "maps")]
    assert main([*asked, "--json"]) == 1
    assert lines(capsys)[0]["guard"]["read_anyway"] is False  # type: ignore[index]
    assert main([*asked, "--json", "--anyway"]) == 0
    (row,) = lines(capsys)
    assert row["guard"]["read_anyway"] is True  # type: ignore[index]
    assert main([*asked, "--anyway"]) == 0
    out = capsys.readouterr().out
    assert ", without a promise; REFUSED, READ ANYWAY: " in out
    first, sure, *_ = written[-1]
    assert first.startswith("Bacterial pneumonia ")
    assert first.endswith(", READ ANYWAY: film was refused")
    assert sure.endswith(", without a promise.")
    (path,) = (tmp_path / "maps").glob("*.png")
    with Image.open(path) as picture:
        picture.load()
        assert (picture.info["guard"], picture.info["read_anyway"]) == ("refused", "true")
        assert "grainy all over" in picture.info["guard_reasons"]
        assert picture.info["prediction_set"] == "|".join(row["prediction_set"])  # type: ignore[arg-type]
        assert picture.info["abstain"] == str(row["abstain"]).lower()


def test_that_a_human_must_read_is_said_first(films: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["read", str(films), "--model", MODEL]
    assert main([*asked, "--json", "--target-error", "5"]) == 0
    abstain = [bool(row["abstain"]) for row in lines(capsys)]
    assert main([*asked, "--target-error", "5"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [": Needs a human reader. " in line for line in said] == abstain
    assert [line.count("uman reader") for line in said] == [int(one) for one in abstain]
    assert any(abstain)


def test_a_name_that_is_no_text_is_printed_all_the_same(films: Path) -> None:
    (films / "a.png").rename(films / os.fsdecode(b"M\xfcller.png"))
    command = [sys.executable, "-m", "core", "read", str(films), "--model", MODEL]
    strict = os.environ | {"PYTHONIOENCODING": "utf-8:strict"}
    done = subprocess.run(command, capture_output=True, check=True, env=strict, cwd=ROOT)
    assert [b"M\\udcfcller.png: " in line for line in done.stdout.splitlines()] == [True, False]


def test_a_short_answer_that_nobody_takes_is_a_failure_like_any_other() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    command = [sys.executable, "-m", "core", "models"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False, env=buffered, cwd=ROOT)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"error: input or output: Broken pipe.\n")


def test_no_more_is_read_of_a_file_than_a_film_may_have(films: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.truncate(films / "a.png", 2**40)  # a hole: it takes no room on the disk, and would not fit in memory
    assert main(["read", str(films), "--model", MODEL]) == 1
    assert "a.png: The file is larger than 64 MiB" in capsys.readouterr().out


def test_patterns_are_expanded_and_files_read_once(films: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", str(films / "*.png"), str(films / "a.png"), "--model", MODEL, "--json"]) == 0
    assert len(lines(capsys)) == 1


def test_a_pattern_without_a_match_is_a_file_that_failed(films: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (films / "folder.png").mkdir()
    assert main(["read", str(films / "*.png"), str(films / "*.tiff"), "--model", MODEL, "--json"]) == 1
    rows = lines(capsys)
    assert [Path(str(row["file"])).name for row in rows] == ["a.png", "*.tiff"]
    assert isinstance(rows[1]["error"], dict)
    assert "cannot be read" in rows[1]["error"]["message"]


def test_a_folder_that_cannot_be_made_is_an_error_and_no_traceback(
    films: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = films / "a.png"
    assert main(["read", str(films), "--model", MODEL, "--heatmaps", str(out)]) == 1
    assert f"error: {out}: File exists." in capsys.readouterr().err


def test_text_output_is_words_first(films: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", str(films / "a.png"), "--model", MODEL]) == 0
    out = capsys.readouterr().out
    assert "pneumonia (NORMAL 0." in out


def test_heatmaps_are_named_by_content_and_carry_their_facts(films: Path, tmp_path: Path) -> None:
    out = tmp_path / "maps"
    assert (
        main(
            ["read", str(films), "--model", MODEL, "--heatmaps", str(out), "--target", "VIRUS", "--method", "layer_cam"]
        )
        == 0
    )
    pictures = sorted(out.glob("*.png"))
    assert len(pictures) == 2
    for path in pictures:
        assert path.name.endswith(f"-{MODEL}-VIRUS-layer_cam-layer4.png")
        with Image.open(path) as picture:
            picture.load()
            assert picture.info["target"] == "VIRUS"
            assert picture.info["method"] == "layer_cam"
            assert picture.info["weights_sha256"] == find()[0][MODEL].card.weights_sha256
            assert "not a medical device" in picture.info["notice"].lower()
        assert not any(part.encode() in path.read_bytes() for part in PERSON)


@pytest.mark.parametrize(("method", "layer"), [("grad_cam", "layer2,layer3"), ("integrated_gradients", None)])
def test_a_heatmap_is_of_the_layer_asked_for(
    films: Path, tmp_path: Path, method: str, layer: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["read", str(films / "a.png"), "--model", MODEL, "--json", "--heatmaps", str(tmp_path), "--method", method]
    assert main([*asked, *(["--layer", layer] if layer else [])]) == 0
    (row,) = lines(capsys)
    found = "layer2 + layer3" if layer else "input"
    assert row["heatmap"] == {
        "method": method,
        "layer": found,
        "target": row["prediction"],
        "against": None,
        "problem": None,
    }
    (path,) = tmp_path.glob(f"*-{method}-{found.replace(' ', '')}.png")
    with Image.open(path) as picture:
        assert picture.info["layer"] == found


def test_a_layer_that_is_not_there_is_refused(films: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["read", str(films), "--model", MODEL, "--layer", "layer5"]
    assert main(asked) == 2
    assert "layer1, layer2, layer3, layer4" in capsys.readouterr().err
    assert main([*asked, "--method", "rise"]) == 2
    assert "leave out --layer" in capsys.readouterr().err


def test_one_class_is_drawn_against_another(films: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["read", str(films), "--model", MODEL, "--heatmaps", str(tmp_path), "--target", "VIRUS", "--against"]
    assert main([*asked, "BACTERIA"]) == 0
    pictures = sorted(tmp_path.glob("*-VIRUS-against-BACTERIA-grad_cam-layer4.png"))
    silent = capsys.readouterr().err.count("no picture")  # where nothing speaks for one rather than the other
    assert len(pictures) + silent == 2
    for path in pictures:
        with Image.open(path) as picture:
            assert picture.info["against"] == "BACTERIA"
    assert main([*asked, "VIRUS"]) == 2
    assert "Name two" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["read", "x.png"],
        ["read", "", "--model", MODEL],
        ["read", "x.png", "--model", "pneumonia-vgg19"],
        ["read", "x.png", "--model", MODEL, "--target", "FLU"],
        ["dance"],
        [],
        ["train", "--data", "x", "--arch", "resnet19"],
    ],
)
def test_wrong_usage_is_status_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        status = main(arguments)
    except SystemExit as end:  # argparse ends the program itself
        status = int(end.code or 0)
    assert status == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize(
    "error", [torch.cuda.OutOfMemoryError("CUDA out of memory"), torch.AcceleratorError("CUDA error: out of memory")]
)
def test_a_full_gpu_is_said_and_what_to_do(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_options: object) -> int:
        raise error

    monkeypatch.setattr(COMMANDS["models"], "run", full)
    assert main(["models"]) == 1
    assert "CUDA_VISIBLE_DEVICES= python -m core" in capsys.readouterr().err

    def broken(_options: object) -> int:
        raise RuntimeError("something else")

    monkeypatch.setattr(COMMANDS["models"], "run", broken)
    with pytest.raises(RuntimeError, match="something else"):
        main(["models"])


def test_models_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    assert MODEL in capsys.readouterr().out
    assert main(["models", "--json"]) == 0
    cards = json.loads(capsys.readouterr().out)
    assert {card["name"] for card in cards} == set(find()[0])


def test_a_broken_model_is_named_beside_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pneumonia-resnet18.json").write_text("{}")
    assert main(["models", "--weights", str(tmp_path)]) == 1
    assert "cannot be used" in capsys.readouterr().err


def test_evaluation_prints_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write_films(tmp_path / "data", 1, 3)
    table = tmp_path / "p.csv"
    assert main(["evaluate", "--model", MODEL, "--data", str(data), "--json", "--predictions", str(table)]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["model"], result["split"], result["n"]) == (MODEL, "test", 9)
    matrix = result["confusion_matrix"]
    assert [sum(row) for row in matrix] == [3, 3, 3]
    assert result["accuracy"] == pytest.approx(sum(matrix[i][i] for i in range(3)) / 9)
    assert set(result["per_class"]) == {"NORMAL", "BACTERIA", "VIRUS"}
    figures = {"recall", "precision", "specificity", "f1", "auroc", "auprc"}
    assert set(result["per_class"]["VIRUS"]) == figures | {"n"}
    assert set(result["macro"]) == set(result["weighted"]) == figures
    assert result["macro"]["f1"] == pytest.approx(sum(row["f1"] for row in result["per_class"].values()) / 3)
    assert set(result["calibration"]) == {"ece", "ece_adaptive", "brier", "log_loss"}
    assert result["intervals"]["accuracy"]["value"] == result["accuracy"]
    card = find()[0][MODEL].card
    assert result["weights_sha256"] == card.weights_sha256
    assert result["temperature"] == card.temperature
    assert card.weights_sha256 in result["methods"]
    assert table.read_text().count("\n") == 10
    assert main(["evaluate", "--model", MODEL, "--data", str(data), "--split", "val"]) == 0  # held out as in training
    assert "on 3 val films" in capsys.readouterr().out
    assert main(["evaluate", "--model", MODEL, "--data", str(data), "--split", "other"]) == 1
    assert "no 'other' split" in capsys.readouterr().err


def test_a_command_without_split_is_not_told_to_take_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write_films(tmp_path / "data", train_films=0, test_films=1)
    assert main(["averages", "--data", str(data)]) == 1
    assert "or, where the command takes --split, give one" in capsys.readouterr().err


def test_a_folder_without_splits_is_evaluated_when_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write_films(tmp_path / "data", 1, 2) / "test"
    assert main(["evaluate", "--model", MODEL, "--data", str(data), "--split", "", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["n"] == 6


def test_raw_probabilities_are_printed_on_request(
    films: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = random_checkpoint(tmp_path / "weights")
    card = json.loads((found.folder / f"{found.name}.json").read_text("utf-8"))
    (found.folder / f"{found.name}.json").write_text(json.dumps(card | {"temperature": 0.5}), "utf-8")
    command = ["read", str(films / "a.png"), "--model", found.name, "--weights", str(found.folder)]
    assert main([*command, "--json", "--raw"]) == 0
    (row,) = lines(capsys)
    shown, raw = (np.array(list(row[key].values())) for key in ("probabilities", "raw_probabilities"))  # type: ignore[attr-defined]
    np.testing.assert_allclose(shown, raw**2 / (raw**2).sum(), atol=1e-5)  # a softmax at half the temperature
    assert main([*command, "--raw"]) == 0
    assert "; raw 0." in capsys.readouterr().out


def test_a_class_without_films_has_no_area(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write_films(tmp_path / "data", 1, 2) / "test" / "NORMAL"
    (tmp_path / "few" / "test").mkdir(parents=True)
    data.rename(tmp_path / "few" / "test" / "NORMAL")
    assert main(["evaluate", "--model", MODEL, "--data", str(tmp_path / "few"), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["n"], result["left_out"]) == (2, {})
    assert result["per_class"]["VIRUS"]["auroc"] is None
    assert result["macro"]["auprc"] is None


def test_an_evaluation_says_which_films_it_leaves_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write_films(tmp_path / "data", 1, 1)
    (data / "test" / "NORMAL").rename(data / "test" / "HEALTHY")
    assert main(["evaluate", "--model", MODEL, "--data", str(data), "--json"]) == 0
    said = capsys.readouterr()
    assert "left out: 1 films in 'HEALTHY', which is none of the classes NORMAL, BACTERIA, VIRUS" in said.err
    assert json.loads(said.out)["left_out"] == {"HEALTHY": 1}


def test_an_evaluation_goes_on_where_it_stopped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write_films(tmp_path / "data", 1, 3)
    table = tmp_path / "p.csv"
    command = ["evaluate", "--model", MODEL, "--data", str(data), "--json", "--predictions", str(table)]
    assert main(command) == 0
    first, whole = capsys.readouterr().out, table.read_text()
    table.write_text(whole[: whole.index("\n", 300) + 5])
    assert main(command) == 0
    again = capsys.readouterr()
    assert (again.out, table.read_text()) == (first, whole)
    assert "of 9 films already; going on with the rest" in again.err
    (data / "test" / "NORMAL" / "IM-0000-0001.png").unlink()
    assert main(command) == 1
    assert "was begun with predictions of other films" in capsys.readouterr().err


@pytest.fixture
def point(tmp_path: Path) -> Path:
    """An operating point of MODEL, as the page downloads it."""
    found = find()[0][MODEL]
    made = operating_point(
        from_csv(found.predictions),
        "PNEUMONIA",
        0.5,
        model=MODEL,
        weights_sha256=found.card.weights_sha256,
        task=found.card.task,
        split="test",
        draws=20,
    )
    path = tmp_path / "point.json"
    path.write_text(made.to_json())
    return path


@pytest.mark.parametrize(("threshold", "decision"), [(0.0, "PNEUMONIA"), (1.0, "not PNEUMONIA")])
def test_a_threshold_decides(
    films: Path, point: Path, threshold: float, decision: str, capsys: pytest.CaptureFixture[str]
) -> None:
    point.write_text(json.dumps(json.loads(point.read_text()) | {"threshold": threshold}))
    (films / "bad.png").write_bytes(b"nothing")
    assert main(["read", str(films), "--model", MODEL, "--json", "--threshold", str(point)]) == 1
    good, _, bad = sorted(lines(capsys), key=lambda row: row["error"] is not None)
    assert list(good) == [*FIELDS, "decision", *CAVEATS, *SEEN]
    assert (good["decision"], bad["decision"]) == (decision, None)
    assert main(["read", str(films / "a.png"), "--model", MODEL, "--threshold", str(point)]) == 0
    out = capsys.readouterr().out
    assert f"; at this threshold {decision} (PNEUMONIA 0." in out
    assert f" is {'below' if threshold else 'at or above'} {threshold:.3f})" in out


def test_a_threshold_of_another_network_is_refused(
    films: Path, point: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["read", str(films), "--model", "pneumonia-vgg16_bn", "--threshold", str(point)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert f"is of {MODEL} with weights" in said.err
    assert "not of pneumonia-vgg16_bn" in said.err
    point.write_bytes(b"\xff\xfe")
    assert main(["read", str(films), "--model", MODEL, "--threshold", str(point)]) == 1
    assert "no operating point" in capsys.readouterr().err
    assert main(["read", str(films), "--model", MODEL, "--threshold", str(films / "gone.json")]) == 1
    assert "No such file" in capsys.readouterr().err
