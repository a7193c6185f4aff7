"""Slow maps on the pages: asked for, watched, stopped, kept; any layer of the network explained."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import checkpoint as on_disk
from core import models, settings
from core.errors import EvidenceError, StoppedError
from core.explain import again
from core.explain.asked import Asked
from core.ui import job as jobs
from core.ui import making, state
from core.ui.job import Job
from tests import checkpoints, synthetic

ROOT = Path(__file__).parent.parent
FILM = synthetic.as_png8(synthetic.film(120, 140))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    checkpoints.random_checkpoint(folder)
    checkpoints.random_checkpoint(folder, arch="lenet")
    return folder


@pytest.fixture
def _weights(made: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(on_disk, "SHIPPED", made)
    monkeypatch.delenv(settings.WEIGHTS, raising=False)
    monkeypatch.setenv(settings.STILL, "1")
    st.cache_resource.clear()
    st.cache_data.clear()
    models.get_pool.cache_clear()
    yield
    st.cache_resource.clear()
    models.get_pool.cache_clear()


def opened(page: str = "pages/read/diagnose.py") -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.run().button(key="accept").click().run()
    app.session_state[state.reading.MODEL] = "pneumonia-resnet18"
    app.switch_page(page).run()
    app.file_uploader[0].set_value([("chest.png", FILM, "image/png")])
    return seen(app.run())


def seen(app: AppTest) -> AppTest:
    assert not app.exception, app.exception
    return app


def said(app: AppTest) -> str:
    kinds = ("markdown", "caption", "info", "warning", "error")
    return "\n".join(element.value for kind in kinds for element in getattr(app, kind))


def buttons(app: AppTest) -> set[str]:
    return {str(button.key) for button in app.button}


def finished(app: AppTest) -> AppTest:
    """The page after the work that goes on is over."""
    job = app.session_state["job"]
    if job is not None:  # what takes no time is over already
        assert isinstance(job, Job)
        assert job.wait(100)
    return seen(app.run())


def slow(app: AppTest, name: str) -> AppTest:
    return seen(app.selectbox(key=state.reading.METHOD).set_value(name).run())


@pytest.mark.usefixtures("_weights")
def test_a_slow_map_is_made_on_request_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    app = slow(opened(), "occlusion")
    assert "Occlusion sensitivity is slow" in said(app)
    assert "225 times" in said(app)
    assert making.NOT_MADE in said(app)
    assert "measure" not in buttons(app)
    app = finished(app.button(key="make_maps").click().run())
    assert "Occlusion sensitivity · by the network's input" in said(app)
    assert making.NOT_MADE not in said(app)
    assert not {"make_maps", "stop_maps"} & buttons(app)
    monkeypatch.setattr(again, "made", None)  # from now on nothing can be made
    app = slow(slow(app, "rise"), "occlusion")
    assert "Occlusion sensitivity · by the network's input" in said(app)


@pytest.mark.usefixtures("_weights")
def test_a_slow_map_that_is_being_made_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = held(monkeypatch)
    app = slow(opened(), "rise")
    app = seen(app.button(key="make_maps").click().run())
    assert "make_maps" not in buttons(app)
    assert making.NOT_MADE in said(app)
    app.button(key="stop_maps").click().run()
    go_on()
    app = finished(app)
    assert "Stopped." in said(app)
    assert "make_maps" in buttons(app)
    assert making.NOT_MADE in said(app)


@pytest.mark.usefixtures("_weights")
def test_looking_at_something_else_stops_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = held(monkeypatch)
    app = slow(opened(), "rise").button(key="make_maps").click().run()
    job = app.session_state["job"]
    slow(app, "grad_cam")
    go_on()
    assert job.wait(60)
    assert isinstance(job.error, StoppedError)
    assert "Stopped." not in said(slow(app, "rise"))


def held(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Every question to the network waits until what is given back is called."""
    gate, real = threading.Event(), Asked.answers

    def answers(asked: Asked, films: object) -> object:
        gate.wait(60)
        return real(asked, films)  # type: ignore[arg-type]

    monkeypatch.setattr(Asked, "answers", answers)
    return gate.set


@pytest.mark.usefixtures("_weights")
def test_trust_in_a_slow_map_is_measured_without_making_it_again() -> None:
    app = slow(opened(), "ablation_cam")
    app = finished(app.button(key="make_maps").click().run())
    app = seen(app.button(key="measure").click().run())
    assert "they are measured for fast methods only" in said(app)
    assert "ROAD" in said(app)


