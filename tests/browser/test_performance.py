"""A real Chromium on the Performance page: what AppTest cannot do is click in a figure, and what a link opens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core import settings
from core.checkpoint import Checkpoint
from core.evaluate import from_csv
from tests import checkpoints, synthetic
from tests.browser.app import accept, drop, running, visiting

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FILM = synthetic.as_png8(synthetic.film(120, 140))
TASK = "covid"  # a task of its own: whatever is shipped is not in the way
NAME = f"{TASK}-resnet18"
CENTRE = """(figure, [row, column]) => {
    const {xaxis, yaxis} = figure._fullLayout, box = figure.getBoundingClientRect();
    return [box.x + xaxis._offset + xaxis.l2p(column), box.y + yaxis._offset + yaxis.l2p(row)];
}"""
"""Where on the screen a point of a Plotly figure is."""
_SECOND = "document.querySelectorAll('[data-testid=stMetricValue]')[1].innerText"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running app with two networks of random weights, a map, and their test films made by code."""
    weights, data = tmp_path_factory.mktemp("weights"), tmp_path_factory.mktemp("data")
    first, _ = (
        checkpoints.random_checkpoint(weights, TASK, arch, seed) for seed, arch in enumerate(("resnet18", "vgg16_bn"))
    )
    _map(first)
    (data / "test").mkdir()
    for file in from_csv(first.predictions).files:
        (data / file).write_bytes(FILM)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(settings.DATA, str(data))
        with running(weights) as found:
            yield found


@pytest.fixture
def page(address: str) -> Iterator[Any]:
    """A fresh visitor; what the browser complains about fails the test."""
    with visiting() as found:
        yield found


def test_a_click_on_a_cell_lists_its_films_and_one_opens_in_diagnose(page: Any, address: str) -> None:
    _open(page, address, "matrices")
    figure = page.locator(".js-plotly-plot").first
    figure.scroll_into_view_if_needed()
    x, y = figure.evaluate(CENTRE, [1, 2])
    page.mouse.click(x, y)
    page.get_by_role("heading", name=re.compile(r"^ResNet-18: \d+ of \d+")).wait_for()
    page.wait_for_url(re.compile(rf"cell={NAME}%2CNO_FINDING%2CPNEUMONIA"))
    page.get_by_alt_text("A small picture of the film").first.wait_for()

    page.get_by_role("button", name=re.compile(r"Diagnose$")).first.click()
    page.get_by_role("heading", name=re.compile(r"\d %$")).wait_for()
    picker = page.get_by_test_id("stSidebar").get_by_test_id("stSelectbox")
    task, backbone = (picker.nth(place).locator("input").input_value() for place in range(2))
    assert (task, backbone.partition(" · ")[0]) == ("COVID-19", "ResNet-18")
    explained = page.get_by_test_id("stButtonGroup").get_by_role("radio", checked=True)
    assert explained.inner_text() == "Other pneumonia"


def test_a_lasso_on_the_map_lists_films(page: Any, address: str) -> None:
    _open(page, address, "points")
    figure = page.locator(".js-plotly-plot").first
    figure.scroll_into_view_if_needed()
    corners = [figure.evaluate(CENTRE, corner) for corner in ([-0.5, -0.5], [-0.5, 0.5], [0.5, 0.5], [0.5, -0.5])]
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in (*corners[1:], corners[0]):
        page.mouse.move(*corner, steps=8)
    page.mouse.up()
    page.get_by_role("heading", name=re.compile(r"^\d+ films selected$")).wait_for()
    page.get_by_alt_text("A small picture of the film").first.wait_for()


def test_the_threshold_moves_and_is_used_in_diagnose(page: Any, address: str) -> None:
    _open(page, address, "threshold")
    specificity = page.get_by_test_id("stMetricValue").nth(1)
    before = _percent(specificity)
    page.get_by_role("slider").first.focus()
    page.keyboard.press("Home")  # everything is positive
    page.wait_for_function(f"() => parseFloat({_SECOND}) === 0 && {before} > 0")
    page.get_by_role("button", name="90 % specificity").click()
    page.wait_for_function(f"() => parseFloat({_SECOND}) >= 90")

    page.get_by_role("button", name="Use in Diagnose").click()
    mine = page.get_by_text(re.compile(r"Your threshold: 0\.\d+ for COVID-19 pneumonia"))
    mine.wait_for()
    (threshold,) = re.findall(r"0\.\d+", mine.inner_text())
    drop(page, ("chest.png", FILM))
    verdict = page.get_by_text(f"your threshold {threshold} for COVID-19 pneumonia")
    verdict.wait_for()
    page.get_by_role("button", name="Drop the threshold").click()
    verdict.wait_for(state="detached")


def test_a_link_reproduces_the_view(page: Any, address: str) -> None:
    _open(page, address, f"matrices&classes=merged&shares=true&model={NAME}&cell={NAME},OTHER,COVID-19")
    page.get_by_role("heading", name=re.compile(r"^ResNet-18: \d+ of \d+")).wait_for()
    assert page.locator(".js-plotly-plot").count() == 1
    assert page.get_by_role("radio", name="Share of the true class").is_checked()
    _open(page, address, "threshold&positive=PNEUMONIA&threshold=0.25&prevalence=10")
    page.get_by_text("at a prevalence of 10.0 %").first.wait_for()
    page.get_by_test_id("stSlider").get_by_text("0.250").wait_for()


def test_a_figure_is_saved_as_asked(page: Any, address: str) -> None:
    _open(page, address, "matrices")
    for kind, begins in (("PNG", b"\x89PNG"), ("SVG", b"<svg")):
        page.get_by_role("radio", name=kind, exact=True).click()
        page.wait_for_timeout(1500)
        with page.expect_download() as saved:
            page.locator(".js-plotly-plot").first.locator(".modebar-btn").click()
        assert saved.value.suggested_filename == f"confusion-{NAME}.{kind.lower()}"
        assert Path(saved.value.path()).read_bytes().startswith(begins)


def _open(page: Any, address: str, view: str) -> None:
    page.goto(f"{address}/performance?task={TASK}&view={view}")
    accept(page)
    page.locator(".js-plotly-plot .main-svg").first.wait_for()
    page.wait_for_timeout(1500)  # figures settle to their width


def _percent(metric: Any) -> float:
    return float(metric.inner_text().split()[0])


def _map(checkpoint: Checkpoint) -> Path:
    checkpoints.write_map(checkpoint, from_csv(checkpoint.predictions).files)
    return checkpoint.film_map
