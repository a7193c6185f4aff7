"""Preprocessing: a full-resolution film and its squeezed copy are the same film to the network."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.xray import Preprocessing, read_xray, types
from core.xray.preprocess import Fit
from core.xray.resize import resized
from core.xray.types import Facts, Xray
from tests import synthetic

RATIOS = [0.8, 1.0, 1.4, 2.0, 3.3]


@cache
def full_size(ratio: float) -> Xray:
    return read_xray(synthetic.as_bmp(synthetic.film(900, round(900 * ratio), seed=3)))


def squeezed(pixels: np.ndarray, resample: Image.Resampling, side: int = 224) -> bytes:
    """The copy a data set's publisher made: 8 bits, squeezed to a square, JPEG."""
    small = synthetic.as_pil(pixels).resize((side, side), resample)
    return synthetic.as_jpeg(np.asarray(small, np.float32) / 255)


@pytest.mark.parametrize("resample", [Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS])
@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("size", [224, 160])
def test_a_full_size_film_and_its_squeezed_copy_are_treated_alike(
    ratio: float, resample: Image.Resampling, size: int
) -> None:
    full = full_size(ratio)
    prepare = Preprocessing(size=size)
    from_full = prepare.squash(full.pixels)
    from_copy = prepare.squash(read_xray(squeezed(full.pixels, resample)).pixels)
    difference = np.abs(from_full - from_copy)
    assert difference.mean() < 0.006  # one and a half greys of 256, JPEG's share included
    assert np.quantile(difference, 0.999) < 0.1
    # The one hard edge, the mark's, may ring in the publisher's copy; nothing else may differ much.
    assert difference.max() < 0.25


def test_the_aspect_ratio_is_ignored_on_purpose() -> None:
    wide, tall = synthetic.film(600, 1200, seed=5), synthetic.film(1200, 600, seed=5)
    prepare = Preprocessing()
    assert np.abs(prepare.squash(wide) - prepare.squash(tall)).mean() < 0.01


@pytest.mark.parametrize("ratio", RATIOS)
def test_nothing_is_turned_or_mirrored(ratio: float) -> None:
    square = Preprocessing().squash(synthetic.film(700, round(700 * ratio)))
    top, bottom, left, right = (round(share * 224) for share in synthetic.MARK)
    assert square[top + 2 : bottom - 2, left + 2 : right - 2].min() > 0.97
    assert square[top + 2 : bottom - 2, 224 - right : 224 - left].max() < 0.9


def test_a_film_of_the_canvas_size_is_left_alone() -> None:
    film = synthetic.film(224, 224)
    square = Preprocessing().squash(film)
    assert np.array_equal(square, film)
    assert square is not film
    assert square.flags.writeable
    square[:] = 0  # a copy: the film itself is cached and shared
    assert film.max() == 1


def test_both_steps_are_taken() -> None:
    film = synthetic.film(500, 700)
    in_two = Preprocessing(canvas=224, size=128).squash(film)
    by_hand = Preprocessing(canvas=128, size=128).squash(Preprocessing(canvas=224, size=224).squash(film))
    assert np.array_equal(in_two, by_hand)
    assert in_two.shape == (128, 128)
    assert in_two.dtype == np.float32


def test_reduction_is_antialiased() -> None:
    checks = (np.indices((896, 896)).sum(0) % 2).astype(np.float32)
    square = Preprocessing().squash(checks)
    assert np.abs(square[2:-2, 2:-2] - 0.5).max() < 0.01


def test_values_stay_in_range() -> None:
    edges = np.zeros((333, 517), np.float32)
    edges[100:200, 50:400] = 1
    for size in (64, 224, 320):
        square = Preprocessing(size=size).squash(edges)
        assert square.min() >= 0
        assert square.max() <= 1


def test_apply_and_batch_normalise() -> None:
    prepare = Preprocessing(size=96, mean=0.4, std=0.2)
    film = synthetic.film(150, 130)
    film.setflags(write=False)
    wanted = (prepare.squash(film) - 0.4) / 0.2
    assert np.allclose(prepare.apply(film), wanted, atol=1e-6)
    xrays = [Xray(film, "0" * 64, Facts("PNG")), Xray(film.T, "1" * 64, Facts("PNG"))]
    batch = prepare.batch(xrays)
    assert batch.shape == (2, 1, 96, 96)
    assert batch.dtype == np.float32
    assert np.array_equal(batch[0, 0], prepare.apply(film))
    assert np.array_equal(batch[1, 0], prepare.apply(film.T))
    assert prepare.batch([]).shape == (0, 1, 96, 96)


