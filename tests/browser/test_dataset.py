"""A real Chromium on the page "Data set": a link, a filter that changes figure and address, a film that opens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core import settings
from tests import synthetic
from tests.browser.app import accept, running, settled, visiting

pytestmark = [pytest.mark.browser, pytest.mark.slow]

BARS = "figure => JSON.stringify(figure.data.map(bars => bars.text))"
"""Numbers on the bars of a Plotly figure, one list per class."""

TRAINING = '[["5"],["0"],["3"]]'


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running app with films made by code, and their index made by the command."""
    from core.cli import main

    films, index = tmp_path_factory.mktemp("films"), tmp_path_factory.mktemp("index") / "Doe.csv"
    _write(films, "train", "NORMAL", 5)
    _write(films, "train", "VIRUS", 3)
    _write(films, "test", "NORMAL", 2)
    assert main(["index", str(films), "--out", str(index)]) == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(settings.DATA, str(films))
        patch.setenv(settings.INDEX, str(index))
        with running(tmp_path_factory.mktemp("app")) as found:
            yield found


@pytest.fixture
def page(address: str) -> Iterator[Any]:
    """A fresh visitor; what the browser complains about fails the test."""
    with visiting("dataset") as found:
        yield found


def test_a_link_shows_the_shipped_set_and_every_section_opens(page: Any, address: str) -> None:
    page.goto(f"{address}/dataset?view=health")
    accept(page)
    page.get_by_text("the same number in two classes need not be the same child").wait_for()
    page.get_by_text("5,840").first.wait_for()
    for section, words in {
        "Brightness and size": "What each gives away",
        "Average films": "An aggregate, not a patient",
        "Class balance": "In numbers",
    }.items():
        page.get_by_test_id("stButtonGroup").get_by_role("radio", name=section).click()
        page.get_by_text(words).first.wait_for()
        settled(page)  # pictures of a section that was left are no longer on the server
    page.wait_for_url(re.compile("view=balance"))


def test_a_filter_changes_the_figure_and_the_address_and_the_link_reproduces_it(page: Any, address: str) -> None:
    page.goto(f"{address}/dataset?index=server")
    accept(page)
    figure = page.locator(".st-key-balance_counts .js-plotly-plot")
    figure.wait_for()
    assert figure.evaluate(BARS) == '[["5","2"],["0","0"],["3","0"]]'
    page.get_by_test_id("stMultiSelect").first.locator("input").click()
    page.get_by_role("option", name="Training").click()
    page.wait_for_url(re.compile("split=train"))
    page.wait_for_function(
        f"({BARS})(document.querySelector('.st-key-balance_counts .js-plotly-plot')) === '{TRAINING}'"
    )
    link = page.url
    assert "Doe" not in link
    page.goto(link)  # a new visitor
    accept(page)
    figure.wait_for()
    assert figure.evaluate(BARS) == TRAINING


def test_a_click_in_the_gallery_opens_the_film_in_diagnose(page: Any, address: str) -> None:
    page.goto(f"{address}/dataset?index=server&view=films&class=VIRUS")
    accept(page)
    page.get_by_alt_text("Viral pneumonia: a small picture of the film").nth(2).wait_for()
    page.get_by_text("Films 1 to 3 of 3").wait_for()
    page.get_by_role("button", name="Viral pneumonia", exact=True).nth(1).click()
    page.get_by_role("heading", name=re.compile(r"\d %$")).wait_for()
    page.get_by_role("img", name="The film as it is").wait_for()


def _write(root: Path, split: str, label: str, count: int) -> None:
    folder = root / split / label
    folder.mkdir(parents=True)
    for number in range(count):
        seed = 100 * len(split) + 10 * len(label) + number
        (folder / f"{label}{number}.png").write_bytes(synthetic.as_png8(synthetic.film(130, 120, seed)))
