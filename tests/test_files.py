"""Files written at once, whoever else is writing them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.files import write


def test_threads_that_write_one_file_leave_one_of_theirs_whole(tmp_path: Path) -> None:
    path = tmp_path / "shared.bin"
    wanted = [bytes([number]) * 200_000 for number in range(4)]

    def often(data: bytes) -> None:
        for _ in range(60):
            write(path, data)
            assert path.read_bytes() in wanted

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(often, wanted))
    assert [found.name for found in tmp_path.iterdir()] == [path.name]


def test_what_cannot_be_written_is_called_as_whoever_asked_for_it_calls_it(tmp_path: Path) -> None:
    wanted = tmp_path / "nowhere" / "table.csv"
    with pytest.raises(FileNotFoundError) as raised:
        write(wanted, b"")
    assert raised.value.filename == str(wanted)
