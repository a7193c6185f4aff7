"""The pool of loaded classifiers: bounded, shared by all threads, on the GPU where there is one."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from functools import cache
from typing import TYPE_CHECKING, Final, TypeVar

from core import settings
from core.checkpoint import Checkpoint

if TYPE_CHECKING:
    from core.classifier import Classifier

T = TypeVar("T")
Load = Callable[[Checkpoint, str], "Classifier"]

DEFAULT_BYTES = 2 * 2**30
"""Memory for weights, where ``PNEUMOLENS_MODEL_MEMORY_MB`` does not say otherwise."""

_FULL: Final = ("out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED")
"""What torch, CUDA and its libraries say where a GPU's memory is full, as others' work may leave it."""


def _load(checkpoint: Checkpoint, device: str) -> Classifier:
    from core.classifier import Classifier

    return Classifier(checkpoint, device)


def gpu_is_full(error: RuntimeError) -> bool:
    """Whether a GPU had no memory left. Torch has a class for its own allocator's errors alone, not for CUDA's."""
    return any(words in str(error) for words in _FULL)


def best_device() -> str:
    """Where networks run best here: "cuda" or "cpu". Loads torch to find out."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


class Pool:
    """Classifiers by the key of their checkpoint; the least recently used go first when memory runs short.

    A classifier that was let go stays valid for whoever still holds it; its memory is freed after the last one.

    Args:
        max_bytes: for weights. At least one classifier is always kept, however large.
        device: "cpu" or "cuda"; the best there is when left out, found out at the first load.
        load: makes a classifier; replaced in tests.
    """

    def __init__(self, max_bytes: int = DEFAULT_BYTES, device: str | None = None, load: Load = _load) -> None:
        self.max_bytes = max_bytes
        self.notice: str | None = None
        self._device = device
        self._load = load
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, Future[Classifier]] = OrderedDict()

    @property
    def device(self) -> str:
        """Where classifiers are loaded. Loads torch to find out."""
        if self._device is None:
            self._device = best_device()
        return self._device

    def loaded(self, checkpoint: Checkpoint) -> bool:
        """Whether :meth:`get` would return at once."""
        with self._lock:
            entry = self._entries.get(checkpoint.key)
        return entry is not None and entry.done()

    def get(self, checkpoint: Checkpoint) -> Classifier:
        """The classifier of ``checkpoint``; loaded once, however many threads ask at the same time.

        Raises:
            CheckpointError: its weights cannot be used. The next call tries again.
        """
        key = checkpoint.key
        with self._lock:
            entry = self._entries.get(key)
            mine = entry is None
            if entry is None:
                entry = self._entries[key] = Future()
            self._entries.move_to_end(key)
        if mine:
            try:
                entry.set_result(self._load_somewhere(checkpoint))
            except BaseException as error:
                # Whatever happened, those who wait must hear of it, and a later call must start anew.
                with self._lock:
                    self._entries.pop(key, None)
                entry.set_exception(error)
                raise
            self._make_room()
        return entry.result()

    def run(self, checkpoint: Checkpoint, work: Callable[[Classifier], T]) -> T:
        """``work(classifier)``; once more on the CPU if the GPU's memory does not suffice, with a :attr:`notice`."""
        classifier = self.get(checkpoint)
        if classifier.device.type == "cpu":
            return work(classifier)
        try:
            return work(classifier)
        except RuntimeError as error:
            if not gpu_is_full(error):
                raise
            self._leave_gpu()
            return work(self.get(checkpoint))

    def _load_somewhere(self, checkpoint: Checkpoint) -> Classifier:
        if self.device == "cpu":
            return self._load(checkpoint, "cpu")
        try:
            return self._load(checkpoint, self.device)
        except RuntimeError as error:
            if not gpu_is_full(error):
                raise
            self._leave_gpu(keep=checkpoint.key)
            return self._load(checkpoint, "cpu")

    def _leave_gpu(self, keep: str | None = None) -> None:
        import torch

        with self._lock:
            self._device = "cpu"
            self.notice = "The GPU's memory is full: networks run on the CPU until the app is started again."
            for key in self._entries.keys() - {keep}:  # also what is being brought there: whoever waits may have it
                del self._entries[key]
        torch.cuda.empty_cache()

    def _make_room(self) -> None:
        with self._lock:
            done = {key: entry.result().bytes for key, entry in self._entries.items() if entry.done()}
            for key in list(done)[:-1]:  # oldest first, never the newest
                if sum(done.values()) <= self.max_bytes:
                    return
                del done[key], self._entries[key]


@cache
def get_pool() -> Pool:
    """The one pool of this process."""
    megabytes = settings.text(settings.MODEL_MEMORY_MB)
    return Pool(int(megabytes) * 2**20 if megabytes.isdecimal() else DEFAULT_BYTES)
