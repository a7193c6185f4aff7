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
from core.classifier import Reading
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


FULL = (
    torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB."),
    torch.AcceleratorError("CUDA error: out of memory"),  # before torch has any: others' work fills the GPU
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),  # in a new thread
)


@pytest.mark.parametrize("full", FULL, ids=lambda error: type(error).__name__)
def test_a_gpu_too_small_to_load_falls_back_to_the_cpu_and_says_so(full: Exception) -> None:
    def load(_: Checkpoint, device: str) -> Any:
        if device == "cuda":
            raise full
        return SimpleNamespace(bytes=10, device=torch.device(device))

    pool = Pool(device="cuda", load=load)
    assert pool.get(entry("a")).device.type == "cpu"
    assert pool.device == "cpu"
    assert pool.notice is not None
    assert "GPU" in pool.notice


@pytest.mark.parametrize("full", FULL, ids=lambda error: type(error).__name__)
def test_a_gpu_that_fills_up_while_reading_falls_back_too(full: Exception) -> None:
    loader = Loader()
    pool = Pool(device="cuda", load=loader)

    def work(classifier: Any) -> str:
        if classifier.device.type == "cuda":
            raise full
        return "read"

    assert pool.run(entry("a"), work) == "read"
    assert loader.loads == [("a", "cuda"), ("a", "cpu")]
    assert pool.notice is not None
    assert pool.run(entry("a"), work) == "read"
    assert len(loader.loads) == 2


def test_no_network_stays_on_a_gpu_that_was_left_while_it_was_brought_there() -> None:
    begun, left = threading.Event(), threading.Event()

    def load(checkpoint: Checkpoint, device: str) -> Any:
        if checkpoint.name == "slow" and device == "cuda":
            begun.set()
            left.wait(10)
        return SimpleNamespace(bytes=10, device=torch.device(device))

    def work(classifier: Any) -> None:
        if classifier.device.type == "cuda":
            raise FULL[0]

    pool = Pool(device="cuda", load=load)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(pool.get, entry("slow"))
        begun.wait(10)
        pool.run(entry("a"), work)
        left.set()
        waiting.result()
    assert pool.get(entry("slow")).device.type == pool.device == "cpu"


def test_what_was_read_on_a_gpu_is_judged_without_it() -> None:
    class Left(torch.Tensor):
        """Stands in for features on a GPU that is full by now: they can be fetched, and nothing else."""

        def cpu(self, *_: Any, **__: Any) -> torch.Tensor:
            """Fetch them."""
            return torch.ones(2, 3, 3)

        def mean(self, *_: Any, **__: Any) -> torch.Tensor:
            """Take memory there."""
            raise FULL[0]

    none = np.zeros(2, np.float32)
    reading = Reading("m", "w", "pneumonia", "x", ("a", "b"), none, none, none, torch.zeros(2, 3, 3).as_subclass(Left))
    assert reading.pooled.tolist() == [1, 1]


def test_an_error_that_is_none_of_memory_is_not_hidden() -> None:
    pool = Pool(device="cuda", load=Loader())

    def work(_: Any) -> None:
        raise RuntimeError("device-side assert triggered")

    with pytest.raises(RuntimeError, match="assert"):
        pool.run(entry("a"), work)
    assert pool.notice is None


@pytest.mark.parametrize(
    "device", ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU"))]
)
def test_eight_threads_read_what_one_does(device: str) -> None:
    """200 readings of different films through three shipped networks: every number and map as read alone."""
    found, _ = find()
    # Blocks that add, blocks that join, and a head of dense layers, which has gradients of its own.
    checkpoints = [found[name] for name in ("pneumonia-resnet18", "pneumonia-googlenet", "covid-two_block_cnn")]
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
