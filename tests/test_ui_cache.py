"""What is kept between runs: bounded, keyed by content, and true to the folders on disk."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import streamlit as st

from core import checkpoint as on_disk
from core import heap, settings
from core.ui import cache, charts, exports, state, widgets
from core.ui.__main__ import LIGHT
from core.ui.bounded import Bounded
from core.ui.kept import Result
from core.words import probability
from core.xray import LIMITS
from tests import checkpoints, synthetic

ROOT = Path(__file__).parent.parent


def test_the_bounded_mapping_forgets_what_was_used_longest_ago() -> None:
    kept: Bounded[str, int] = Bounded(2)
    kept.put("a", 1)
    kept.put("b", 2)
    assert kept.get("a") == 1
    kept.put("c", 3)
    assert (kept.get("a"), kept.get("b"), kept.get("c")) == (1, None, 3)


def test_what_is_kept_can_be_bound_by_what_it_weighs() -> None:
    kept: Bounded[str, str] = Bounded(6, len)
    for key, value in (("a", "1234"), ("b", "56"), ("a", "12")):
        kept.put(key, value)
    assert (kept.get("b"), kept.get("a")) == ("56", "12")
    kept.put("c", "34567")
    assert (kept.get("a"), kept.get("b"), kept.get("c")) == (None, None, "34567")
    kept.put("d", "12345678")
    assert kept.get("d") == "12345678"


@pytest.mark.parametrize(("platform", "calls"), [("linux", [0]), ("win32", [])])
def test_freed_memory_goes_back_where_the_c_library_can_do_that(
    platform: str, calls: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    monkeypatch.setattr(heap, "sys", SimpleNamespace(platform=platform))
    monkeypatch.setattr(heap.ctypes, "CDLL", lambda _: SimpleNamespace(malloc_trim=seen.append))
    heap.trim()
    assert seen == calls
    monkeypatch.setattr(heap.ctypes, "CDLL", lambda _: SimpleNamespace())  # a C library without it
    heap.trim()


def test_two_folders_are_one_list_and_two_of_a_name_are_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped, extra = tmp_path / "shipped", tmp_path / "extra"
    checkpoints.random_checkpoint(shipped)
    checkpoints.random_checkpoint(extra, seed=1)
    checkpoints.random_checkpoint(extra, arch="vgg16_bn")
    monkeypatch.setattr(on_disk, "SHIPPED", shipped)
    monkeypatch.setenv(settings.WEIGHTS, str(extra))
    st.cache_resource.clear()
    found = cache.models()
    assert set(found.good) == {"pneumonia-vgg16_bn"}
    assert [broken.name for broken in found.broken] == ["pneumonia-resnet18"]
    for folder in (shipped, extra):  # both are named: which one to rename is the user's to say
        assert str(folder.resolve() / "pneumonia-resnet18.json") in found.broken[0].reason
    (extra / "pneumonia-resnet18.json").unlink()  # a change on disk is seen at once
    (extra / "pneumonia-resnet18.safetensors").unlink()
    assert not cache.models().broken
    assert cache.models().good["pneumonia-resnet18"].folder == shipped.resolve()


def test_a_file_taken_away_while_it_is_looked_at_is_gone_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoints.random_checkpoint(tmp_path)
    monkeypatch.setattr(on_disk, "SHIPPED", tmp_path)
    monkeypatch.delenv(settings.WEIGHTS, raising=False)
    gone, look = tmp_path.resolve() / "going.json", Path.stat
    gone.write_text("{}")

    def stat(path: Path, **how: Any) -> os.stat_result:
        found = look(path, **how)
        if path == gone:
            gone.unlink()  # by whoever copies weights while visitors are here
        return found

    monkeypatch.setattr(Path, "stat", stat)
    st.cache_resource.clear()
    assert set(cache.models().good) == {"pneumonia-resnet18"}
    assert not gone.exists()


def test_a_folder_of_weights_that_was_missing_is_seen_once_it_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_disk, "SHIPPED", tmp_path)
    monkeypatch.setenv(settings.WEIGHTS, str(tmp_path / "mine"))
    st.cache_resource.clear()
    assert [broken.name for broken in cache.models().broken] == ["mine"]
    (tmp_path / "mine").mkdir()
    assert not cache.models().broken


def test_the_uploaders_limit_is_the_readers() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["server"]["maxUploadSize"] * 2**20 == LIMITS.max_bytes
    assert config["client"]["disableDataExport"]  # tables name the visitor's files
    assert config["client"]["showErrorDetails"] == "none"
    assert config["browser"]["gatherUsageStats"] is False


@pytest.mark.parametrize("light", [False, True])
def test_white_on_the_accent_can_be_read(light: bool) -> None:
    """As on buttons and on what is chosen in a list: WCAG AA asks for 4.5."""
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    colour = LIGHT["theme.primaryColor"] if light else config["theme"]["primaryColor"]
    parts = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    luminance = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]
    assert 1.05 / (luminance + 0.05) >= 4.5


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.0, "< 1 %"),
        (0.005, "< 1 %"),
        (0.006, "1 %"),
        (0.5, "50 %"),
        (0.994, "99 %"),
        (0.995, "> 99 %"),
        (1.0, "> 99 %"),
    ],
)
def test_percentages_never_claim_certainty(share: float, words: str) -> None:
    assert probability(share) == words
    colours = charts.Palette(*6 * ["#000000"], series=("#000000",))
    figure = charts.probability_bars(["it", "other"], [share, 1 - share], 0, colours)
    assert figure.data[0].text[0] == words


def test_a_file_name_is_shown_as_it_is() -> None:
    assert widgets.verbatim("a_b*[c](x).png") == r"a\_b\*\[c\]\(x\).png"


def upload(seed: int = 0) -> state.Upload:
    data = synthetic.as_png8(synthetic.film(80, 80, seed))
    return state.Upload.of("Doe.png", data)


@pytest.mark.parametrize(("megabytes", "kept"), [(0.4, 2 * state.films.MAX_FILMS), (33.5, 16)])
def test_readings_of_several_visitors_are_kept_unless_they_weigh_too_much(megabytes: float, kept: int) -> None:
    st.cache_resource.clear()
    reading: Any = SimpleNamespace(features=SimpleNamespace(nbytes=int(megabytes * 1e6)))
    films = [str(number) for number in range(2 * state.films.MAX_FILMS)]
    for film in films:
        cache._readings().put((film, "network"), reading)
    assert sum(cache._readings().get((film, "network")) is not None for film in films) == kept


def test_a_film_that_another_visitor_reads_meanwhile_is_read_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    film, weights = upload(), "c" * 64
    mine = SimpleNamespace(name="mine", features=np.zeros(1))

    def run(checkpoint: object, work: Callable[[Any], object]) -> object:
        cache._readings().put((film.sha256, weights), "theirs")  # between our look and our turn
        return work(SimpleNamespace(read=lambda xrays: [mine for _ in xrays]))

    st.cache_resource.clear()
    monkeypatch.setattr(cache, "get_pool", lambda: SimpleNamespace(run=run))
    checkpoint: Any = SimpleNamespace(key=weights)
    (result,) = cache.read(checkpoint, [film], lambda *_: None)
    assert result.reading is mine


@pytest.mark.parametrize("asked", [True, False])
def test_file_names_are_in_downloads_when_they_were_asked_for(
    asked: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made: list[Callable[[], bytes]] = []
    monkeypatch.setattr(st, "download_button", lambda label, data, *_, **__: made.append(data))
    monkeypatch.setattr(state.reading, "names_in_exports", lambda: asked)
    card = SimpleNamespace(name="m", weights_sha256="c" * 64, task="pneumonia", temperature=1.0)
    checkpoint: Any = SimpleNamespace(card=card, name="m", key="k", validation=tmp_path / "none.csv")
    exports.readings([Result(upload(), None, "no film")], checkpoint, "stem", "Reading")
    monkeypatch.undo()  # a click is answered outside the visitor's session
    assert [b"Doe.png" in make() for make in made] == [asked, asked]
