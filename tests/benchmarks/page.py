"""A page of the app as benchmarks run it: by Streamlit's own test harness, timed on the server."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streamlit.testing.v1 import AppTest

_APP = Path(__file__).parent.parent.parent / "app.py"


def opened() -> AppTest:
    """The app, its notice accepted."""
    app = AppTest.from_file(str(_APP), default_timeout=300).run()
    app.button(key="accept").click().run()
    return app


def run(app: AppTest) -> float:
    """Milliseconds from a request to the last element sent.

    Of the processor, not of the clock: what else the machine does is not counted, and the page waits for nothing.
    """
    started = time.process_time()
    app.run()
    assert not app.exception, app.exception
    return (time.process_time() - started) * 1000


@contextmanager
def environment(name: str, value: str) -> Iterator[None]:
    """A variable set for a while."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        os.environ.pop(name)
        if before is not None:
            os.environ[name] = before
