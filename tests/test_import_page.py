"""An imported network with classes of its own, on every page that shows networks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
import torch

from core import checkpoint as on_disk
from core import models, settings
from core.architectures import ARCHITECTURES
from core.checkpoint import store
from core.tasks import own_task
from core.ui import cutoff, state
from tests import checkpoints
from tests.test_pages import FILM, give, opened, said

FLOWERS = ("daisy", "roses", "sunflowers", "tulips")


@pytest.fixture
def flowers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """One network of ours, and one that was imported: its name."""
    checkpoints.random_checkpoint(tmp_path / "ours")
    torch.manual_seed(0)
    network = ARCHITECTURES["lenet"].build(len(FLOWERS), "mlp", 64)
    unknown = {"films": {}, "patients": {}, "fingerprint": None, "epochs": 0, "data": "data unknown here"}
    card = checkpoints.facts("pneumonia", "lenet", metrics={}, test_films=0)
    card |= {
        "name": "my.flowers",
        "task": "own",
        "head": "mlp",
        "classes": FLOWERS,
        "limits": own_task(FLOWERS).limits,
        "preprocessing": {
            "canvas": 80,
            "size": 64,
            "mean": 0.5,
            "std": 0.5,
            "fit": "crop",
            "channels": [[0.5, 0.5]] * 3,
        },
        "training": card["training"] | unknown,
    }
    store(tmp_path / "mine", network.state_dict(), card)
    monkeypatch.setattr(on_disk, "SHIPPED", tmp_path / "ours")
    monkeypatch.setenv(settings.WEIGHTS, str(tmp_path / "mine"))
    st.cache_resource.clear()
    models.get_pool.cache_clear()
    yield "my.flowers"
    st.cache_resource.clear()
    models.get_pool.cache_clear()


def test_diagnose_reads_with_it_and_claims_nothing(flowers: str) -> None:
    app = opened()
    assert app.selectbox(key=state.reading.MODEL).value == "pneumonia-resnet18"  # ours come first
    app.selectbox(key=state.reading.MODEL_TASK).set_value("own").run()
    assert app.selectbox(key=state.reading.MODEL).value == flowers
    assert not app.exception
    assert "does not apply" in said(app)
    assert "average radiograph" not in said(app)
    assert "Which is it: daisy, roses, sunflowers, tulips?" in said(app)
    assert app.file_uploader[0].label == "Drop one or several images here"
    app = give(app, ("rose.png", FILM))
    assert app.header[0].value.split()[0] in FLOWERS
    assert "does not apply" in said(app)
    assert "not calibrated" in said(app)
    assert "Guangzhou" not in said(app)


@pytest.mark.parametrize("page", ["diagnose", "compare"])
@pytest.mark.parametrize("still", ["1", "0"])
def test_its_images_have_no_lungs_and_no_patients_right(
    flowers: str, page: str, still: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered: list[str] = []
    monkeypatch.setattr(st, "download_button", lambda label, *_, **__: offered.append(label))
    monkeypatch.setattr(cutoff, "SHOWN_FROM", 0.0)
    monkeypatch.setenv(settings.STILL, still)
    app = opened()
    app.selectbox(key=state.reading.MODEL_TASK).set_value("own").run()
    assert app.header[0].value == "Read an image"
    app.switch_page(f"pages/read/{page}.py").run()
    app = give(app, ("rose.png", FILM))
    assert not app.exception
    viewers = [json.loads(one.proto.json) for one in app.get("bidi_component")]
    assert len(viewers) == (still == "0")
    told = said(app) + json.dumps(viewers)
    for word in ("lung", "patient", "disease"):
        assert word not in told.lower(), word
    assert all((film["right"], film["outline"]) == ("", None) for room in viewers for film in room["films"].values())
    assert "The film" not in told
    assert offered
    assert "Lung mask PNG" not in offered


def test_models_and_performance_say_what_is_not_known(flowers: str) -> None:
    app = opened()
    app.switch_page("pages/about/models.py").run()
    assert not app.exception
    app.selectbox(key=state.models.CARD).set_value(flowers).run()
    assert not app.exception
    assert "my.flowers (LeNet)" in said(app)
    assert "not measured here" in said(app)
    assert "Trained elsewhere: how long is not known" in said(app)
    app.switch_page("pages/study/performance.py").run()
    assert not app.exception
    assert "classes of its own, which are not judged on this page" in said(app)


def test_among_many_classes_less_is_enough_for_a_map() -> None:
    assert not cutoff.weak(0.13, 40)
    assert cutoff.weak(0.13, 3)
    assert cutoff.weak(0.01, 40)
