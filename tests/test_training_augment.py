"""Augmentation: what it draws, what it leaves alone, and where the chest is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.errors import TrainingError
from core.training import chests as chest_places
from core.training.augment import augment, grain, mixup, transplant
from core.training.chests import WHOLE, chest_of, chests
from core.training.data import Films
from core.training.recipe import Recipe

CHEST = (-0.5, -0.5, 0.5, 0.5)


def drawn(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def places(*rows: tuple[float, float, float, float]) -> torch.Tensor:
    return torch.tensor(rows)


def test_augmentation_repeats_by_seed_and_stays_in_range() -> None:
    images, where = torch.rand(16, 1, 64, 64), places(*[CHEST] * 16)
    before = images.clone()
    first, second, third = (augment(images, drawn(seed), where, 0.5) for seed in (1, 1, 2))
    assert torch.equal(first, second)
    assert not torch.equal(first, third)
    assert torch.equal(images, before)
    assert 0 <= float(first.min()) <= float(first.max()) <= 1


def test_mild_augmentation_repeats_by_seed_and_alters_less() -> None:
    y, x = torch.meshgrid(torch.linspace(-2, 2, 64), torch.linspace(-2, 2, 64), indexing="ij")
    images = (0.5 + 0.4 * torch.cos(x) * torch.cos(y)).expand(64, 1, 64, 64)  # the same when mirrored
    mild, again, strong = (augment(images, drawn(), style=style) for style in ("mild", "mild", "strong"))
    assert torch.equal(mild, again)
    assert 0 < float((mild - images).abs().mean()) < 0.7 * float((strong - images).abs().mean())


def test_grainy_augmentation_is_mild_with_noise_and_blur() -> None:
    y, x = torch.meshgrid(torch.linspace(-2, 2, 64), torch.linspace(-2, 2, 64), indexing="ij")
    images = (0.5 + 0.4 * torch.cos(x) * torch.cos(y)).expand(64, 1, 64, 64)
    mild, grainy = (augment(images, drawn(), style=style)[:, :, 16:48, 16:48] for style in ("mild", "grainy"))
    rough = [film.diff(dim=2).diff(dim=3).abs().mean(dim=(1, 2, 3)) for film in (mild, grainy)]
    assert 0.2 < float((rough[1] > 4 * rough[0].median()).float().mean()) < 0.8  # about two films of five get noise


def test_mixup_keeps_distributions() -> None:
    rng = drawn()
    images, targets = torch.rand(64, 1, 8, 8), torch.eye(3)[torch.randint(0, 3, (64,), generator=rng)]
    mixed, blended = mixup(images, targets, 0.4, rng)
    torch.testing.assert_close(blended.sum(1), torch.ones(64))
    assert not torch.equal(mixed, images)
    assert mixup(images, targets, 0, rng)[0] is images


def test_a_transplanted_chest_is_in_the_surroundings_of_another_film() -> None:
    levels = torch.arange(1, 9) / 10
    images = levels.view(8, 1, 1, 1).expand(8, 1, 64, 64).clone()
    made = transplant(images, places(*[CHEST] * 8), drawn(), share=1.0)
    torch.testing.assert_close(made[:, 0, 32, 32], levels)  # its own chest: its class goes with it
    around = made[:, 0, 0, 0]
    assert sorted(around.tolist()) == pytest.approx(levels.tolist())  # each is the host of one
    assert not torch.equal(around, levels)


def test_a_transplanted_chest_takes_the_proportions_of_its_host() -> None:
    narrow, wide = (-0.3, -0.6, 0.3, 0.6), (-0.9, -0.6, 0.9, 0.6)
    images = torch.zeros(2, 1, 96, 96)
    images[0, 0, 46:50, 33 + 27 : 33 + 31] = 1  # well right in the narrow chest, whose columns are 34 to 62
    for seed in range(20):
        made = transplant(images, places(narrow, wide), drawn(seed), share=1.0)
        if float(made[0, 0, :, 75:].max()) > 0.5:  # the host was the wide one: the spot has moved out with the chest
            assert float(made[0, 0, 46:50, 58:66].max()) < 0.5
            return
    raise AssertionError("in 20 draws no film was put into the other")


def test_nothing_is_transplanted_unless_it_is_asked() -> None:
    images = torch.rand(4, 1, 32, 32)
    assert transplant(images, places(*[CHEST] * 4), drawn(), share=0.0) is images
    with pytest.raises(TrainingError, match="--transplant"):
        Recipe(transplant=1.5)


def test_grain_adds_noise_to_some_films_and_takes_detail_from_others() -> None:
    images = torch.zeros(48, 1, 192, 192)
    images[..., ::4] = 1  # fine stripes
    made = grain(images, drawn(), share=0.5)
    rough = (made[..., 1:, :] - made[..., :-1, :]).abs().mean(dim=(1, 2, 3))  # along the stripes there is noise alone
    fine = made.amax(dim=(1, 2, 3))
    assert 10 < int((rough < 1e-5).sum()) < 38
    assert int((fine < 0.9).sum()) > 5  # stripes that blur has dulled
    assert int(((rough == 0) & (fine == 1)).sum()) > 5  # and some are as they were
    noisy = made[rough > 0.01, 0]
    assert not torch.equal(noisy[0] - images[0, 0], noisy[1] - images[0, 0])
    torch.testing.assert_close(made.mean(), images.mean(), atol=0.01, rtol=0)
    assert torch.equal(grain(images, drawn(), share=0.0), images)


def test_the_chest_is_the_rectangle_about_both_lungs() -> None:
    mask = np.zeros((100, 100), dtype=bool)
    mask[20:70, 10:40] = mask[25:80, 55:95] = True
    assert chest_of(mask) == pytest.approx((-0.86, -0.66, 0.96, 0.66))
    mask[:, :] = True
    assert chest_of(mask) == WHOLE
    assert chest_of(np.zeros((100, 100), dtype=bool)) == WHOLE


def test_chests_are_outlined_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def two_lungs(squares: NDArray[np.float32]) -> NDArray[np.float32]:
        asked.append(len(squares))
        found = np.zeros_like(squares)
        side = squares.shape[-1]
        for left in (0.2, 0.55):
            found[1:, side // 4 : side // 2, int(left * side) : int((left + 0.25) * side)] = 1
        return found

    monkeypatch.setattr(chest_places, "likely", two_lungs)
    images = np.random.default_rng(0).integers(0, 255, (5, 64, 64), dtype=np.uint8)
    films = Films((None,) * 5, images, np.zeros(5, np.int64), tuple("abcde"), np.eye(3, dtype=np.float32)[[0] * 5])  # type: ignore[arg-type]
    monkeypatch.setattr(Films, "fingerprint", "f" * 64)
    first, again = (chests(films, tmp_path, batch=3) for _ in range(2))
    assert asked == [3, 2]
    np.testing.assert_array_equal(first, again)
    assert first.shape == (5, 4)
    assert tuple(first[0]) == WHOLE  # the first of a batch has no lungs
    assert first[1] == pytest.approx((-0.66, -0.56, 0.66, 0.06), abs=0.03)