@pytest.mark.parametrize("fit", ["squeeze", "crop"])
def test_a_film_is_squeezed_once_for_all_who_look_at_it(fit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[int, int]] = []

    def counting(pixels: np.ndarray, rows: int, columns: int) -> np.ndarray:
        calls.append(pixels.shape)
        return resized(pixels, rows, columns)

    monkeypatch.setattr(types, "resized", counting)
    xray = Xray(synthetic.film(150, 130), "0" * 64, Facts("PNG"))
    for size in (96, 192, 96):
        prepare = Preprocessing(size=size, fit=fit)
        assert np.array_equal(prepare.square(xray), prepare.squash(xray.pixels))
        prepare.square(xray)[:] = 0  # whoever alters its square alters nobody else's
    assert calls == ([(150, 130)] if fit == "squeeze" else [])
    assert replace(xray, pixels=xray.pixels[::-1]).squeezed(64)[0, 0] == xray.squeezed(64)[-1, 0]


def test_it_travels_in_a_card() -> None:
    prepare = Preprocessing(canvas=256, size=192, mean=0.5, std=0.25)
    assert Preprocessing.from_dict(prepare.to_dict()) == prepare
    assert prepare.to_dict() == {"canvas": 256, "size": 192, "mean": 0.5, "std": 0.25}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"crop": 3}, "unknown preprocessing: 'crop'"),
        ({"size": 0}, "size must be"),
        ({"size": 2.5}, "size must be"),
        ({"size": True}, "size must be"),
        ({"canvas": "224"}, "canvas must be"),
        ({"std": 0.0}, "std must be above 0"),
        ({"std": -1}, "std must be above 0"),
        ({"mean": float("nan")}, "mean must be a finite number"),
        ({"mean": None}, "mean must be a finite number"),
    ],
)
def test_what_a_card_must_not_say(change: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Preprocessing.from_dict(Preprocessing().to_dict() | change)


def test_a_card_must_say_everything() -> None:
    with pytest.raises(ValueError, match="lacks std"):
        Preprocessing.from_dict({"canvas": 224, "size": 224, "mean": 0.5})


@pytest.mark.realdata
def test_real_films_of_the_published_size_pass_unchanged(data_root: Path) -> None:
    films = sorted((data_root / "chest_xray" / "test").glob("*/*.jpeg"))[:3]
    assert films
    for path in films:
        xray = read_xray(path.read_bytes())
        assert xray.pixels.shape == (224, 224)
        assert np.array_equal(Preprocessing().squash(xray.pixels), xray.pixels)


TORCHVISIONS = Preprocessing(
    canvas=256, size=224, fit="crop", channels=((0.485, 0.229), (0.456, 0.224), (0.406, 0.225))
)


@pytest.mark.parametrize(("height", "width"), [(300, 300), (301, 477), (640, 333), (250, 256), (256, 999)])
def test_a_crop_is_torchvisions(height: int, width: int) -> None:
    from torchvision.transforms import v2

    pixels = synthetic.film(height, width, seed=1)
    transform = v2.Compose(
        [
            v2.ToImage(), v2.RGB(), v2.Resize(256), v2.CenterCrop(224),
            v2.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        ]
    )  # fmt: skip
    expected = transform(Image.fromarray(pixels))
    xray = Xray(pixels, "a" * 64, Facts("PNG"))
    assert np.abs(TORCHVISIONS.batch([xray])[0] - expected.numpy()).max() < 0.02


def test_a_crop_says_which_part_of_the_film_it_is() -> None:
    assert Preprocessing().window(300, 500) == (0, 0, 1, 1)
    assert TORCHVISIONS.window(512, 512) == (1 / 16, 1 / 16, 15 / 16, 15 / 16)
    left, top, right, bottom = TORCHVISIONS.window(256, 512)
    assert (left, right) == (144 / 512, 368 / 512)
    assert (top, bottom) == (1 / 16, 15 / 16)


def test_a_crop_travels_in_a_card_and_ours_look_as_they_did() -> None:
    assert Preprocessing.from_dict(json.loads(json.dumps(TORCHVISIONS.to_dict()))) == TORCHVISIONS
    assert set(Preprocessing().to_dict()) == {"canvas", "size", "mean", "std"}


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"fit": "stretch"}, "fit must be one of squeeze, crop"),
        ({"fit": "crop", "canvas": 200, "size": 224}, "cannot be cut from 200"),
        ({"channels": [[0.5, 0.5]]}, "none or three"),
        ({"channels": [[0.5, 0.5], [0.5, 0.5], [0.5, 0.0]]}, "std must be above 0"),
        ({"channels": [1, 2, 3]}, "pairs"),
    ],
)
def test_a_crop_that_makes_no_sense_is_refused(values: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Preprocessing.from_dict(Preprocessing().to_dict() | values)
