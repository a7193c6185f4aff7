"""The pool: loads once, lets go of the oldest, never mixes up threads, and leaves a GPU that is full."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from core.checkpoint import Checkpoint, find
from core.errors import CheckpointError
from core.explain import explain
from core.models import Pool
from core.xray import Xray, read_xray
from tests.synthetic import as_png8, film


def entry(name: str) -> Any:
    return SimpleNamespace(name=name, key=name)


class Loader:
    """Stands in for loading: counts, and weighs 10 bytes each."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.loads: list[tuple[str, str]] = []
        self.seconds = seconds

    def __call__(self, checkpoint: Checkpoint, device: str) -> Any:
        """Load, in effect."""
        self.loads.append((checkpoint.name, device))
        time.sleep(self.seconds)
        return SimpleNamespace(name=checkpoint.name, bytes=10, device=torch.device(device))


def test_a_model_asked_for_by_many_at_once_is_loaded_once() -> None:
    loader = Loader(seconds=0.05)
    pool = Pool(device="cpu", load=loader)
    start = threading.Barrier(8)

    def ask() -> Any:
        start.wait()
        return pool.get(entry("a"))

    with ThreadPoolExecutor(8) as threads:
        results = [future.result() for future in [threads.submit(ask) for _ in range(8)]]
    assert loader.loads == [("a", "cpu")]
    assert len({id(result) for result in results}) == 1


def test_the_least_recently_used_goes_first() -> None:
    loader = Loader()
    pool = Pool(max_bytes=20, device="cpu", load=loader)
    for name in ("a", "b", "a", "c"):
        pool.get(entry(name))
    assert [pool.loaded(entry(name)) for name in ("a", "b", "c")] == [True, False, True]
    pool.get(entry("b"))
    assert [name for name, _ in loader.loads] == ["a", "b", "c", "b"]


def test_one_model_is_kept_however_large() -> None:
    pool = Pool(max_bytes=1, device="cpu", load=Loader())
    pool.get(entry("a"))
    assert pool.loaded(entry("a"))


def test_a_failed_load_is_heard_by_all_who_wait_and_tried_again_later() -> None:
    tries: list[int] = []

    def load(_: Checkpoint, device: str) -> Any:
        tries.append(1)
        time.sleep(0.05)
        if len(tries) == 1:
            raise CheckpointError("half-copied")
        return SimpleNamespace(bytes=10, device=torch.device(device))

    pool = Pool(device="cpu", load=load)
    with ThreadPoolExecutor(4) as threads:
        waiting = [threads.submit(pool.get, entry("a")) for _ in range(4)]
        failures = [future.exception() for future in waiting]
    assert all(isinstance(failure, CheckpointError) for failure in failures)
    assert pool.get(entry("a")).bytes == 10
    assert len(tries) == 2


def test_a_gpu_too_small_to_load_falls_back_to_the_cpu_and_says_so() -> None:
    def load(_: Checkpoint, device: str) -> Any:
        if device == "cuda":
            raise torch.cuda.OutOfMemoryError("out of memory")
        return SimpleNamespace(bytes=10, device=torch.device(device))

    pool = Pool(device="cuda", load=load)
    assert pool.get(entry("a")).device.type == "cpu"
    assert pool.device == "cpu"
    assert pool.notice is not None
    assert "GPU" in pool.notice


def test_a_gpu_that_fills_up_while_reading_falls_back_too() -> None:
    loader = Loader()
    pool = Pool(device="cuda", load=loader)

    def work(classifier: Any) -> str:
        if classifier.device.type == "cuda":
            raise torch.cuda.OutOfMemoryError("out of memory")
        return "read"

    assert pool.run(entry("a"), work) == "read"
    assert loader.loads == [("a", "cuda"), ("a", "cpu")]
    assert pool.notice is not None
    assert pool.run(entry("a"), work) == "read"
    assert len(loader.loads) == 2


@pytest.mark.parametrize(
    "device", ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU"))]
)
def test_eight_threads_read_what_one_does(device: str) -> None:
    """200 readings of different films through three shipped networks: every number and map as read alone."""
    checkpoints = list(find()[0].values())[:3]
    films = [read_xray(as_png8(film(96, 80 + seed, seed))) for seed in range(10)]
    pool = Pool(device=device)

    def look(job: tuple[Checkpoint, Xray]) -> dict[str, np.ndarray]:
        checkpoint, xray = job
        classifier = pool.get(checkpoint)
        reading = classifier.read([xray])[0]
        assert reading.xray_sha256 == xray.sha256
        maps = {target: heatmap.values for target, heatmap in explain(classifier, reading).items()}
        return maps | {"probabilities": reading.probabilities}

    pairs = [(checkpoint, xray) for checkpoint in checkpoints for xray in films]
    reference = [look(pair) for pair in pairs]
    order = np.random.default_rng(0).integers(0, len(pairs), 200)
    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(look, [pairs[i] for i in order]))
    for i, result in zip(order, results, strict=True):
        for name, values in reference[i].items():
            np.testing.assert_allclose(result[name], values, atol=2e-5, err_msg=f"{pairs[i][0].name}, {name}")


def test_different_films_have_different_maps() -> None:
    """Guards the test above: were all maps alike, threads could not mix them up."""
    classifier = Pool(device="cpu").get(next(iter(find()[0].values())))
    first, second = (classifier.read([read_xray(as_png8(film(96, 90, seed)))])[0] for seed in (1, 2))
    assert np.abs(first.probabilities - second.probabilities).max() > 1e-4
    ours, theirs = explain(classifier, first), explain(classifier, second)
    assert max(np.abs(ours[name].values - theirs[name].values).max() for name in ours) > 1e-2
