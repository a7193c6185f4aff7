"""Films on the server: found by the names that tables use, small pictures kept, and nothing outside their folder."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import diskcache
import pytest
import streamlit as st
from PIL import Image

from core import settings
from core.dataset.archive import Archive, open_archive
from core.errors import DataError, XrayError
from core.ui import archive, cache
from core.ui.shelf import Shelf
from core.xray import LIMITS
from tests import synthetic

FILE = "test/NORMAL/IM-0001-0001.png"
FILM = synthetic.as_png8(synthetic.film(300, 360))


@pytest.fixture
def films(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data set of one film, and a secret beside it."""
    root = tmp_path / "data" / "chest_xray"
    place = root / FILE
    place.parent.mkdir(parents=True)
    place.write_bytes(FILM)
    (tmp_path / "secret.png").write_bytes(FILM)
    monkeypatch.setenv(settings.DATA, str(root))
    monkeypatch.setenv(settings.CACHE, str(tmp_path / "cache"))
    st.cache_resource.clear()
    yield root
    st.cache_resource.clear()


def test_the_folder_itself_or_the_one_that_holds_it_may_be_named(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert archive.root() == films
    monkeypatch.setenv(settings.DATA, str(films.parent))
    assert archive.root() == films
    assert archive.data(FILE) == FILM
    assert archive.has(FILE)
    assert not archive.has("test/NORMAL/other.png")


def test_a_folder_without_splits_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "NORMAL").mkdir()
    assert open_archive(tmp_path) == Archive(tmp_path)


def test_dicom_without_a_suffix_is_a_film(films: Path) -> None:
    name = "test/NORMAL/1.2.840.9"
    (films / name).write_bytes(synthetic.as_dicom(synthetic.film(80, 90)))
    assert archive.has(name)
    (films / name).write_bytes(FILM)
    with pytest.raises(DataError, match="This is no film"):
        archive.data(name)


@pytest.mark.parametrize("folder", ["", "/nowhere/at/all"])
def test_without_films_the_message_says_how_to_give_some(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.DATA, folder)
    assert archive.root() is None
    assert not archive.has(FILE)
    with pytest.raises(DataError, match="PNEUMOLENS_DATA"):
        archive.data(FILE)


@pytest.mark.parametrize(
    "name",
    [
        "../../secret.png",
        "test/../../../secret.png",
        "/etc/passwd.png",
        "C:/secret.png",
        "test\\NORMAL\\IM-0001-0001.png",
        "test/NORMAL",
        "test/NORMAL/IM-0001-0001.png\0.png",
        "",
        ".",
        "test/NORMAL/notes.txt",
        "x" * 5000 + ".png",
    ],
)
def test_no_name_leads_out_of_the_folder(films: Path, name: str) -> None:
    for ask in (archive.data, archive.thumbnail):
        with pytest.raises(DataError):
            ask(name)


def test_links_out_of_the_folder_are_refused_and_links_within_are_followed(films: Path, tmp_path: Path) -> None:
    (films / "test" / "out.png").symlink_to(tmp_path / "secret.png")
    (films / "test" / "folder").symlink_to(tmp_path)
    (films / "test" / "circle.png").symlink_to(films / "test" / "circle.png")
    (films / "test" / "again.png").symlink_to(films / FILE)
    for name in ("test/out.png", "test/folder/secret.png", "test/circle.png"):
        with pytest.raises(DataError):
            archive.data(name)
    assert archive.data("test/again.png") == FILM


def test_the_folder_may_be_a_link(films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "link").symlink_to(films)
    monkeypatch.setenv(settings.DATA, str(tmp_path / "link"))
    assert archive.data(FILE) == FILM


def test_what_is_too_large_or_not_readable_is_refused(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.truncate(films / FILE, LIMITS.max_bytes + 1)
    with pytest.raises(DataError, match="64 MiB"):
        archive.data(FILE)


def test_a_small_picture_is_made_once(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = archive.thumbnail(FILE)
    with Image.open(io.BytesIO(made)) as image:
        assert image.format == "JPEG"
        assert max(image.size) == archive.SIDE
        assert image.size[0] > image.size[1]
    monkeypatch.setattr(archive, "read_xray", None)  # cannot be called again
    st.cache_resource.clear()  # nor is it memory that remembers
    assert archive.thumbnail(FILE) == made
    monkeypatch.undo()


def test_a_film_that_changed_gets_another_picture(films: Path) -> None:
    before = archive.thumbnail(FILE)
    (films / FILE).write_bytes(synthetic.as_png8(synthetic.film(360, 300, seed=1)))
    assert archive.thumbnail(FILE) != before


def test_what_is_no_film_has_no_picture(films: Path) -> None:
    (films / FILE).write_bytes(b"not a film")
    with pytest.raises(XrayError):
        archive.thumbnail(FILE)


def test_the_shelf_is_bounded(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, bound=200_000)
    for number in range(100):
        shelf.put(str(number), bytes(10_000))
    kept = [number for number in range(100) if shelf.get(str(number)) is not None]
    assert 0 < len(kept) < 60
    assert 99 in kept


def test_the_shelf_gives_back_no_pickle(tmp_path: Path) -> None:
    with diskcache.Cache(str(tmp_path)) as theirs:
        theirs.set("key", {"not": "bytes"})
    assert Shelf(tmp_path).get("key") is None


def test_a_shelf_that_cannot_be_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for shelf in (Shelf(tmp_path / "file"), Shelf(None)):
        shelf.put("key", b"value")
        assert shelf.get("key") is None


def test_small_pictures_are_in_the_users_cache_folder(films: Path, tmp_path: Path) -> None:
    archive.thumbnail(FILE)
    assert any((tmp_path / "cache" / "thumbnails").iterdir())
    assert cache.thumbnails() is cache.thumbnails()
