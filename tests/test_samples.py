"""Average radiographs and public films."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import settings
from core.cli import main
from core.dataset import Film, averages
from core.dataset.averages import average_path, make_averages
from core.errors import DataError, DownloadError, UnknownNameError
from core.samples import average_films, cache_folder, public_films
from core.tasks import TASKS
from core.xray import read_xray
from tests.hub import Hub, jpeg, serving, table

PNEUMONIA = TASKS["pneumonia"]
VALIDATION = "data/validation-00000-of-00001.parquet"
SIXTEEN = [(f"NORMAL2-IM-14{i:02}-0001.jpeg", 0) for i in range(8)] + [
    (f"person19{i}_bacteria_490{i}.jpeg", 1) for i in range(8)
]


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    with serving({VALIDATION: table(SIXTEEN)}) as (address, hub):
        monkeypatch.setenv("HF_ENDPOINT", address)
        monkeypatch.setenv(settings.CACHE, str(tmp_path / "cache"))
        yield hub


def written(folder: Path, shades: dict[str, list[int]]) -> list[Film]:
    """Films of random greys around the given shades, and the rows of their index."""
    rows = []
    for label, values in shades.items():
        for i, shade in enumerate(values):
            path = folder / "train" / label / f"{i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            pixels = np.full((90, 70), shade, np.uint8)
            pixels[0, 0] = 255 - shade  # an even picture is refused
            Image.fromarray(pixels).save(path)
            rows.append(Film(path, path.relative_to(folder).as_posix(), label, "train", path.stem))
    return rows


def test_an_average_is_the_mean_of_its_class(tmp_path: Path) -> None:
    rows = written(tmp_path, {"NORMAL": [10, 30], "BACTERIA": [100, 200], "VIRUS": [50, 50]})
    (tmp_path / "broken.png").write_bytes(b"no film")
    rows.append(Film(tmp_path / "broken.png", "broken.png", "VIRUS", "train", "x"))
    paths = make_averages(rows, PNEUMONIA, tmp_path / "out", least=2)
    assert [path.name for path in paths] == [
        f"pneumonia-{label}-{kind}.png"
        for label in ("normal", "bacteria", "virus")
        for kind in ("average", "deviation")
    ]
    for path, shade in zip(paths, [20, 20, 150, 100, 50, 0], strict=True):
        with Image.open(path) as image:
            assert (image.size, image.mode) == ((224, 224), "L")
            assert np.asarray(image)[100:, 100:].tolist() == [[shade] * 124] * 124
            assert "lass average, not a patient" in str(image.info["Description"])
            assert image.info["Films"] == "2"
    shown = average_films("pneumonia", tmp_path / "out")
    assert [sample.title for sample in shown] == [f"Average: {PNEUMONIA.words[label]}" for label in PNEUMONIA.classes]
    assert all("2 training films" in sample.caption and "not a patient" in sample.caption for sample in shown)


def test_a_handful_is_not_averaged(tmp_path: Path) -> None:
    rows = written(tmp_path, {"NORMAL": [10, 30], "BACTERIA": [100], "VIRUS": [50]})
    with pytest.raises(DataError, match="an average needs 100"):
        make_averages(rows, PNEUMONIA, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_command_averages_the_training_films(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path, {label: [10, 30] for label in PNEUMONIA.classes})
    made: list[int] = []

    def make(rows: list[Film], of: object) -> list[Path]:
        made.append(len(rows))
        return [Path("a.png")]

    monkeypatch.setattr(averages, "make_averages", make)
    assert main(["averages", "--data", str(tmp_path)]) == 0
    assert made == [6]
    assert capsys.readouterr().out == "a.png\n"


def test_the_shipped_averages_are_films_of_many() -> None:
    shown = average_films("pneumonia")
    titles = [sample.title.removeprefix("Average: ") for sample in shown]
    assert titles == ["No pneumonia", "Bacterial pneumonia", "Viral pneumonia"]
    for sample, count in zip(shown, ["1,341", "2,530", "1,345"], strict=True):
        xray = read_xray(sample.data)
        assert xray.pixels.shape == (224, 224)
        assert xray.pixels.std() > 0.1
        assert f"Mean of {count} training films" in sample.caption


def test_a_task_without_averages_has_none(tmp_path: Path) -> None:
    assert average_films("covid", tmp_path) == ()
    with pytest.raises(UnknownNameError):
        average_films("bones")


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", None])
def test_a_damaged_average_is_said_to_be(tmp_path: Path, content: bytes | None) -> None:
    if content is None:  # a picture that says nothing of itself
        buffer = io.BytesIO()
        Image.new("L", (224, 224)).save(buffer, "PNG")
        content = buffer.getvalue()
    average_path(tmp_path, PNEUMONIA, "NORMAL").write_bytes(content)
    with pytest.raises(DataError, match="damaged"):
        average_films("pneumonia", tmp_path)


def test_sixteen_public_films_are_fetched_once(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, int]] = []
    films = public_films(lambda done, of: seen.append((done, of)))
    assert len(films) == len({film.title for film in films}) == 16
    assert films[3].data == jpeg(3)
    assert films[0].title == "Public film 1: no pneumonia"
    assert films[8].title == "Public film 9: bacterial pneumonia"
    assert all("CC BY 4.0" in film.caption for film in films)
    assert not re.search(r"IM-|person", "".join(film.title + film.caption for film in films))
    assert seen[-1] == (len(hub.files[VALIDATION]),) * 2
    hub.asked.clear()
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # nobody there: kept films need no network
    assert public_films() == films
    assert hub.asked == []


def test_without_a_network_the_message_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving({}) as (address, _):
        pass
    monkeypatch.setenv("HF_ENDPOINT", address)
    with pytest.raises(DownloadError, match="Connect to the network and try again"):
        public_films(folder=tmp_path)


def test_a_damaged_copy_in_the_cache_is_fetched_again(hub: Hub, tmp_path: Path) -> None:
    kept = tmp_path / "cache" / VALIDATION
    kept.parent.mkdir(parents=True)
    kept.write_bytes(hub.files[VALIDATION][:-50])
    with pytest.raises(DownloadError, match="damaged"):
        public_films()
    assert len(public_films()) == 16


def test_a_cache_that_cannot_be_written(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way")
    with pytest.raises(DownloadError, match="cannot be written"):
        public_films()


def test_where_films_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.CACHE, "/a")
    assert cache_folder() == Path("/a")
    monkeypatch.delenv(settings.CACHE)
    monkeypatch.setenv("XDG_CACHE_HOME", "/b")
    assert cache_folder() == Path("/b/pneumolens")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("HOME", "/c")
    assert cache_folder() == Path("/c/.cache/pneumolens")