@pytest.mark.usefixtures("_weights")
def test_any_layer_can_be_explained_and_several_are_averaged() -> None:
    app = opened()
    assert app.multiselect(key=state.reading.LAYERS).options == ["layer4", "layer3", "layer2", "layer1"]
    assert app.multiselect(key=state.reading.LAYERS).value == ["layer4"]
    app = seen(app.multiselect(key=state.reading.LAYERS).set_value(["layer2"]).run())
    assert "Grad-CAM · at layer2" in said(app)
    app = seen(app.multiselect(key=state.reading.LAYERS).set_value(["layer2", "layer3"]).run())
    assert "Grad-CAM · at layer2 + layer3, averaged" in said(app)
    app = seen(app.multiselect(key=state.reading.LAYERS).set_value([]).run())
    assert "Grad-CAM · at layer4" in said(app)
    app = seen(app.selectbox(key=state.reading.MODEL).set_value("pneumonia-lenet").run())
    assert app.multiselect(key=state.reading.LAYERS).value == ["convolution 3"]
    app = slow(app, "smooth_grad")
    assert not app.multiselect  # it explains the input


@pytest.mark.usefixtures("_weights")
def test_compare_makes_slow_maps_of_all_its_networks() -> None:
    app = opened("pages/read/compare.py")
    app = seen(app.multiselect(key=state.compare.METHODS).set_value(["grad_cam", "score_cam"]).run())
    assert "Score-CAM by ResNet-18, Score-CAM by LeNet" in said(app)
    assert "632 times in all" in said(app)
    assert "At layer4" in said(app)  # what is fast is there at once
    assert "to_diagnose_2" not in buttons(app)
    app = finished(app.button(key="make_maps").click().run())
    assert "make_maps" not in buttons(app)
    assert "to_diagnose_3" in buttons(app)
    app = seen(app.multiselect(key=state.compare.LAYERS).set_value(["1"]).run())
    assert "ResNet-18: layer3" in said(app)
    assert "LeNet: convolution 2" in said(app)
    assert "make_maps" in buttons(app)  # of that layer they are not there


# ---------------------------------------------------------------- the job alone


def test_a_job_tells_how_far_it_is_over_all_its_parts() -> None:
    gates = [threading.Event() for _ in range(3)]
    reached = threading.Semaphore(0)

    def part(progress: jobs.Progress, _stop: jobs.Stop) -> None:
        for done in (1, 2):
            progress(done, 2)
            reached.release()
            gates[done].wait(20)

    job = Job(["a", "b"], [part, part], [3, 1])
    assert job.look() == jobs.Standing(over=False, share=0.0, left=None, waits=True)
    job.start()
    reached.acquire(timeout=20)
    assert job.look().share == pytest.approx(3 / 8)
    assert job.look().left is not None
    for gate in gates:
        gate.set()
    assert job.wait(20)
    assert job.look().share == 1
    assert job.error is None


@pytest.mark.parametrize("limit", ["ABANDONED", "GONE"])
def test_a_job_nobody_looks_at_or_waits_for_ends(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setattr(jobs, limit, 0.2)

    def part(_progress: jobs.Progress, stop: jobs.Stop) -> None:
        while not stop():
            time.sleep(0.01)
        raise StoppedError("stopped")

    job = Job(["a"], [part], [1], here=lambda: limit != "GONE").start()
    assert job.wait(20)
    assert isinstance(job.error, StoppedError)


def test_jobs_take_turns_and_one_that_waits_can_be_stopped() -> None:
    gate = threading.Event()
    first = Job(["a"], [lambda _progress, _stop: gate.wait(20) and None], [1]).start()  # type: ignore[func-returns-value]
    while first.look().waits:
        time.sleep(0.01)
    second = Job(["b"], [lambda _progress, _stop: None], [1]).start()
    assert not second.wait(0.3)
    assert second.look().waits
    second.stop()
    assert second.wait(20)
    assert isinstance(second.error, StoppedError)
    gate.set()
    assert first.wait(20)
    assert first.error is None


def test_what_goes_wrong_in_a_job_is_kept_for_whoever_looks() -> None:
    def part(_progress: jobs.Progress, _stop: jobs.Stop) -> None:
        raise EvidenceError("broken")

    job = Job(["a"], [part], [1]).start()
    assert job.wait(20)
    assert isinstance(job.error, EvidenceError)
