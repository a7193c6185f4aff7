"""What tests share: where the films are, and what happens when they are not."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterator
from functools import cache
from pathlib import Path

import pytest

from core import settings

# Tests that run side by side share the cores: networks that each take all of them get in each other's way.
if workers := os.environ.get("PYTEST_XDIST_WORKER_COUNT"):
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // int(workers))))

ROOT = Path(__file__).resolve().parent.parent
NO_SKIP = os.environ.get("PNEUMOLENS_NO_SKIP") == "1"


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The folder that holds ``chest_xray`` and ``covid_xray``: PNEUMOLENS_DATA, else shared/data beside the project."""
    root = settings.path(settings.DATA) or ROOT.parent / "shared" / "data"
    if not (root / "chest_xray").is_dir():
        pytest.skip("the public films are not here: set PNEUMOLENS_DATA to the folder that holds chest_xray")
    return root


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests neither use nor fill the cache folder of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(settings.CACHE, str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True, scope="session")
def _components_looked_for_once() -> Iterator[None]:
    """Streamlit's AppTest looks for components in every installed package, each time an app is opened: none changes."""
    with pytest.MonkeyPatch.context() as patch:
        if "streamlit" in sys.modules:  # no test of a page otherwise, and it takes a second to import
            from streamlit.components.v2 import manifest_scanner

            scan = manifest_scanner.scan_component_manifests
            patch.setattr(manifest_scanner, "scan_component_manifests", cache(scan))
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """For several processes: the longest tests first, and one process for all tests of a running app."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.xdist_group(item.path.name))
    items.sort(key=lambda item: item.get_closest_marker("realdata") is None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With PNEUMOLENS_NO_SKIP=1 a skipped test has failed: what is not run is not known to work.

    Only a test that says "no GPU" may be skipped all the same.
    """
    report = yield
    if NO_SKIP and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if "no GPU" not in reason:
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid} was skipped, and PNEUMOLENS_NO_SKIP=1 forbids that. {reason}"
    return report
