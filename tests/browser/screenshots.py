"""The README's pictures, from the running app, without a patient's film: ``python -m tests.browser.screenshots``."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

from tests import synthetic
from tests.browser.app import ROOT, accept, browsing, drop, running
from tests.browser.viewing import READY

DOCS = ROOT / "docs"


def main() -> None:
    """Every page: with an average radiograph, and with several synthetic films."""
    DOCS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as address, browsing() as page:
        page.goto(address)
        accept(page)
        page.get_by_role("button", name="Average: Bacterial pneumonia", exact=True).click()
        _settled(page)
        page.screenshot(path=DOCS / "diagnose.png")
        page.get_by_role("link", name="Compare").click()
        page.get_by_role("heading", name=re.compile("verdict")).first.wait_for()
        page.wait_for_timeout(8000)
        page.screenshot(path=DOCS / "compare.png", full_page=True)
        page.get_by_role("link", name="Performance").click()
        page.locator(".js-plotly-plot").first.wait_for()
        page.wait_for_timeout(6000)
        page.screenshot(path=DOCS / "performance.png")
        page.get_by_role("link", name="Data set").click()
        page.locator(".js-plotly-plot").first.wait_for()
        page.wait_for_timeout(6000)
        page.screenshot(path=DOCS / "dataset.png")
        page.get_by_role("link", name="Diagnose").click()
        films = [(f"film{seed}.png", synthetic.as_png8(synthetic.film(512, 448, seed))) for seed in (0, 2, 3)]
        drop(page, *films, ("letter.png", b"not a film"))
        page.get_by_text("read, 1 not").first.wait_for()
        _settled(page)
        page.screenshot(path=DOCS / "several.png")
        page.get_by_role("link", name="Models").click()
        page.locator(".js-plotly-plot").first.wait_for()
        page.wait_for_timeout(3000)
        page.screenshot(path=DOCS / "models.png")


def _settled(page: Any) -> None:
    page.get_by_role("heading", name=re.compile(r"\d %$")).wait_for()
    page.locator(".js-plotly-plot").first.wait_for()
    page.locator(READY).wait_for()
    page.wait_for_timeout(3000)  # charts and tables fade in


if __name__ == "__main__":
    main()
