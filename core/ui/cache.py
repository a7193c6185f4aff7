"""What is kept between runs and shared by visitors. Every ``st.cache_*`` is here, and every one is bounded.

Keys are digests: of the film's file, of the weights, and the parameters. Arrays never are: Streamlit would hash a
sample of their pixels, and two films that differ elsewhere would be one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial, reduce
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from core import checkpoint as checkpoints_on_disk
from core import render
from core.checkpoint import Checkpoint
from core.compare.agreement import TOP, Agreement
from core.errors import DownloadError
from core.explain import METHODS, Heatmap
from core.guard import Seen, see, with_aids
from core.heap import trim
from core.models import get_pool
from core.orientation import MENDS, mended
from core.render import Look
from core.samples import cache_folder
from core.ui import state
from core.ui.bounded import Bounded
from core.ui.job import Progress, Stop, Work
from core.ui.kept import Film, Models, Result, Sent, Wanted
from core.ui.shelf import Shelf
from core.ui.state import Upload
from core.xray import Xray, read_xray

if TYPE_CHECKING:
    from core.classifier import Classifier, Reading
    from core.dataset.census import Census
    from core.evaluate.predictions import Predictions

V = TypeVar("V")

_OF_CHECKPOINTS = frozenset({".json", ".safetensors"})


# ---------------------------------------------------------------- checkpoints


def models() -> Models:
    """Every checkpoint shipped or in the folder that PNEUMOLENS_WEIGHTS names. Changed folders are seen at once."""
    folders = checkpoints_on_disk.folders()
    files = (path for folder in folders for path in sorted(folder.glob("*")) if path.suffix in _OF_CHECKPOINTS)
    there = tuple((str(path), stamp(path)) for path in files)
    return _models(tuple((str(folder), folder.is_dir()) for folder in folders), there)


@st.cache_resource(max_entries=4, show_spinner=False)
def _models(folders: tuple[tuple[str, bool], ...], there: tuple[tuple[str, str], ...]) -> Models:  # noqa: ARG001 - part of the key
    return Models(*checkpoints_on_disk.find(*(Path(folder) for folder, _ in folders)))


def stamp(path: Path) -> str:
    """Changes whenever the file does; empty where there is none. With its path it names what was read of it."""
    try:
        found = path.stat()
    except OSError:  # also one that is taken away just now
        return ""
    return f"{found.st_mtime_ns}-{found.st_size}" if S_ISREG(found.st_mode) else ""


def predictions(path: Path, order: tuple[str, ...] = ()) -> Predictions:
    """A table of predictions, shared by everyone: nobody may change its arrays. Classes in the given order, if any.

    Raises:
        DataError: they cannot be used.
    """
    return _predictions(str(path), stamp(path), order)


@st.cache_resource(max_entries=32, show_spinner=False)
def _predictions(path: str, stamp: str, order: tuple[str, ...]) -> Predictions:  # noqa: ARG001 - part of the key
    from core.evaluate.predictions import from_csv

    return from_csv(Path(path), order)


def census(path: Path) -> Census:
    """The index in a file, shared by everyone: nobody may change its rows.

    Raises:
        DataError: it cannot be used.
    """
    return _census(str(path), stamp(path))


@st.cache_resource(max_entries=4, show_spinner=False)
def _census(path: str, stamp: str) -> Census:  # noqa: ARG001 - part of the key
    from core.dataset.census import load

    return load(Path(path))


@st.cache_resource(max_entries=4, show_spinner=False)
def own_census(sha256: str, name: str, _data: bytes) -> Census:  # noqa: ARG001 - the digest is the key
    """The index a visitor gave.

    Raises:
        DataError: it cannot be used.
    """
    from core.dataset.census import parse

    return parse(_data, name)


@st.cache_resource(max_entries=512, show_spinner=False)
def computed(what: str, key: tuple[str, ...], _make: Callable[[], V]) -> V:  # noqa: ARG001 - the key
    """What a study page works out, once for everybody.

    Args:
        what: which function of the data.
        key: digests of the data and every parameter.
        _make: does the work.
    """
    return _make()


def device() -> str | None:
    """Where networks run, in words; ``None`` as long as none is loaded: finding out loads torch."""
    if not any(is_loaded(checkpoint) for checkpoint in models().good.values()):
        return None
    return {"cpu": "CPU", "cuda": "GPU (CUDA)"}.get(get_pool().device, get_pool().device)


def device_notice() -> str | None:
    """What went wrong with the GPU, if anything."""
    return get_pool().notice


def is_loaded(checkpoint: Checkpoint) -> bool:
    """Whether its network is in memory."""
    return get_pool().loaded(checkpoint)


def load(checkpoint: Checkpoint) -> None:
    """Bring its network into memory.

    Raises:
        CheckpointError: it cannot be used.
    """
    get_pool().get(checkpoint)


# ---------------------------------------------------------------- films and readings


@st.cache_resource(show_spinner=False, max_entries=1)
def _xrays() -> Bounded[str, Xray]:
    return Bounded(4)  # a large film takes 160 MB in floating point


@st.cache_resource(show_spinner=False, max_entries=1)
def _films() -> Bounded[str, Film]:
    return Bounded(24)  # 2 MB each, made again in an instant


@st.cache_resource(show_spinner=False, max_entries=1)
def _sent() -> Bounded[str, Sent]:
    return Bounded(8)  # a large film of 16 bits takes 15 MB


@st.cache_resource(show_spinner=False, max_entries=1)
def _readings() -> Bounded[tuple[str, str], Reading | str]:
    # With features from 0.02 to 1.2 MB each; a network of one's own may have far more. A string: why there is none.
    return Bounded(512 * 2**20, lambda found: len(found) if isinstance(found, str) else found.features.nbytes)


@st.cache_resource(show_spinner=False, max_entries=1)
def _looks() -> Bounded[str, Seen]:
    return Bounded(5 * state.films.MAX_FILMS)  # several visitors' films; with outlines of the lungs 64 kB each


@st.cache_resource(show_spinner=False, max_entries=1)
def _heatmaps() -> Bounded[tuple[str, ...], Mapping[str, Heatmap]]:
    # From a few kB to 0.8 MB each of three classes; a network of one's own may have hundreds.
    return Bounded(128 * 2**20, lambda found: sum(heatmap.values.nbytes for heatmap in found.values()))


@st.cache_resource(show_spinner=False, max_entries=1)
def thumbnails() -> Shelf:
    """Small pictures of the server's films, on disk in the user's cache folder, within a bound."""
    try:
        return Shelf(cache_folder() / "thumbnails")
    except DownloadError:  # no home folder: they are made anew each time
        return Shelf(None)


def xray(upload: Upload) -> Xray:
    """The film in a file, in full depth and size.

    Raises:
        XrayError: there is none.
    """
    return _xrays().get(upload.sha256) or _decoded(upload)


def _decoded(upload: Upload) -> Xray:
    """The film in a file, mended as its visitor wished."""
    return reduce(mended, map(MENDS.__getitem__, upload.mends), read_xray(upload.data))


def seen(upload: Upload) -> Seen:
    """What is seen of the film before any reading.

    Raises:
        XrayError: there is none.
    """
    found = _looks().get(upload.sha256)
    if found is None:
        found = _seen(xray(upload))
        _looks().put(upload.sha256, found)
    return found


def _seen(film: Xray) -> Seen:
    return with_aids(see(film), film)


def film(upload: Upload) -> Film:
    """The film in a file, for the screen.

    Raises:
        XrayError: there is none.
    """
    found = _films().get(upload.sha256)
    if found is None:
        decoded = xray(upload)
        grey = render.on_screen(decoded)
        size = decoded.width, decoded.height
        found = Film(decoded.sha256, decoded.key, *size, decoded.facts, grey, render.png(grey))
        _films().put(upload.sha256, found)
    return found


def in_depth(upload: Upload) -> Sent:
    """The film in a file, for the viewer: encoded once, whatever is laid over it.

    Raises:
        XrayError: there is none.
    """
    found = _sent().get(upload.sha256)
    if found is None:
        decoded = xray(upload)
        found = Sent(decoded.width, decoded.height, render.png(render.in_depth(decoded)))
        _sent().put(upload.sha256, found)
    return found


def unread(checkpoint: Checkpoint, uploads: Iterable[Upload]) -> list[Upload]:
    """Those that this network has not read yet."""
    key = checkpoint.key
    return [upload for upload in uploads if _readings().get((upload.sha256, key)) is None]


def read(checkpoint: Checkpoint, uploads: Sequence[Upload], progress: Callable[[int, int], None]) -> list[Result]:
    """Read films, those not read before in batches. One bad file does not stop the rest.

    Args:
        checkpoint: whose network reads.
        uploads: what.
        progress: called with films done and films to do.

    Raises:
        CheckpointError: the network cannot be loaded.
    """
    key = checkpoint.key
    results: dict[str, Reading | str] = {}

    def work(classifier: Classifier) -> None:
        from core.batch import read_many

        # Not what the cache lacks now: another visitor may have read one of them meanwhile. Fewer if the GPU gave up.
        todo = [upload for upload in uploads if upload.sha256 not in results]
        for outcome in read_many([partial(_decoded, upload) for upload in todo], classifier):
            upload = todo[outcome.index]
            value = outcome.reading if outcome.reading is not None else str(outcome.error)
            _readings().put((upload.sha256, key), value)
            results[upload.sha256] = value
            if outcome.xray is not None:
                _xrays().put(upload.sha256, outcome.xray)
                _looks().put(upload.sha256, _seen(outcome.xray))
            progress(outcome.index + 1, len(todo))

    for upload in uploads:
        kept = _readings().get((upload.sha256, key))
        if kept is not None:
            results[upload.sha256] = kept
    if len(results) < len(uploads):
        get_pool().run(checkpoint, work)
        trim()
    values = [(upload, results[upload.sha256]) for upload in uploads]
    return [Result(u, None, v) if isinstance(v, str) else Result(u, v, None) for u, v in values]


def heatmaps(wanted: Wanted) -> Mapping[str, Heatmap] | None:
    """Class → heatmap, made once for all classes; by a fast method at once, by a slow one only by :func:`maker`.

    Args:
        wanted: which.

    Returns:
        ``None`` where a slow method's maps are not there.

    Raises:
        CheckpointError: the network was let go and cannot be loaded again.
    """
    found = _heatmaps().get(wanted.key)
    if found is None and METHODS[wanted.method].fast:
        maker(wanted)(lambda _done, _of: None, lambda: False)
        found = _heatmaps().get(wanted.key)
    return found


def maker(wanted: Wanted) -> Work:
    """What makes heatmaps and keeps them, also in a thread that Streamlit does not know.

    Raises:
        XrayError: the film cannot be read again.
    """
    shelf, reading = _heatmaps(), wanted.reading
    film = None if wanted.light else xray(wanted.upload)

    def make(progress: Progress, stop: Stop) -> None:
        def work(classifier: Classifier) -> Mapping[str, Heatmap]:
            from core.explain import explain, explain_film

            # After the GPU's memory ran out the network is on the CPU; what it left behind must follow.
            follow = replace(reading, features=reading.features.to(classifier.device))
            if film is None:
                return explain(classifier, follow, wanted.method, wanted.against)
            asked = wanted.method, wanted.against, wanted.layers
            return explain_film(classifier, film, follow, *asked, progress, stop)

        shelf.put(wanted.key, get_pool().run(wanted.checkpoint, work))

    return make


def overlay(film: Film, heatmap: Heatmap, checkpoint_key: str, look: Look, scale: str = "") -> bytes:
    """The overlay as PNG; faded to nothing it is the film itself, byte for byte.

    Args:
        film: under it.
        heatmap: over it.
        checkpoint_key: of the network that the heatmap is of.
        look: how.
        scale: names the colour scale when it is not the heatmap's own.
    """
    if look.opacity == 0 and not look.contour:
        return film.picture
    key = film.sha256, checkpoint_key, heatmap.made, heatmap.asked, scale
    return _overlay(key, look.colours, look.opacity, look.contour, look.level, film, heatmap)


@st.cache_data(max_entries=64, show_spinner=False)
def _overlay(
    key: tuple[str, str, str, str, str],  # noqa: ARG001 - names the arrays, which are not hashed
    colours: str,
    opacity: float,
    contour: bool,  # noqa: FBT001 - part of the key
    level: float,
    _film: Film,
    _heatmap: Heatmap,
) -> bytes:
    return render.png(render.overlay(_film.grey, _heatmap.values, Look(colours, opacity, contour, level)))


def difference(film: Film, maps: tuple[str, str], agreement: Agreement, look: Look) -> bytes:
    """The difference of two heatmaps over a film as PNG.

    Args:
        film: under it.
        maps: names the two.
        agreement: of the two.
        look: how.
    """
    return _difference((film.sha256, *maps), look.opacity, look.contour, film, agreement)


@st.cache_data(max_entries=32, show_spinner=False)
def _difference(
    key: tuple[str, str, str],  # noqa: ARG001 - names the arrays, which are not hashed
    opacity: float,
    contour: bool,  # noqa: FBT001 - part of the key
    _film: Film,
    _agreement: Agreement,
) -> bytes:
    look = Look(opacity=opacity, contour=contour)
    return render.png(render.difference(_film.grey, _agreement.first, _agreement.second, look, TOP))
