"""Exports: what they say, and what they do not."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from core import report
from core.checkpoint import find
from core.explain import Heatmap
from core.report import UNKNOWN, Caveats, Row
from core.words import DISCLAIMER

WEIGHTS = "b" * 64
GOOD = Row("a" * 64, "pneumonia-resnet18", WEIGHTS, "pneumonia", 0.8, {"NORMAL": 0.1, "BACTERIA": 0.7, "VIRUS": 0.2})
BAD = Row("c" * 64, "pneumonia-resnet18", WEIGHTS, "pneumonia", 0.8, None, error="-1 is no film")
MAP = Heatmap(
    np.array([[0, 1], [0.5, 0.25]], np.float32), "VIRUS", "grad_cam", "layer4", "pneumonia-resnet18", "a" * 64, 2.0
)

REFUSED = Caveats(
    guard={
        "verdict": "refused",
        "reasons": [{"check": "rough", "value": 0.3, "limit": 0.25, "says": "The image is grainy."}],
        "score": 1.2,
        "read_anyway": True,
    },
    prediction_set=("VIRUS", "BACTERIA"),
    set_level=0.9,
    abstain=True,
    film_note="Mended here: turned by 180°, from film abc.",
    original_sha256="d" * 64,
)
TEXTS = {
    "prediction_set": "VIRUS|BACTERIA",
    "set_level": "0.9",
    "abstain": "true",
    "guard": "refused",
    "guard_reasons": "The image is grainy.",
    "guard_score": "1.2",
    "read_anyway": "true",
    "film_note": "Mended here: turned by 180°, from film abc.",
    "original_sha256": "d" * 64,
}


def texts(data: bytes) -> dict[str, str]:
    """Of a PNG's chunks, or of a NumPy archive, those that are caveats."""
    if data.startswith(b"\x89PNG"):
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            return {name: str(image.info[name]) for name in TEXTS}
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        return {name: str(archive[name]) for name in TEXTS}


def table(*rows: Row) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(report.readings_csv(rows).decode())))


def test_every_row_of_the_csv_says_research_use_and_names_the_weights() -> None:
    good, bad = table(GOOD, BAD)
    for row in (good, bad):
        assert row["notice"] == DISCLAIMER
        assert row["weights_sha256"] == WEIGHTS
    assert good["prediction"] == "BACTERIA"
    assert float(good["p_BACTERIA"]) == pytest.approx(0.7)
    assert bad["prediction"] == bad["p_VIRUS"] == ""


def test_file_names_are_exported_only_when_given() -> None:
    assert "file" not in table(GOOD)[0]
    assert "file" not in json.loads(report.readings_json([GOOD]))["readings"][0]
    named = Row(**{name: getattr(GOOD, name) for name in GOOD.__slots__} | {"file": "Doe.dcm"})
    assert table(named)[0]["file"] == "Doe.dcm"
    assert json.loads(report.readings_json([named]))["readings"][0]["file"] == "Doe.dcm"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "\r=1"])
def test_no_text_becomes_a_formula(text: str) -> None:
    assert report.plain(text) == "'" + text
    assert table(Row("a" * 64, "m", WEIGHTS, "t", 1.0, None, error=text, file=text))[0]["file"].startswith("'")


def test_ordinary_text_stays() -> None:
    assert report.plain("film 1 = good") == "film 1 = good"
    assert report.csv_file(["a", "b"], [["-0.250000", -0.5]]).splitlines()[1].startswith(b"-0.250000,-0.5,")


def test_json_holds_notice_readings_and_errors() -> None:
    whole = json.loads(report.readings_json([GOOD, BAD]))
    assert whole["notice"] == DISCLAIMER
    good, bad = whole["readings"]
    assert good["probabilities"] == {"NORMAL": 0.1, "BACTERIA": 0.7, "VIRUS": 0.2}
    assert bad["probabilities"] is bad["prediction"] is None
    assert bad["error"] == "-1 is no film"


def test_the_numpy_archive_loads_without_pickle_and_names_its_origin() -> None:
    with np.load(io.BytesIO(report.heatmap_npz(MAP, WEIGHTS, UNKNOWN)), allow_pickle=False) as archive:
        assert np.array_equal(archive["heatmap"], MAP.values)
        assert archive["weights_sha256"] == WEIGHTS
        assert archive["notice"] == DISCLAIMER
        assert archive["target"] == "VIRUS"


