"""An imported network with classes of its own, on every page that shows networks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
import torch

from core import checkpoint as on_disk
from core import models
from core.architectures import ARCHITECTURES
from core.checkpoint import store
from core.tasks import own_task
from core.ui import cache, state
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
    monkeypatch.setenv(cache.WEIGHTS_VARIABLE, str(tmp_path / "mine"))
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
