"""Settings: what environment variables say."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import settings
from core.checkpoint import find


def test_a_setting_names_a_path_from_the_home_folder_or_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for said, path in {"": None, "~/films": tmp_path / "films", "/films": Path("/films")}.items():
        monkeypatch.setenv(settings.WEIGHTS, said)
        assert settings.path(settings.WEIGHTS) == path
    monkeypatch.setenv(settings.WEIGHTS, "~nobody-of-this-name/weights")  # as "~" is to a server's user without a home
    good, bad = find()
    assert good
    assert "~nobody-of-this-name/weights" in bad[0].reason
