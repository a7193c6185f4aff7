"""How smoothly the viewer moves a large film of 16 bits beside its heatmap: frames a second in a real browser."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Final

from PIL import Image

from tests.browser.app import CHROMIUM, accept, browsing, drop, running, settled
from tests.browser.viewing import READY, frames_a_second
from tests.synthetic import film, stored

SIDE: Final = 3000
TARGET: Final = 50


def measure() -> dict[str, float]:
    """Frames a second: the whole film, one to one, and with three panes; nothing where there is no browser."""
    if CHROMIUM is None:
        return {}
    buffer = io.BytesIO()
    Image.fromarray(stored(film(SIDE, SIDE * 5 // 6), 16)).save(buffer, "PNG", compress_level=1)
    found = {}
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as address, browsing() as page:
        page.goto(address)
        accept(page)
        drop(page, ("film.png", buffer.getvalue()))
        page.locator(READY).wait_for()
        settled(page)
        found["pan_whole_film"] = frames_a_second(page)
        page.locator(".stage").first.focus()
        page.keyboard.press("1")
        found["pan_one_to_one"] = frames_a_second(page)
        page.get_by_role("link", name="Compare").click()
        page.locator(".room .pane:nth-child(3)").wait_for()
        page.locator(READY).wait_for()
        settled(page)
        found["pan_three_panes"] = frames_a_second(page)
    return found
