"""The public pneumonia set, from the Hugging Face hub to a folder that training reads.

Kermany et al. 2018 (doi 10.17632/rscbjbr9sj, CC BY 4.0) lies on the hub as Parquet files of one revision, which is
named here: whoever downloads gets the same films, byte for byte, and nothing is unpickled on the way.

Where the hub is: ``HF_ENDPOINT``, as everywhere with huggingface_hub. No account is used and no token is sent.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter, ValidationError
from tqdm import tqdm

from core.errors import DataError, DownloadError
from core.files import is_full, write

REPO: Final = "hf-vision/chest-xray-pneumonia"
REVISION: Final = "ccc98e4ee257b1aa5b6036ea685ac6eacdcba664"
LICENCE: Final = "CC BY 4.0"

# The set's own validation part is left out: it is 16 films without a viral one, of no use for choosing anything, and
# in a folder `val` it would replace the patient-grouped validation that training holds out. The app offers it to try.
SPLITS: Final = ("train", "test")
FOLDERS: Final = ("NORMAL", "PNEUMONIA")
"""Label in the Parquet files (0, 1) → folder."""

Progress = Callable[[int, int], None]
"""Called with bytes done and bytes in all."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,120}\.(?:jpe?g|png)", re.IGNORECASE)
_KIND: Final = re.compile(r"_(bacteria|virus)_", re.IGNORECASE)
_SHARD: Final = re.compile(r"data/[a-z]+-\d{5}-of-\d{5}(?:-[0-9a-f]+)?\.parquet")
_COUNTED: Final = re.compile(r"-(\d{5})-of-(\d{5})")
_SECONDS: Final = 10.0
_ROWS: Final = 32  # films in memory at once
_BLOCK: Final = 1 << 20
_PATIENCE: Final = 3  # a file sent so many times over without ever arriving whole will not arrive

_OFFLINE: Final = "There is no connection to the Hugging Face hub. Connect to the network and try again."
_DAMAGED: Final = "A file of the public set arrived damaged or cut short. Try again: what is whole is kept."
_FOREIGN: Final = (
    "The public set on the hub is not laid out as expected. Update PneumoLens, or download the set by hand."
)


class _Lfs(BaseModel):
    oid: str


class _Entry(BaseModel):
    """One row of the hub's listing, as far as it matters here."""

    type: str
    path: str
    size: int
    lfs: _Lfs | None = None


_LISTING: Final = TypeAdapter(list[_Entry])


@dataclass(frozen=True, slots=True)
class Shard:
    """One Parquet file on the hub.

    Attributes:
        path: in the repository, e.g. ``data/test-00000-of-00001.parquet``.
        size: bytes.
        sha256: of its content; ``None`` where the hub does not say.
    """

    path: str
    size: int
    sha256: str | None


@dataclass(frozen=True, slots=True)
class PublicFilm:
    """One row of the set.

    Attributes:
        name: the original file name, safe to write: letters, digits, ``_``, ``-`` and ``.``.
        folder: ``NORMAL`` or ``PNEUMONIA``.
        label: the class its name tells: NORMAL, BACTERIA or VIRUS.
        data: the file's bytes.
    """

    name: str
    folder: str
    label: str
    data: bytes


def download(out_dir: Path, progress: Progress | None = None) -> Mapping[str, int]:
    """Fetch the whole set into ``out_dir/{train,test}/{NORMAL,PNEUMONIA}/<original name>``.

    Can be stopped at any moment and called again: films that are there with the right size are kept, whole Parquet
    files are not fetched twice. A Parquet file is removed as soon as its
    films are out, so the disk holds the films and one such file at most.

    Args:
        out_dir: created if need be.
        progress: bytes fetched so far, bytes in all; a bar on standard error by default.

    Returns:
        ``split/folder`` → number of films there.

    Raises:
        DownloadError: no network, not on the hub, damaged on the way, disk full, or a name that must not be written.
        DataError: a film's name does not tell its class.
    """
    store = out_dir / ".download"  # hidden: no film lies in it
    with _disk():
        store.mkdir(parents=True, exist_ok=True)
    listed = [(split, shard) for split in SPLITS for shard in shards(split)]
    total = sum(shard.size for _, shard in listed)
    tally: Counter[str] = Counter()
    with tqdm(
        total=total, unit="B", unit_scale=True, desc="downloading", file=sys.stderr, disable=progress is not None
    ) as bar:
        done = 0

        def report(here: int, _of: int) -> None:
            if progress:
                progress(done + here, total)
            bar.update(done + here - bar.n)

        for split, shard in listed:
            receipt = store / f"{Path(shard.path).name}.txt"
            written = _receipt(receipt, out_dir)
            if written is None:
                path = fetch(shard, store, report)
                written = _unpack(path, out_dir / split, out_dir)
                with _disk():
                    write(receipt, "".join(f"{size}\t{name}\n" for name, size in written.items()).encode())
                    path.unlink()
            tally.update(name.rpartition("/")[0] for name in written)
            report(shard.size, shard.size)
            done += shard.size
    shutil.rmtree(store / "data", ignore_errors=True)
    return dict(tally)


