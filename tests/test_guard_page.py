"""The guard on the pages: refused, read anyway, mended; and what leaves the house says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import checkpoint as on_disk
from core import models
from core.checkpoint import Checkpoint
from core.guard import Reason, Verdict
from core.samples import average_films
from core.ui import cache, guard, reading_room, state
from core.ui.kept import Result
from tests import checkpoints, synthetic
from tests.test_pages import give, opened, said

FILM = synthetic.film(128, 128)
NOISE = synthetic.as_png8(np.random.default_rng(0).random((128, 128), np.float32))
UPSIDE_DOWN = synthetic.as_png8(np.rot90(FILM, 2).copy())
ADULT = synthetic.as_dicom(FILM, PatientAge="054Y")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("weights")
    checkpoints.random_checkpoint(made)
    return made


@pytest.fixture(autouse=True)
def made(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Checkpoint]:
    """The app's only network, of random weights; nothing is left in caches."""
    monkeypatch.setattr(on_disk, "SHIPPED", folder)
    monkeypatch.delenv(cache.WEIGHTS_VARIABLE, raising=False)
    monkeypatch.setenv(reading_room.VARIABLE, "1")
    for each in (st.cache_resource.clear, st.cache_data.clear, models.get_pool.cache_clear):
        each()
    yield on_disk.find()[0]["pneumonia-resnet18"]
    for each in (st.cache_resource.clear, st.cache_data.clear, models.get_pool.cache_clear):
        each()


def keys(app: AppTest) -> set[str]:
    return {str(button.key) for button in app.button}


def test_noise_is_refused_with_reasons_and_read_when_somebody_insists() -> None:
    app = give(opened(), ("noise.png", NOISE))
    assert "Not read" in said(app)
    assert "grainy all over" in said(app)
    assert not app.get("plotly_chart")
    app.button(key="read_anyway").click().run()
    assert not app.exception
    assert "Read anyway. The guard refused this film." in said(app)
    assert app.get("plotly_chart")
    assert "read_anyway" not in keys(app)


def test_a_film_upside_down_is_refused_and_mended_on_request_and_that_is_said() -> None:
    app = give(opened(), ("film.png", UPSIDE_DOWN))
    assert "does not seem to lie upright" in said(app)
    assert "mend_turn 180" in keys(app)
    assert "side of the heart" in said(app)
    app.button(key="mend_turn 180").click().run()
    assert not app.exception
    assert "Mended here: turned by 180°" in said(app)
    assert "does not seem to lie upright" not in said(app)
    assert len(app.session_state["films"]) == 1


def test_a_mended_film_keeps_what_its_header_said() -> None:
    header = synthetic.as_dicom(np.rot90(FILM, 1).copy(), PatientAge="054Y")
    app = give(opened(), ("film.dcm", header))
    assert "the patient is an adult" in said(app)
    app.button(key="mend_turn 90").click().run()
    assert "the patient is an adult" in said(app)
    assert "does not seem to lie upright" not in said(app)


def test_a_caution_is_shown_beside_the_reading() -> None:
    app = give(opened(), ("adult.dcm", ADULT))
    assert "Read with caution." in said(app)
    assert app.get("plotly_chart")


def test_a_good_film_gets_no_warning_and_an_average_none_either() -> None:
    app = give(opened(), ("film.png", synthetic.as_png8(FILM)))
    assert not app.warning
    assert "cannot be told" in said(app)  # this network has no statistics
    title = average_films("pneumonia")[0].title
    app = opened()
    app.button(key=f"average_{title}").click().run()
    assert not app.exception
    assert not app.warning
    assert "not a patient" in said(app)


def test_the_table_of_films_and_every_export_carry_the_verdict(made: Checkpoint) -> None:
    app = give(opened(), ("film.png", synthetic.as_png8(FILM)), ("noise.png", NOISE))
    assert list(app.dataframe[0].value["Film known?"]) == ["cannot tell", "refused"]
    uploads = [state.Upload(name * 64, name, data) for name, data in (("a", synthetic.as_png8(FILM)), ("b", NOISE))]
    results = guard.screened(cache.read(made, uploads, lambda *_: None), made)
    assert [guard.facts(result)["guard"]["verdict"] for result in results] == ["unknown", "refused"]
    assert results[1].reading is None
    told = guard.lines([("A", results[1]), ("B", results[1]), ("C", results[0])])
    assert told[0] == "A, B: film refused."
    assert told[-1] == "C: film cannot tell."
    assert len([line for line in told if "grainy all over" in line]) == 1


def test_reasons_that_are_not_every_networks_name_theirs(made: Checkpoint) -> None:
    grain, strange = (Reason(check, 0.9, 0.5, refuses=True, task="pneumonia") for check in ("rough", "constant"))
    upload = state.Upload.of("noise.png", NOISE)
    one, two = (
        guard.Refused(Result(upload, None, "", Verdict("refused", reasons, 1.8)), made, title)
        for title, reasons in (("One", (grain, strange)), ("Two", (grain,)))
    )
    assert guard._why([one, two]) == [str(grain), f"One: {strange}"]
    assert guard._why([two]) == [str(grain)]


def test_compare_refuses_and_reads_anyway_too() -> None:
    app = give(opened(), ("noise.png", NOISE))
    app.switch_page("pages/read/compare.py").run()
    assert not app.exception
    assert "Not read by ResNet-18: noise.png does not look like a film it knows." in said(app)
    button = next(key for key in keys(app) if key.startswith("read_anyway_"))
    app.button(key=button).click().run()
    assert not app.exception
    assert "Read anyway: the guard refused this film" in said(app)
