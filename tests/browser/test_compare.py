"""A real Chromium on the Compare page: a film dropped there, the maps side by side, the page kept, a pane opened."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import checkpoints, synthetic
from tests.browser.app import accept, drop, running, settled, visiting
from tests.browser.viewing import CUT, pixels, readout

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FILM = synthetic.as_png8(synthetic.film(300, 360))
TOO_WIDE = """[document.documentElement, document.querySelector("[data-testid=stMain]"),
    ...document.querySelectorAll("[data-testid=stMain] [data-testid=stHorizontalBlock]")]
    .filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.outerHTML.slice(0, 200))"""
"""What would have to be scrolled sideways."""
OTHER = synthetic.as_png8(synthetic.film(280, 300, seed=2))


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running app with one network more than is shipped."""
    folder = tmp_path_factory.mktemp("app")
    checkpoints.random_checkpoint(folder, arch="vgg11_bn")
    with running(folder) as found:
        yield found


@pytest.fixture
def page(address: str) -> Iterator[Any]:
    """A fresh visitor."""
    with visiting() as found:
        yield found


def test_a_film_dropped_here_is_seen_by_two_networks_and_opens_in_diagnose(
    page: Any, address: str, tmp_path: Path
) -> None:
    page.goto(f"{address}/compare")
    accept(page)
    drop(page, ("Doe.png", FILM))
    page.get_by_role("heading", name=re.compile("verdict", re.IGNORECASE)).wait_for()
    settled(page)
    page.get_by_text("Each its own").click()  # never below the cut-off
    settled(page)
    page.get_by_role("heading", name="Where the maps agree").wait_for()
    page.get_by_alt_text(re.compile("Difference of the heatmaps")).wait_for()
    overlays = page.get_by_role("img", name=re.compile("The film with the Grad-CAM heatmap"))
    overlays.nth(1).wait_for()
    assert page.get_by_role("img", name="The film as it is").count() == 1
    assert "Doe" not in page.url
    assert page.url.count("backbone=") == 2

    page.locator(".stage").nth(1).focus()
    page.keyboard.press("h")  # without their maps all panes are the film
    page.keyboard.press("+")
    page.keyboard.press("Shift+ArrowLeft")
    assert readout(page)["window"] < 1
    assert pixels(page, 0) == pixels(page, 1) == pixels(page, 2)
    page.keyboard.press("h")
    assert readout(page)
    assert len({pixels(page, number) for number in range(3)}) == 3

    for name, start in (("Sheet PNG", b"\x89PNG"), ("Sheet PDF", b"%PDF")):
        with page.expect_download() as kept:
            page.get_by_role("button", name=name).click()
        assert "Doe" not in kept.value.suggested_filename
        kept.value.save_as(tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(start)

    page.set_viewport_size({"width": 1024, "height": 768})  # a small projector
    settled(page)
    assert page.evaluate(TOO_WIDE) == []
    page.set_viewport_size({"width": 853, "height": 480})  # a bigger one, with the browser's zoom at 150 %
    settled(page)
    assert page.evaluate(CUT) == []
    page.get_by_role("button", name="ResNet-50", exact=True).click()
    page.get_by_role("img", name=re.compile("heatmap for")).wait_for()
    assert "compare" not in page.url
    assert page.evaluate(TOO_WIDE) == []
    assert page.evaluate(CUT) == []
    page.get_by_role("link", name="Compare").click()
    overlays.nth(1).wait_for()  # the film is still here


def test_what_is_chosen_outlives_a_click_in_the_page_and_another_page(page: Any, address: str) -> None:
    page.goto(f"{address}/compare?backbone=pneumonia-vgg11_bn&backbone=pneumonia-resnet18&method=layer_cam")
    accept(page)
    drop(page, ("one.png", FILM))
    page.get_by_role("img", name=re.compile("LayerCAM heatmap")).nth(1).wait_for()
    page.get_by_text("Each its own").click()  # draws the page below the sidebar alone
    settled(page)
    for leave in (page.get_by_role("link", name="Models"), page.get_by_role("button", name="VGG-11-BN", exact=True)):
        leave.click()
        page.wait_for_url(re.compile("^(?!.*compare)"))
        settled(page)
        page.get_by_role("link", name="Compare").click()
        page.get_by_role("img", name=re.compile("LayerCAM heatmap of VGG-11-BN")).wait_for()
        settled(page)
        chosen = page.locator('[data-testid="stMultiSelect"]')
        assert "VGG-11-BN" in chosen.nth(0).inner_text()
        assert "LayerCAM" in chosen.nth(1).inner_text()


def test_a_film_that_cannot_be_fetched_is_asked_for_again_and_the_viewer_stays(page: Any, address: str) -> None:
    def lose(route: Any) -> None:
        route.fulfill(status=404) if route.request.resource_type == "fetch" else route.continue_()

    page.route("**/media/**", lose)  # what the viewer asks for; small pictures of the page are not asked for again
    page.goto(f"{address}/compare")
    accept(page)
    drop(page, ("one.png", FILM))
    page.get_by_text("no longer on the server").first.wait_for()
    page.unroute("**/media/**")
    page.get_by_test_id("stButtonGroup").first.get_by_role("radio").last.click()  # another class: the viewer's turn
    page.locator(".busy >> visible=true").first.wait_for(state="detached")
    page.get_by_role("img", name=re.compile("The film with the Grad-CAM heatmap")).first.wait_for()
    assert page.get_by_text("still images instead").count() == 0


def test_two_films_side_by_side(page: Any, address: str) -> None:
    page.goto(f"{address}/compare?films=two&backbone=pneumonia-vgg11_bn&method=layer_cam")
    accept(page)
    drop(page, ("one.png", FILM), ("two.png", OTHER))
    page.get_by_role("img", name="The film as it is of film A").wait_for()
    page.get_by_role("img", name="The film as it is of film B").wait_for()
    page.get_by_text("VGG-11-BN · film B").wait_for()
    assert "films=two" in page.url
