"""A real Chromium against the app, started as a user would: the whole way from the notice to the heatmap."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests import synthetic
from tests.browser.app import accept, drop, running, settled, visiting
from tests.browser.viewing import READY, pixels

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FILM = synthetic.as_png8(synthetic.film(300, 360))
DICOM = synthetic.as_dicom(synthetic.film(320, 300, seed=2), photometric="MONOCHROME1")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running app."""
    with running(tmp_path_factory.mktemp("app")) as found:
        yield found


@pytest.fixture
def page(address: str) -> Iterator[Any]:
    """A fresh visitor; what the browser complains about fails the test."""
    with visiting("models") as found:
        yield found


def test_a_deep_link_works_on_a_server_nobody_has_visited(page: Any, address: str) -> None:
    """Stays the first test of this file: those after it find the server visited."""
    page.goto(f"{address}/models")
    accept(page)
    page.get_by_role("heading", name="Models", exact=True).wait_for()
    page.get_by_text("Confusion matrix, test films").first.wait_for()
    page.locator(".js-plotly-plot").first.wait_for()


def test_from_the_notice_to_the_heatmap(page: Any, address: str) -> None:
    page.goto(address)
    accept(page)
    drop(page, ("chest.png", FILM))

    page.get_by_role("heading", name=re.compile(r"\d %$")).wait_for()
    page.locator(".js-plotly-plot").wait_for()
    page.locator(READY).wait_for()
    overlay = page.get_by_role("img", name=re.compile("heatmap for"))
    overlay.wait_for()
    first = pixels(page, 1)
    assert page.get_by_role("img", name="The film as it is").count() == 1
    assert page.get_by_text("Research use only").first.is_visible()

    classes = page.get_by_test_id("stButtonGroup").get_by_role("radio")
    unchosen = [n for n in range(classes.count()) if classes.nth(n).get_attribute("aria-checked") != "true"]
    assert len(unchosen) == classes.count() - 1
    anyway = page.get_by_text("Show it anyway")
    for place in unchosen:
        classes.nth(place).click()
        settled(page)
        if anyway.count():
            anyway.click()
            settled(page)
        # Another picture, or word that this class has no evidence on this film.
        assert overlay.count() == 1 or "No heatmap for" in page.locator(".room").inner_text()
        if overlay.count():
            break
    assert pixels(page, 1) != first

    drop(page, ("Doe.dcm", DICOM), ("Doe.png", FILM[: len(FILM) // 2]))
    page.get_by_text("2 films read, 1 not.").wait_for()
    page.get_by_text("MONOCHROME1").first.wait_for()


def test_a_broken_file_is_explained(page: Any, address: str) -> None:
    page.goto(address)
    accept(page)
    drop(page, ("Doe.png", FILM[: len(FILM) // 2]))
    page.get_by_text("damaged or cut short").wait_for()


def test_a_slow_map_shows_how_far_it_is_and_can_be_stopped(page: Any, address: str) -> None:
    page.goto(address)
    accept(page)
    choose(page, "Backbone", "VGG-16-BN")  # its blocks are named below
    drop(page, ("chest.png", FILM))
    page.locator(READY).wait_for()
    choose(page, "Heatmap method", "RISE · slow")
    page.get_by_role("button", name="Make this map").click()
    page.get_by_text(re.compile(r"Asking the network: \d+ %, about .* left")).wait_for()
    page.get_by_test_id("stMain").get_by_role("button", name="Stop").click()
    page.get_by_text("Nothing of it is kept.").wait_for()
    page.get_by_role("button", name="Make this map").wait_for()
    choose(page, "Heatmap method", "Ablation-CAM · slow")
    page.get_by_role("button", name="Make this map").click()
    page.get_by_role("img", name=re.compile("Ablation-CAM heatmap for")).wait_for()
    choose(page, "Heatmap method", "Grad-CAM")
    choose(page, "Target layer", "block 3")
    page.get_by_text("at block 3 + block 5, averaged").first.wait_for()


def choose(page: Any, picker: str, option: str) -> None:
    """Open a picker in the sidebar and take one of its options; networks have their accuracy behind them."""
    page.get_by_test_id("stSidebar").get_by_role("combobox", name=re.compile(picker)).click()
    page.get_by_role("option", name=re.compile(rf"^{re.escape(option)}( · [\d.]+ %)?$")).click()
    page.keyboard.press("Escape")  # a list of several stays open, and hides the page from those who ask by role
    settled(page)


def test_a_film_upside_down_is_mended_and_noise_is_read_only_when_somebody_insists(page: Any, address: str) -> None:
    page.goto(address)
    accept(page)
    drop(page, ("turned.png", synthetic.as_png8(np.rot90(synthetic.film(300, 360), 2).copy())))
    page.get_by_text("Not read: this does not look like a film this network knows.").wait_for()
    page.get_by_text("does not seem to lie upright").wait_for()
    assert not page.get_by_role("heading", name=re.compile(r"\d %$")).count()
    page.get_by_role("button", name="Turn by 180°").click()
    page.get_by_role("heading", name=re.compile(r"\d %$")).wait_for()
    page.get_by_text("Mended here: turned by 180°").wait_for()

    page.get_by_role("button", name="Remove all films").click()
    page.get_by_text("No film at hand?").wait_for()
    settled(page)  # or the uploader that is about to go is handed the film
    drop(page, ("noise.png", synthetic.as_png8(np.random.default_rng(0).random((256, 256), np.float32))))
    page.get_by_text("grainy all over").wait_for()
    page.get_by_role("button", name="Read anyway").click()
    page.get_by_text("Read anyway: the guard refused this film.").wait_for()
    page.get_by_role("heading", name=re.compile(r"\d %$")).wait_for()
