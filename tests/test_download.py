"""The public set, from a stand-in for the hub to the layout that training reads."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from core.dataset import index
from core.download import REPO, REVISION, Shard, complete, download, fetch, films, shards
from core.errors import DataError, DownloadError
from core.tasks import TASKS
from tests.hub import Hub, films_below, jpeg, serving, table

TRAIN_0 = "data/train-00000-of-00002.parquet"
TRAIN_1 = "data/train-00001-of-00002.parquet"
TEST = "data/test-00000-of-00001-8a7f.parquet"
SET = {
    TRAIN_0: table([("IM-0115-0001.jpeg", 0), ("person1_bacteria_1.jpeg", 1), ("person1_bacteria_2.jpeg", 1)] * 1),
    TRAIN_1: table([("NORMAL2-IM-0347-0001.jpeg", 0), ("person1000_virus_1681.jpeg", 1)]),
    TEST: table([("IM-0001-0001.jpeg", 0), ("person3_virus_17.jpeg", 1), ("person100_bacteria_475.jpeg", 1)]),
    "data/validation-00000-of-00001.parquet": table([("NORMAL2-IM-1427-0001.jpeg", 0)]),
    "data/README.md": b"no film",
}
EXPECTED = [
    "test/NORMAL/IM-0001-0001.jpeg",
    "test/PNEUMONIA/person100_bacteria_475.jpeg",
    "test/PNEUMONIA/person3_virus_17.jpeg",
    "train/NORMAL/IM-0115-0001.jpeg",
    "train/NORMAL/NORMAL2-IM-0347-0001.jpeg",
    "train/PNEUMONIA/person1000_virus_1681.jpeg",
    "train/PNEUMONIA/person1_bacteria_1.jpeg",
    "train/PNEUMONIA/person1_bacteria_2.jpeg",
]


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with serving(SET) as (address, hub):
        monkeypatch.setenv("HF_ENDPOINT", address)
        monkeypatch.setattr("time.sleep", lambda _: None)
        yield hub


def test_the_whole_set_comes_in_the_layout_that_training_reads(hub: Hub, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    tally = download(tmp_path / "set", lambda done, of: seen.append((done, of)))
    assert films_below(tmp_path / "set") == EXPECTED
    assert (tmp_path / "set/train/NORMAL/IM-0115-0001.jpeg").read_bytes() == jpeg(0)
    assert tally == {"train/NORMAL": 2, "train/PNEUMONIA": 3, "test/NORMAL": 1, "test/PNEUMONIA": 2}
    total = sum(len(SET[path]) for path in (TRAIN_0, TRAIN_1, TEST))
    assert seen[-1] == (total, total)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert not list((tmp_path / "set").rglob("*.parquet"))
    rows = index(tmp_path / "set", TASKS["pneumonia"])
    assert [row.label for row in rows if row.split == "test"] == ["NORMAL", "BACTERIA", "VIRUS"]


def test_no_account_and_only_this_revision_is_used(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "secret")
    download(tmp_path)
    asked = [line for line in hub.asked if REPO in line]
    assert asked
    assert all(REVISION in line for line in asked)
    assert hub.tokens == []


def test_a_bar_is_shown_when_nobody_listens(hub: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    download(tmp_path)
    shown = capsys.readouterr()
    assert "downloading" in shown.err
    assert shown.out == ""


def test_a_second_call_fetches_nothing(hub: Hub, tmp_path: Path) -> None:
    first = download(tmp_path)
    hub.asked.clear()
    assert download(tmp_path) == first
    assert not [line for line in hub.asked if "resolve" in line]


def test_a_stopped_download_goes_on(hub: Hub, tmp_path: Path) -> None:
    class StoppedError(Exception):
        pass

    def stop(done: int, of: int) -> None:
        if done > len(SET[TRAIN_0]):
            raise StoppedError

    with pytest.raises(StoppedError):
        download(tmp_path, stop)
    hub.asked.clear()
    download(tmp_path)
    assert films_below(tmp_path) == EXPECTED
    assert not [line for line in hub.asked if TRAIN_0 in line]


@pytest.mark.parametrize("harm", ["removed", "short"])
def test_a_film_that_is_gone_or_cut_short_comes_again(hub: Hub, tmp_path: Path, harm: str) -> None:
    download(tmp_path)
    film, other = tmp_path / EXPECTED[0], tmp_path / EXPECTED[1]
    before = other.stat().st_mtime_ns
    if harm == "removed":
        film.unlink()
    else:
        film.write_bytes(film.read_bytes()[:100])
    download(tmp_path)
    assert film.read_bytes() == jpeg(0)
    assert other.stat().st_mtime_ns == before


def test_without_a_network_the_message_says_so_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving({}) as (address, _):
        pass  # a port where nobody listens any more
    monkeypatch.setenv("HF_ENDPOINT", address)
    with pytest.raises(DownloadError, match="no connection to the Hugging Face hub"):
        download(tmp_path)


def test_a_network_lost_after_the_listing(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shard = shards("test")[0]
    with serving({}) as (address, _):
        pass
    monkeypatch.setenv("HF_ENDPOINT", address)
    with pytest.raises(DownloadError, match="no connection to the Hugging Face hub"):
        fetch(shard, tmp_path)


@pytest.mark.parametrize(
    ("status", "says"),
    [(404, "no longer offers"), (401, "no longer offers"), (429, "patience"), (503, "at the moment")],
)
@pytest.mark.parametrize("where", ["tree", TEST])
def test_a_refusal_is_told_apart(hub: Hub, tmp_path: Path, status: int, says: str, where: str) -> None:
    shard = shards("test")[0]
    hub.status[where] = status
    with pytest.raises(DownloadError, match=says):
        shards("test") if where == "tree" else fetch(shard, tmp_path)
    assert films_below(tmp_path) == []


@pytest.mark.parametrize("harm", ["short", "cut", "flipped"])
def test_what_arrives_damaged_is_not_kept(hub: Hub, tmp_path: Path, harm: str) -> None:
    getattr(hub, harm).add(TEST)
    with pytest.raises(DownloadError):
        download(tmp_path)
    assert [name for name in films_below(tmp_path) if name.startswith("test/")] == []
    getattr(hub, harm).clear()
    download(tmp_path)
    assert films_below(tmp_path) == EXPECTED


def test_a_listing_that_is_none_or_lacks_a_part(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    del hub.files[TRAIN_1]
    with pytest.raises(DownloadError, match="not laid out as expected"):
        download(tmp_path)
    monkeypatch.setattr(Hub, "listing", lambda _: {"error": "a portal's page"})
    with pytest.raises(DownloadError, match="not laid out as expected"):
        download(tmp_path)


@pytest.mark.parametrize(
    "name",
    ["../../evil_virus_1.jpeg", "/etc/evil_virus_1.jpeg", "a\\evil_virus_1.jpeg", "evil_virus_1.exe", ".x_virus_1.png"],
)
def test_names_that_lead_elsewhere_are_refused(hub: Hub, tmp_path: Path, name: str) -> None:
    hub.files[TEST] = table([(name, 1)])
    with pytest.raises(DownloadError, match="must not be written"):
        download(tmp_path / "set")
    assert films_below(tmp_path) == [f"set/{film}" for film in EXPECTED if film.startswith("train")]


@pytest.mark.parametrize(
    ("name", "says"), [("person1_1.jpeg", "neither bacteria nor virus"), (None, "lost their names")]
)
def test_names_that_tell_no_class_are_refused(hub: Hub, tmp_path: Path, name: str | None, says: str) -> None:
    hub.files[TEST] = table([(name, 1)])
    with pytest.raises(DataError, match=says):
        download(tmp_path)


def test_two_films_of_one_name_are_refused(hub: Hub, tmp_path: Path) -> None:
    hub.files[TEST] = table([("IM-0001-0001.jpeg", 0)] * 2)
    with pytest.raises(DataError, match="same name"):
        download(tmp_path)


def test_another_label_or_another_table_is_refused(hub: Hub, tmp_path: Path) -> None:
    hub.files[TEST] = table([("IM-0001-0001.jpeg", 7)])
    with pytest.raises(DownloadError, match="not laid out as expected"):
        download(tmp_path)
    hub.files[TEST] = b"PAR1 but no table PAR1"
    with pytest.raises(DownloadError, match="damaged"):
        download(tmp_path)
    assert not list(tmp_path.rglob("test*.parquet"))


def test_a_disk_without_room_is_told_before_the_transfer(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 10, 0))
    with pytest.raises(DownloadError, match="disk is full"):
        download(tmp_path)


def test_a_disk_that_fills_up_leaves_no_half_film(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> NoReturn:
        path.open("wb").close()
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(DownloadError, match="disk is full"):
            download(tmp_path)
    assert films_below(tmp_path) == []
    assert not list(tmp_path.rglob("*.part"))
    download(tmp_path)
    assert films_below(tmp_path) == EXPECTED


def test_a_folder_that_cannot_be_written(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DownloadError, match="cannot be written"):
        download(tmp_path / "file")


def test_films_are_read_a_few_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "many.parquet"
    path.write_bytes(table([(f"person{i}_virus_1.jpeg", 1) for i in range(100)]))
    assert [film.name for film in films(path)] == [f"person{i}_virus_1.jpeg" for i in range(100)]


def test_complete() -> None:
    whole = [Path(f"train-0000{i}-of-00003-ab.parquet") for i in range(3)]
    assert complete(whole)
    assert not complete(whole[:2])
    assert not complete([])
    assert not complete([Path("train.parquet")])


def test_a_shard_that_is_there_is_not_fetched(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / TEST).write_bytes(SET[TEST])
    assert fetch(Shard(TEST, len(SET[TEST]), None), tmp_path) == tmp_path / TEST
    assert hub.asked == []
