"""Many films: one by one from their files, or through one classifier, decoding the next while it reads the last."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from core.errors import XrayError
from core.xray import Xray, read_file, read_xray

if TYPE_CHECKING:
    from core.classifier import Classifier, Reading
    from core.dataset import Film

Source = Callable[[], bytes | Xray]
"""Gives a file's bytes, or its film, when called, so that no more than a batch of them is in memory.

May raise OSError, or XrayError.
"""

BATCH = 16

_PIXELS = 32_000_000
"""In a batch, and as many in the films decoded meanwhile: large films come in smaller batches."""

_WORKERS = 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one film.

    Attributes:
        index: its place among the sources.
        xray: the film, or ``None``.
        reading: what the network says, or ``None``.
        error: why there is neither, or ``None``.
    """

    index: int
    xray: Xray | None = None
    reading: Reading | None = None
    error: XrayError | OSError | None = None


def of_file(path: Path) -> Source:
    """The film in a file."""
    return partial(read_file, path)


def readable(paths: Iterable[Path], what: str, say: Callable[[str], object]) -> Iterator[tuple[Path, Xray]]:
    """Films from their files, with a bar of progress on standard error. One that cannot be read is named and left out.

    Args:
        paths: the files.
        what: the bar is called.
        say: called with the name of a file and why it cannot be read.

    Yields:
        The file, in order, and its film.
    """
    for path in tqdm(paths, desc=what, unit="film"):
        try:
            xray = read_file(path)
        except (XrayError, OSError) as error:
            say(f"{path}: {error}")
        else:
            yield path, xray


def readable_films(films: Iterable[Film], what: str, say: Callable[[str], object]) -> Iterator[tuple[Film, Xray]]:
    """The same of films of an index."""
    by_path = {film.path: film for film in films}
    return ((by_path[path], xray) for path, xray in readable(by_path, what, say))


def _read(decoded: Sequence[Outcome], classifier: Classifier) -> Iterator[Outcome]:
    readings = iter(classifier.read([outcome.xray for outcome in decoded if outcome.xray is not None]))
    for outcome in decoded:
        yield outcome if outcome.xray is None else Outcome(outcome.index, outcome.xray, next(readings))


def read_many(sources: Iterable[Source], classifier: Classifier, batch: int = BATCH) -> Iterator[Outcome]:
    """Read films in batches. One bad file does not stop the rest.

    Args:
        sources: where the films come from.
        classifier: what reads them.
        batch: films per pass of the network, fewer of large films.

    Yields:
        One outcome per source, in order.
    """

    def decode(index: int, source: Source) -> Outcome:
        try:
            found = source()
            return Outcome(index, xray=found if isinstance(found, Xray) else read_xray(found))
        except (XrayError, OSError) as error:
            return Outcome(index, error=error)

    numbered = enumerate(sources)
    room = min(batch, _WORKERS)  # until the size of a film is known
    with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
        ahead: deque[Future[Outcome]] = deque()

        def fetch() -> None:
            more = islice(numbered, max(0, max(room, _WORKERS) - len(ahead)))
            ahead.extend(pool.submit(decode, index, source) for index, source in more)

        fetch()
        decoded: list[Outcome] = []
        while ahead:
            decoded.append(ahead.popleft().result())
            if sizes := [outcome.xray.pixels.size for outcome in decoded if outcome.xray is not None]:
                room = min(batch, max(1, _PIXELS // max(sizes)))
            fetch()  # these are decoded while the network reads the ones in hand
            if len(decoded) >= room or not ahead:
                yield from _read(decoded, classifier)
                decoded = []
