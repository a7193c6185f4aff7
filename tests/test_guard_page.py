"""The guard on the pages: refused, read anyway, mended; and what leaves the house says so."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import checkpoint as on_disk
from core import models, orientation, report, settings
from core.checkpoint import Checkpoint
from core.errors import CheckpointError
from core.guard import Reason, Verdict
from core.orientation import MENDS, MISSING, renamed
from core.samples import average_films
from core.tasks import TASKS
from core.ui import cache, cutoff, guard, hanging, state
from core.ui.kept import Result
from core.xray import Facts
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
    monkeypatch.delenv(settings.WEIGHTS, raising=False)
    monkeypatch.setenv(settings.STILL, "1")
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
    assert "Read anyway: the guard refused this film." in said(app)
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
    assert "**Mended film**, mended at your wish" in said(app)
    assert "Not shown as stored: it was mended at your wish." in said(app)
    assert "never flipped" not in said(app)


def test_turning_a_photograph_is_not_offered() -> None:
    grey = np.asarray(Image.open(io.BytesIO(UPSIDE_DOWN)).convert("L"))
    out = io.BytesIO()
    Image.fromarray(np.stack([grey, grey // 2, grey // 3], axis=-1)).save(out, "PNG")
    app = give(opened(), ("summer.png", out.getvalue()))
    assert "The image is in colour" in said(app)
    assert "does not seem to lie upright" in said(app)
    assert "**summer.png**" in said(app)
    assert not [key for key in keys(app) if key.startswith("mend_")]


def test_a_film_turned_twice_is_the_film_it_was_and_its_file_is_kept() -> None:
    given = state.Upload.of("film.png", UPSIDE_DOWN)
    turn = MENDS["turn 180"]
    once = given.mended(turn.name, renamed(given.sha256, turn), "Turned.")
    twice = once.mended(turn.name, renamed(once.sha256, turn), "Turned again.")
    assert cache.xray(once).sha256 == once.sha256
    assert np.array_equal(cache.xray(once).pixels, np.rot90(cache.xray(given).pixels, 2))
    assert np.array_equal(cache.xray(twice).pixels, cache.xray(given).pixels)
    assert {one.original for one in (once, twice)} == {given.sha256}
    assert twice.note == "Turned. Turned again."
    assert twice.data is given.data
    assert given.original is None


def test_every_download_says_that_a_film_was_mended_or_is_read_anyway(monkeypatch: pytest.MonkeyPatch) -> None:
    offered: dict[str, Callable[[], bytes]] = {}
    written: list[str] = []
    lines = report.lines
    monkeypatch.setattr(st, "download_button", lambda label, data, *_, **__: offered.update({label: data}))
    monkeypatch.setattr(cutoff, "SHOWN_FROM", 0.0)
    monkeypatch.setattr(report, "lines", lambda *a, **b: written.extend(lines(*a, **b)) or lines(*a, **b))

    def carried() -> list[dict[str, str]]:
        files = {label: make() for label, make in offered.items()}
        with np.load(io.BytesIO(files.pop("Heatmap NumPy")), allow_pickle=False) as archive:
            found = [{name: str(archive[name]) for name in archive.files}]
        found += csv.DictReader(io.StringIO(files.pop("Reading CSV").decode()))
        (row,) = json.loads(files.pop("Reading JSON"))["readings"]
        found.append({name: str(row[name] or "") for name in ("film_note", "original_sha256")})
        found[-1] |= {"guard": row["guard"]["verdict"], "read_anyway": str(row["guard"]["read_anyway"]).lower()}
        assert {"Overlay PNG", "Heatmap PNG, 16 bit"} <= set(files)
        for data in files.values():
            with Image.open(io.BytesIO(data)) as picture:
                picture.load()
                found.append(dict(picture.info))
        return found

    app = give(opened(), ("film.png", UPSIDE_DOWN))
    app.button(key="mend_turn 180").click().run()
    assert "Lung mask PNG" in offered
    for facts in carried():
        assert facts["film_note"].startswith("Mended here: turned by 180°, from film ")
        assert facts["original_sha256"] == hashlib.sha256(UPSIDE_DOWN).hexdigest()
        assert (facts["guard"], facts["read_anyway"]) == ("unknown", "false")
    assert [line for line in written if line.startswith("Mended here: ")]

    offered.clear()
    give(opened(), ("noise.png", NOISE)).button(key="read_anyway").click().run()
    for facts in carried():
        assert (facts["guard"], facts["read_anyway"]) == ("refused", "true")
        assert facts["film_note"] == facts["original_sha256"] == ""
    assert [line for line in written if line.endswith("READ ANYWAY: film was refused")]
    assert written.count("Grey values are the film's own, not as windowed or inverted on screen.") == 2


def test_an_overlay_has_both_figures_where_the_screen_has_the_one_before_calibration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = checkpoints.random_checkpoint(tmp_path)
    card = tmp_path / f"{made.name}.json"
    card.write_text(json.dumps(json.loads(card.read_text("utf-8")) | {"temperature": 0.5}), "utf-8")
    offered: dict[str, Callable[[], bytes]] = {}
    written: list[str] = []
    lines = report.lines
    monkeypatch.setattr(on_disk, "SHIPPED", tmp_path)
    monkeypatch.setattr(st, "download_button", lambda label, data, *_, **__: offered.update({label: data}))
    monkeypatch.setattr(report, "lines", lambda *a, **b: written.extend(lines(*a, **b)) or lines(*a, **b))
    app = give(opened(), ("film.png", synthetic.as_png8(FILM)))
    calibrated = app.header[0].value
    offered["Overlay PNG"]()
    app.toggle(key=state.reading.UNCALIBRATED).set_value(True).run()
    raw = app.header[0].value.removeprefix("Bacterial pneumonia ")
    offered["Overlay PNG"]()  # made outside the visitor's session
    first, second = (line for line in written if line.startswith("Bacterial pneumonia "))
    assert first.startswith(f"{calibrated} (calibrated softmax, temperature 0.50), ")
    assert second.startswith(f"{calibrated} (calibrated softmax, temperature 0.50; before calibration {raw}), ")
    assert raw not in calibrated


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


def test_a_page_says_when_nobody_sees_how_films_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise CheckpointError(MISSING)

    monkeypatch.setattr(orientation, "posture", missing)
    app = give(opened(), ("film.png", UPSIDE_DOWN))
    assert MISSING in said(app)
    app.switch_page("pages/read/compare.py").run()
    assert MISSING in said(app)


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
    assert "no patient's right or left is on it" in said(app)
    assert "Shown as stored" not in said(app)


def test_the_table_of_films_and_every_export_carry_the_verdict(made: Checkpoint) -> None:
    app = give(opened(), ("film.png", synthetic.as_png8(FILM)), ("noise.png", NOISE))
    assert list(app.dataframe[0].value["Film known?"]) == ["cannot tell", "refused"]
    uploads = [state.Upload(name * 64, name, data) for name, data in (("a", synthetic.as_png8(FILM)), ("b", NOISE))]
    results = guard.screened(cache.read(made, uploads, lambda *_: None), made)
    assert [guard.facts(result)["guard"]["verdict"] for result in results] == ["unknown", "refused"]
    assert results[1].reading is None
    told = guard.lines([("A", results[1]), ("B", results[1]), ("C", results[0])])
    assert told[0] == "A, B: the film was refused."
    assert told[-1] == "C: whether the film is of a known kind cannot be told."
    assert len([line for line in told if "grainy all over" in line]) == 1
    turned = replace(results[0], upload=replace(results[0].upload, note="Mended here: turned."))
    assert guard.lines([("it", turned)])[1:] == ["it: Mended here: turned."]
    known = replace(results[0], verdict=Verdict("accepted", (), 0.1))
    assert guard.lines([("D", known)]) == ["D: the film is of a known kind."]
    assert guard.lines([("E", results[0])], "image") == ["E: whether the image is of a known kind cannot be told."]


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


def test_compare_says_of_each_reading_that_its_film_cannot_be_judged() -> None:
    app = give(opened(), ("film.png", synthetic.as_png8(FILM)))
    app.switch_page("pages/read/compare.py").run()
    assert not app.exception
    (told,) = [one for one in app.caption if "cannot be told" in one.value]  # this network has no statistics
    assert "it has no statistics of its films" in told.value
    assert "python -m core guard" in told.help


def test_the_viewers_mark_of_the_right_side_says_what_was_done_to_the_film() -> None:
    given = state.Upload.of("film.png", UPSIDE_DOWN)
    turned = given.mended("turn 180", "f" * 64, "Turned.")
    task, facts = TASKS["pneumonia"], Facts(format="DICOM")
    assert hanging.of(given, task, facts).right.startswith("Shown as stored, never flipped")
    assert hanging.of(turned, task, facts).right.startswith("Mended, not as stored")
    assert hanging.of(replace(given, aggregate=True), task, facts).right == ""


def test_a_file_that_says_which_side_is_right_is_believed_until_its_film_is_mended() -> None:
    task, facts = TASKS["pneumonia"], Facts(format="DICOM", right_on_right=True)
    given = state.Upload.of("film.dcm", UPSIDE_DOWN)
    hangs = hanging.of(given, task, facts)
    assert not hangs.right  # no mark at the left
    assert hangs.sides.startswith("The file says that the patient's right is on your right.")
    turned = given.mended("turn 180", "f" * 64, "Turned.")
    assert "your right." not in hanging.of(turned, task, facts).sides
