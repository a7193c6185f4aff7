"""The app as a user starts it, and a real Chromium to look at it with."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from core import settings
from tests import checkpoints

ROOT = Path(__file__).parent.parent.parent
WAIT = 120_000  # milliseconds; a busy machine imports torch slowly
CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

File = tuple[str, bytes]
"""A file to drop: its name and its bytes."""


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Start the app; its address. What it printed must hold neither a traceback nor a file's name.

    Args:
        folder: for its log, and for a network with random weights where none is shipped.
    """
    if not any((ROOT / "weights").glob("*.safetensors")):
        checkpoints.random_checkpoint(folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "core.ui", "--server.port", str(port)]
    environment = os.environ | {settings.WEIGHTS: str(folder)}
    log = (folder / "log.txt").open("w+")
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT) as server:
        try:
            _wait_for(f"http://127.0.0.1:{port}/_stcore/health", server)
            yield f"http://127.0.0.1:{port}"
            log.seek(0)
            said = log.read()
            assert "Traceback" not in said
            assert "Doe" not in said  # neither file names nor patients reach the log
        finally:
            server.terminate()
            server.wait(20)
            log.close()


BROKEN = "[...document.images].filter((one) => one.complete && !one.naturalWidth).map((one) => one.src)"
"""Pictures that the page shows and has not got."""


@contextmanager
def browsing(width: int = 1440, height: int = 900) -> Iterator[Any]:
    """A fresh visitor's page."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(WAIT)
        yield page
        browser.close()


@contextmanager
def visiting(deep: str | None = None) -> Iterator[Any]:
    """A fresh visitor's page, or a skip; errors on the page fail the test.

    Args:
        deep: the page that tests open by a deep link; errors in the browser's console then fail the test as well.
    """
    if CHROMIUM is None:
        pytest.skip("There is no Chromium on this machine.")
    complaints: list[str] = []

    def hear(message: Any) -> None:
        # On a deep link Streamlit first looks for its server below that address, then above. A picture can leave the
        # page before it is fetched. Neither is an error of ours.
        url = message.location.get("url", "")
        if message.type == "error" and f"/{deep}/_stcore/" not in url and "/media/" not in url:
            complaints.append(f"{message.text} {url}")

    with browsing() as found:
        if deep:
            found.on("console", hear)
        found.on("pageerror", lambda error: complaints.append(str(error)))
        yield found
        assert not (broken := found.evaluate(BROKEN)), broken
    assert not complaints, complaints


def accept(page: Any) -> None:
    """Accept the notice that meets every first visit."""
    page.get_by_role("button", name="I understand").click()


def settled(page: Any) -> None:
    """Wait until what was just clicked has been worked off: until then old elements are still on the page."""
    page.wait_for_timeout(1000)  # for the click to reach the server
    page.locator('.stApp[data-test-script-state="notRunning"]').wait_for()
    page.wait_for_timeout(300)  # for the last elements to be drawn


def drop(page: Any, *files: File) -> None:
    """Hand files to the uploader."""
    payload = [{"name": name, "mimeType": "application/octet-stream", "buffer": data} for name, data in files]
    page.locator("input[type=file]").first.set_input_files(payload)


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert server.poll() is None, "the server has stopped"
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own address
                return
        except OSError:
            time.sleep(0.3)
    raise AssertionError("the server does not answer")