def shards(split: str) -> list[Shard]:
    """The Parquet files of one split ("train", "validation", "test"), in order.

    Raises:
        DownloadError: the hub cannot be reached, or does not have all of them.
    """
    from huggingface_hub import get_session

    # One plain request: the library's own listing tries for half a minute before it admits that there is no network.
    with _hub():
        response = get_session().get(
            f"{_endpoint()}/api/datasets/{REPO}/tree/{REVISION}/data", timeout=_SECONDS, follow_redirects=True
        )
    if response.status_code != HTTPStatus.OK:
        raise DownloadError(_refused(response.status_code))
    try:
        listed = _LISTING.validate_json(response.content)
    except ValidationError as error:
        raise DownloadError(_FOREIGN) from error
    found = [
        Shard(entry.path, entry.size, entry.lfs.oid if entry.lfs else None)
        for entry in sorted(listed, key=lambda entry: entry.path)
        if entry.type == "file" and _SHARD.fullmatch(entry.path) and entry.path.startswith(f"data/{split}-")
    ]
    if not complete([Path(shard.path) for shard in found]):
        raise DownloadError(_FOREIGN)
    return found


def complete(paths: Sequence[Path]) -> bool:
    """Whether these are all the files that their own names (``…-00001-of-00007…``) speak of."""
    counted = [_COUNTED.search(path.name) for path in paths]
    numbers = sorted((int(found[1]), int(found[2])) for found in counted if found)
    return bool(numbers) and numbers == [(i, len(paths)) for i in range(len(paths))]


def fetch(shard: Shard, folder: Path, progress: Progress | None = None) -> Path:
    """Fetch one file of the set, unless it is there.

    Args:
        shard: which.
        folder: the file comes to lie in ``folder/data/``, all at once when it is whole.
        progress: bytes fetched so far, bytes in all.

    Returns:
        Where it is; its sha256 is the hub's.

    Raises:
        DownloadError: no network, not on the hub, damaged on the way, or the disk is full.
    """
    from huggingface_hub import hf_hub_download

    path = folder / shard.path
    if not (path.is_file() and path.stat().st_size == shard.size):
        with _disk():
            folder.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            if shutil.disk_usage(folder).free < shard.size:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        with _hub():
            hf_hub_download(
                REPO,
                shard.path,
                repo_type="dataset",
                revision=REVISION,
                endpoint=_endpoint(),
                token=False,
                local_dir=folder,
                tqdm_class=_reporting(shard.size, progress),
            )
    with _disk():
        whole = path.stat().st_size == shard.size and (shard.sha256 is None or _sha256(path) == shard.sha256)
        if not whole:
            path.unlink()
    if not whole:
        raise DownloadError(_DAMAGED)
    return path


