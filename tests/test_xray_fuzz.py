"""Whatever bytes come: a valid X-ray or one typed error, in bounded time and memory. Never a crash."""

from __future__ import annotations

import os
import random
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import uid

from core.errors import XrayError
from core.xray import Limits, Xray, read_xray
from tests import synthetic
from tests.synthetic import as_dicom

FILM = synthetic.film(72, 66)
LIMITS = Limits(max_bytes=2**20, max_pixels=500_000, min_side=8, max_aspect=50)
CRASHERS = sorted((Path(__file__).parent / "fixtures" / "xray_crashers").glob("*.bin"))
EXAMPLES = int(os.environ.get("PNEUMOLENS_FUZZ", "40"))  # set to thousands for a long hunt with new examples each time
FEW = settings(
    max_examples=EXAMPLES,
    derandomize=EXAMPLES == 40,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
SECONDS = 10.0  # most take milliseconds; CharLS can take some seconds to notice a broken stream


def _encapsulated(kind: str) -> bytes:
    stream = synthetic.encapsulate(FILM, kind)
    return as_dicom(
        FILM,
        bits=8 if kind == "baseline" else 12,
        transfer_syntax=synthetic.TRANSFER_SYNTAXES[kind],
        encapsulated=stream,
        window=(2048, 4096),
    )


SEEDS: dict[str, Callable[[], bytes]] = {
    "png": lambda: synthetic.as_png8(FILM),
    "png-16": lambda: synthetic.as_png16(FILM),
    "png-palette": lambda: synthetic.as_png8(FILM, "P"),
    "jpeg": lambda: synthetic.as_jpeg(FILM),
    "jpeg-progressive": lambda: synthetic.as_jpeg(FILM, "RGB", progressive=True),
    "tiff-16": lambda: synthetic.as_tiff(FILM, 16),
    "tiff-lzw": lambda: synthetic.as_tiff(FILM, 8, compression="tiff_lzw"),
    "bmp": lambda: synthetic.as_bmp(FILM),
    "webp": lambda: synthetic.as_webp(FILM),
    "dicom": lambda: as_dicom(FILM, window=(2048, 4096)),
    "dicom-implicit-lut": lambda: as_dicom(
        FILM,
        transfer_syntax=uid.ImplicitVRLittleEndian,
        VOILUTSequence=[synthetic.lut_item(np.arange(256, dtype=np.uint16) * 16, 0, 12)],
    ),
    "dicom-big-endian": lambda: as_dicom(FILM, transfer_syntax=uid.ExplicitVRBigEndian),
    "dicom-deflated": lambda: as_dicom(FILM, transfer_syntax=uid.DeflatedExplicitVRLittleEndian),
    "dicom-rle": lambda: as_dicom(FILM, transfer_syntax=uid.RLELossless),
    "dicom-baseline": lambda: _encapsulated("baseline"),
    "dicom-extended": lambda: _encapsulated("extended"),
    "dicom-lossless": lambda: _encapsulated("lossless-sv1"),
    "dicom-jpeg-ls": lambda: _encapsulated("jpeg-ls"),
    "dicom-jpeg-2000": lambda: _encapsulated("jpeg-2000"),
}
NEED_IMAGECODECS = {"dicom-extended", "dicom-lossless", "dicom-jpeg-ls", "dicom-jpeg-2000"}


@cache
def seed(name: str) -> bytes:
    if name in NEED_IMAGECODECS:
        pytest.importorskip("imagecodecs")
    return SEEDS[name]()


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Flip, overwrite, cut, double or splice a few times; half of it near the front, where headers are."""
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 4, 8))):
        if not out:
            break
        at = chance.randrange(len(out) if chance.random() < 0.5 else min(len(out), 700))
        match chance.randrange(7):
            case 0:
                out[at] ^= 1 << chance.randrange(8)
            case 1:
                out[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFE, 0xFF, chance.randrange(256)))
            case 2:
                out[at : at + 4] = chance.choice((b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f"))
            case 3:
                del out[at : at + chance.randrange(1, 80)]
            case 4:
                start = chance.randrange(len(out))
                out[at:at] = out[start : start + chance.randrange(1, 200)]
            case 5:
                del out[at:]
            case 6:
                other = seed(chance.choice(("png", "jpeg", "tiff-16", "dicom", "dicom-rle")))
                start = chance.randrange(len(other))
                out[at:at] = other[start : start + chance.randrange(1, 300)]
    return bytes(out)


def check(data: bytes) -> Xray | None:
    """The contract, for any bytes at all."""
    started = time.perf_counter()
    xray: Xray | None
    try:
        xray = read_xray(data, LIMITS)
    except XrayError as refused:
        xray, said = None, str(refused)
    else:
        said = repr(xray.facts)
    assert time.perf_counter() - started < SECONDS
    assert len(said) > 20
    assert not any(part in said for part in synthetic.PERSON)
    if xray is None:
        return None
    pixels = xray.pixels
    assert pixels.dtype == np.float32
    assert pixels.ndim == 2
    assert pixels.size <= LIMITS.max_pixels
    assert pixels.flags.c_contiguous
    assert not pixels.flags.writeable
    assert 0 <= pixels.min() < pixels.max() <= 1
    return xray


@pytest.mark.parametrize("name", SEEDS)
@FEW
@given(chance=st.randoms(use_true_random=False))
def test_mutated_files(name: str, chance: random.Random) -> None:
    check(mutated(seed(name), chance))


@FEW
@given(
    start=st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"II*\0", b"BM", bytes(128) + b"DICM\2\0"]),
    data=st.binary(max_size=400),
)
def test_noise(start: bytes, data: bytes) -> None:
    assert check(start + data) is None


@pytest.mark.parametrize("path", CRASHERS, ids=lambda path: path.stem)
def test_files_that_once_broke_something(path: Path) -> None:
    check(path.read_bytes())


def test_deeply_nested_sequences() -> None:
    head = as_dicom(FILM)
    at = head.index(b"\x28\x00\x02\x00US")  # before the image pixel module
    nested = b"\x09\x00\x10\x10SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" * 20_000
    assert check(head[:at] + nested + head[at:]) is None


def test_many_threads_read_what_one_reads() -> None:
    files = [seed(name) for name in ("png", "jpeg", "tiff-16", "webp", "dicom", "dicom-rle", "dicom-deflated")]
    broken = [mutated(data, random.Random(number)) for number, data in enumerate(files)]
    alone = [read_xray(data).pixels for data in files]
    filters = list(warnings.filters)

    def work(number: int) -> bool:
        check(broken[number % len(broken)])
        return bool(np.array_equal(read_xray(files[number % len(files)]).pixels, alone[number % len(files)]))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(140)))
    assert list(warnings.filters) == filters
