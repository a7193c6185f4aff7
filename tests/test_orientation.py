"""How films lie: the shipped network sees it, mends undo it, and what is missing is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from core.aids import open_aid
from core.cli import main
from core.errors import CheckpointError
from core.orientation import MENDS, NAME, Posture, mended, offered, posture, postures, renamed
from core.orientation.making import STATES, STORED, State, laid, lay, learn, right
from core.orientation.network import SIZE
from core.xray import Preprocessing, Xray, read_xray
from tests.synthetic import as_dicom, as_png8, as_png16, film
from tests.test_training import write_films

STEPS = 24


def xray(pixels: np.ndarray) -> Xray:
    return read_xray(as_png8(pixels))


def lying(turns: int = 0, *, mirrored: bool = False, inverted: bool = False, seed: int = 0) -> Xray:
    upright = torch.from_numpy(film(160, 160, seed))[None, None]
    return xray(lay(upright, State(turns, mirrored, inverted))[0, 0].contiguous().numpy())


@pytest.mark.parametrize("state", STATES, ids=str)
def test_the_shipped_network_sees_how_a_film_lies(state: State) -> None:
    found = posture(lying(state.turns, mirrored=state.mirrored, inverted=state.inverted))
    assert found.turn == 90 * state.turns
    assert (found.turned >= 0.5) == bool(state.turns)
    assert (found.inverted >= 0.5) == state.inverted


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_what_is_offered_first_makes_the_film_upright_again(turns: int) -> None:
    film_wrong = lying(turns)
    mend = offered(posture(film_wrong))[0]
    again = mended(film_wrong, mend)
    assert np.abs(again.pixels - lying().pixels).max() < 1 / 255


def test_mirrored_and_inverted_films_are_mended_too() -> None:
    flipped = lying(2, mirrored=True)
    assert np.abs(mended(flipped, MENDS["flip"]).pixels - lying().pixels).max() < 1 / 255
    dark = lying(inverted=True)
    (mend,) = offered(posture(dark))
    assert np.abs(mended(dark, mend).pixels - lying().pixels).max() < 2 / 255


@pytest.mark.parametrize(
    "data",
    [as_png8(0.329 * film(90, 80)), as_png16(0.329 * film(90, 80), bits=12), as_dicom(film(90, 80), WindowWidth=1500)],
    ids=["8 bits", "dark, 12 bits in 16", "windowed DICOM"],
)
@pytest.mark.parametrize(("first", "then"), [("turn 180", "turn 180"), ("turn 90", "turn 270"), ("flip", "flip")])
def test_a_mended_film_keeps_its_grey_values_to_the_last_bit(data: bytes, first: str, then: str) -> None:
    original = read_xray(data)
    once = mended(original, MENDS[first])
    assert np.array_equal(np.sort(once.pixels, axis=None), np.sort(original.pixels, axis=None))
    assert once.pixels.max() == original.pixels.max()
    assert np.array_equal(mended(once, MENDS[then]).pixels, original.pixels)
    assert once.facts == original.facts
    assert not once.pixels.flags.writeable


def test_a_mended_film_is_another_film_and_always_the_same_one() -> None:
    original = lying(2)
    once = mended(original, MENDS["turn 180"])
    assert once.sha256 == renamed(original.sha256, MENDS["turn 180"])
    assert len({original.sha256, once.sha256, mended(once, MENDS["turn 180"]).sha256}) == 3
    assert mended(original, MENDS["flip"]).sha256 != once.sha256


def test_nothing_is_offered_for_a_film_that_is_right_and_the_likelier_first() -> None:
    assert offered(posture(lying())) == []
    names = [mend.name for mend in offered(Posture(0.9, 180, 0.1, 0.1))]
    assert names == ["turn 180", "flip"]
    assert [mend.name for mend in offered(Posture(0.9, 180, 0.9, 0.9))] == ["flip", "turn 180", "invert"]


def test_several_films_are_read_as_one_by_one() -> None:
    films = [lying(turns, seed=turns) for turns in range(4)]
    for together, alone in zip(postures(films), map(posture, films), strict=True):
        assert together.turn == alone.turn
        assert together.turned == pytest.approx(alone.turned, abs=1e-4)
    assert postures([]) == []


def test_a_missing_aid_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="python -m core orientation"):
        posture(lying(), tmp_path)


def test_a_few_steps_teach_it_far_more_than_chance() -> None:
    squash = Preprocessing(size=STORED).squash
    films = [squash(xray(film(128, 128, seed)).pixels) for seed in range(12)]
    said: list[str] = []
    network = learn(np.rint(np.stack(films) * 255).astype(np.uint8), STEPS, 0, said.append)
    assert f"step {STEPS}/{STEPS}" in said[-1]
    held = np.stack([Preprocessing(size=SIZE).squash(xray(film(128, 128, seed)).pixels) for seed in (50, 51)])
    share = np.mean([right(found, state).mean() for state, found in laid(network, held).items()])
    assert share > 0.5  # chance: 1/8


def test_the_command_trains_measures_and_states_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_films(tmp_path / "data", 12, 12)
    command = ["orientation", "--data", str(tmp_path / "data"), "--steps", "2", "--out", str(tmp_path / "aids")]
    assert main([*command, "--others", str(tmp_path / "none")]) == 1
    assert "There is no folder" in capsys.readouterr().err
    assert main(command) == 0
    assert "test_orientation_and_polarity" in capsys.readouterr().out
    aid = open_aid(NAME, tmp_path / "aids")
    assert aid is not None
    assert aid.card.films["test"] == 36
    assert set(aid.card.metrics) >= {"test_orientation_and_polarity", "val_polarity", "test_upright_left_alone"}


@pytest.mark.realdata
def test_the_shipped_network_sees_how_real_films_lie(data_root: Path) -> None:
    films = sorted((data_root / "chest_xray" / "test").rglob("*.jpeg"))[::12]
    upright = [read_xray(path.read_bytes()).pixels for path in films]
    count = 0
    for state in STATES:
        turned = [
            lay(torch.from_numpy(pixels.copy())[None, None], state)[0, 0].contiguous().numpy() for pixels in upright
        ]
        xrays = [Xray(pixels, "0" * 64, read_xray(as_png8(film(64, 64))).facts) for pixels in turned]
        count += int(right(postures(xrays), state).sum())
    assert count >= 0.99 * len(films) * len(STATES)