def films(path: Path) -> Iterator[PublicFilm]:
    """The films in one Parquet file, a few in memory at a time.

    Raises:
        DownloadError: the file is damaged (it is then removed), has other columns, or a name that must not be written.
        DataError: a film's name does not tell its class.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        # Without read-ahead a row group is decoded in pieces: memory depends on the batch, not on the file.
        with parquet.ParquetFile(path, pre_buffer=False) as file:
            for batch in file.iter_batches(batch_size=_ROWS, columns=["image", "label"]):
                for row in batch.to_pylist():
                    yield _film(row)
    except (pa.ArrowException, OSError) as error:
        path.unlink(missing_ok=True)  # or the next try would find it, of the right size, and stop here again
        raise DownloadError(_DAMAGED) from error


def _film(row: Mapping[str, Any]) -> PublicFilm:
    """One row → a film, nothing taken on trust."""
    image, label = row.get("image"), row.get("label")
    if not isinstance(image, dict) or not isinstance(image.get("bytes"), bytes) or label not in (0, 1):
        raise DownloadError(_FOREIGN)
    name = image.get("path")
    if not name:
        raise DataError(
            "The films on the hub have lost their names, which tell bacterial from viral. Download by hand."
        )
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise DownloadError(f"A film on the hub has a name that must not be written to disk. {_FOREIGN}")
    folder = FOLDERS[label]
    kind = _KIND.search(name)
    if folder == "PNEUMONIA" and not kind:
        raise DataError("The name of a pneumonia film on the hub says neither bacteria nor virus. Download by hand.")
    return PublicFilm(name, folder, kind[1].upper() if kind and folder == "PNEUMONIA" else "NORMAL", image["bytes"])


def _unpack(path: Path, into: Path, root: Path) -> dict[str, int]:
    """Write the films of one Parquet file; path below ``root`` → bytes. Those already there are left alone."""
    written: dict[str, int] = {}
    for film in films(path):
        target = into / film.folder / film.name
        name = target.relative_to(root).as_posix()
        if name in written:
            raise DataError(
                "Two films on the hub have the same name, so one would replace the other. Download by hand."
            )
        with _disk():
            if not (target.is_file() and target.stat().st_size == len(film.data)):
                target.parent.mkdir(parents=True, exist_ok=True)
                write(target, film.data)
        written[name] = len(film.data)
    return written


def _receipt(path: Path, root: Path) -> dict[str, int] | None:
    """What was written from one Parquet file, if all of it is still there; else ``None``."""
    if not path.is_file():
        return None
    rows = [line.split("\t", 1) for line in path.read_text("utf-8").splitlines()]
    written = {row[1]: int(row[0]) for row in rows if len(row) > 1 and row[0].isdecimal()}
    there = all((root / name).is_file() and (root / name).stat().st_size == size for name, size in written.items())
    return written if written and there else None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _endpoint() -> str:
    # huggingface_hub reads the variable once, when it is imported; here it counts when it is used.
    from huggingface_hub import constants

    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or constants.ENDPOINT


def _reporting(size: int, progress: Progress | None) -> type[tqdm[Any]]:
    """A progress bar that draws nothing, tells ``progress``, and ends a transfer that goes round in circles."""

    class Reporting(tqdm):  # type: ignore[type-arg]  # generic for mypy only
        def __init__(self, *_args: object, **_kwargs: object) -> None:
            super().__init__(disable=True)
            self.here = self.sent = 0

        def update(self, n: float | None = 1) -> bool | None:
            step = int(n or 0)
            self.here += step
            self.sent += max(step, 0)
            if self.sent > _PATIENCE * max(size, _BLOCK):
                # The library resumes a broken transfer for ever as long as some bytes come.
                raise DownloadError(_DAMAGED)
            if progress:
                progress(min(max(self.here, 0), size), size)
            return None

    return Reporting


@contextmanager
def _hub() -> Iterator[None]:
    """What huggingface_hub and its HTTP library raise → :class:`DownloadError` with a reason for people."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

    try:
        yield
    except HfHubHTTPError as error:
        raise DownloadError(_refused(error.response.status_code)) from error
    except (httpx2.TransportError, LocalEntryNotFoundError, OfflineModeIsEnabled) as error:
        # LocalEntryNotFoundError wraps whatever kept the library from asking the hub.
        cause = error.__cause__
        if isinstance(cause, HfHubHTTPError):
            raise DownloadError(_refused(cause.response.status_code)) from error
        raise DownloadError(_OFFLINE) from error
    except OSError as error:
        raise DownloadError(_full(error) or _DAMAGED) from error
    except (httpx2.HTTPError, httpx2.InvalidURL, RuntimeError) as error:
        # RuntimeError is what the hub's own transfer protocol (hf_xet) raises, whatever went wrong.
        raise DownloadError(f"The transfer from the Hugging Face hub broke off. {_DAMAGED}") from error


@contextmanager
def _disk() -> Iterator[None]:
    """What the file system raises → :class:`DownloadError`."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise DownloadError(
            _full(error) or f"The folder for the films cannot be written ({reason}). Choose another folder."
        ) from error


def _full(error: OSError) -> str | None:
    """The message for a full disk, if that is what it is."""
    if is_full(error):
        return "The disk is full. Make room and try again: what is whole is kept."
    return None


def _refused(status: int) -> str:
    """The hub answered, but not with the file."""
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        return f"The hub no longer offers this revision of {REPO} (HTTP {status}). Download the set by hand."
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "The hub asks for patience (HTTP 429: too many requests). Try again in some minutes."
    return f"The hub cannot answer at the moment (HTTP {status}). Try again later."