def test_the_16_bit_picture_has_the_films_size_and_full_range() -> None:
    with Image.open(io.BytesIO(report.heatmap_png16(MAP, 200, 100, WEIGHTS, UNKNOWN))) as image:
        values = np.asarray(image)
        assert image.size == (200, 100)
        assert image.info["weights_sha256"] == WEIGHTS
        assert image.info["notice"] == DISCLAIMER
    assert values.dtype == np.uint16
    assert (values.min(), values.max()) == (0, 65535)


@pytest.mark.parametrize(("caveats", "wanted"), [(REFUSED, TEXTS), (UNKNOWN, dict.fromkeys(TEXTS, ""))])
def test_every_export_carries_what_must_be_known_of_the_reading(caveats: Caveats, wanted: dict[str, str]) -> None:
    plate, checkpoint = np.zeros((8, 8, 3), np.uint8), find()[0]["pneumonia-resnet18"]
    for data in (
        report.overlay_png(plate, MAP, WEIGHTS, caveats),
        report.heatmap_png16(MAP, 80, 90, WEIGHTS, caveats),
        report.heatmap_npz(MAP, WEIGHTS, caveats),
        report.mask_png(np.zeros((9, 8), bool), "a" * 64, checkpoint, caveats),
    ):
        assert texts(data) == wanted
    row = replace(GOOD, caveats=caveats)
    assert {name: table(row)[0][name] for name in TEXTS} == wanted


def test_json_carries_it_too_and_says_null_of_what_is_not_known() -> None:
    known, unknown = json.loads(report.readings_json([replace(GOOD, caveats=REFUSED), GOOD]))["readings"]
    assert known["guard"]["read_anyway"] is True
    assert known["guard"]["reasons"][0]["says"] == "The image is grainy."
    assert known["prediction_set"] == ["VIRUS", "BACTERIA"]
    assert (known["set_level"], known["abstain"]) == (0.9, True)
    assert (known["film_note"], known["original_sha256"]) == (REFUSED.film_note, "d" * 64)
    assert {unknown[name] for name in REFUSED.as_json()} == {None}


def test_a_plate_says_what_was_read_against_advice_and_what_was_done_to_the_film() -> None:
    checkpoint = find()[0]["pneumonia-resnet18"]
    first, told, note, notice, origin = report.lines(MAP, 0.82, checkpoint, REFUSED, "90 % set: one", "")
    kind = f"calibrated softmax, temperature {checkpoint.card.temperature:.2f}"
    assert first == f"Viral pneumonia 82 % ({kind}), ResNet-18, Grad-CAM, at layer4, READ ANYWAY: film was refused"
    assert (told, note, notice) == ("90 % set: one", REFUSED.film_note, DISCLAIMER)
    assert origin == f"film {'a' * 12}, made from {'d' * 12}, weights {checkpoint.card.weights_sha256[:12]}"
    caution = Caveats(guard={"verdict": "caution", "reasons": (), "score": 0.5, "read_anyway": False})
    assert report.lines(MAP, 0.82, checkpoint, caution)[0].endswith(", CAUTION: film unlike those known")
    assert report.lines(MAP, 0.82, checkpoint, UNKNOWN)[0].endswith("at layer4")


def test_a_plate_says_what_its_percentage_is() -> None:
    found = find()[0]["pneumonia-resnet18"]
    fitted, plain = (replace(found, card=found.card.model_copy(update={"temperature": t})) for t in (1.234, 1.0))
    for checkpoint, raw, says in (
        (fitted, None, "82 % (calibrated softmax, temperature 1.23),"),
        (fitted, 0.91, "82 % (calibrated softmax, temperature 1.23; before calibration 91 %),"),
        (plain, None, "82 % (softmax, not calibrated),"),
        (plain, 0.82, "82 % (softmax, not calibrated),"),
    ):
        assert f"Viral pneumonia {says}" in report.lines(MAP, 0.82, checkpoint, UNKNOWN, raw=raw)[0]


def test_the_mask_is_white_where_a_lung_is() -> None:
    mask = np.zeros((90, 80), bool)
    mask[10:40, 20:30] = True
    checkpoint = find()[0]["pneumonia-resnet18"]
    with Image.open(io.BytesIO(report.mask_png(mask, "a" * 64, checkpoint, UNKNOWN))) as picture:
        assert picture.size == (80, 90)
        assert np.array_equal(np.asarray(picture), mask * 255)
        assert picture.info["film_sha256"] == "a" * 64
        assert picture.info["weights_sha256"] == checkpoint.card.weights_sha256
