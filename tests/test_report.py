"""Exports: what they say, and what they do not."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest
from PIL import Image

from core import report
from core.explain import Heatmap
from core.report import DISCLAIMER, Row

WEIGHTS = "b" * 64
GOOD = Row("a" * 64, "pneumonia-resnet18", WEIGHTS, "pneumonia", 0.8, {"NORMAL": 0.1, "BACTERIA": 0.7, "VIRUS": 0.2})
BAD = Row("c" * 64, "pneumonia-resnet18", WEIGHTS, "pneumonia", 0.8, None, error="-1 is no film")
MAP = Heatmap(
    np.array([[0, 1], [0.5, 0.25]], np.float32), "VIRUS", "grad_cam", "layer4", "pneumonia-resnet18", "a" * 64, 2.0
)


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


def test_json_holds_notice_readings_and_errors() -> None:
    whole = json.loads(report.readings_json([GOOD, BAD]))
    assert whole["notice"] == DISCLAIMER
    good, bad = whole["readings"]
    assert good["probabilities"] == {"NORMAL": 0.1, "BACTERIA": 0.7, "VIRUS": 0.2}
    assert bad["probabilities"] is bad["prediction"] is None
    assert bad["error"] == "-1 is no film"


def test_the_numpy_archive_loads_without_pickle_and_names_its_origin() -> None:
    with np.load(io.BytesIO(report.heatmap_npz(MAP, WEIGHTS)), allow_pickle=False) as archive:
        assert np.array_equal(archive["heatmap"], MAP.values)
        assert archive["weights_sha256"] == WEIGHTS
        assert archive["notice"] == DISCLAIMER
        assert archive["target"] == "VIRUS"


def test_the_16_bit_picture_has_the_films_size_and_full_range() -> None:
    with Image.open(io.BytesIO(report.heatmap_png16(MAP, 200, 100, WEIGHTS))) as image:
        values = np.asarray(image)
        assert image.size == (200, 100)
        assert image.info["weights_sha256"] == WEIGHTS
        assert image.info["notice"] == DISCLAIMER
    assert values.dtype == np.uint16
    assert (values.min(), values.max()) == (0, 65535)
