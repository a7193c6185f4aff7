"""A folder of X-rays → an index: which film shows what, in which split, of which patient.

Two layouts are understood. The one people download (Kermany et al. 2018)::

    train|test / NORMAL|PNEUMONIA / IM-0115-0001.jpeg | person1_bacteria_1.jpeg | person1000_virus_1681.jpeg

where, for its task, the names tell bacterial from viral; and plain folders, one per class: ``train|test / CLASS / any
name``. Without ``train`` and ``test`` folders the films have no split, until one is drawn
(:mod:`core.dataset.splitting`). ``valid`` and ``validation`` are other names of ``val``.

Who is on a film is read off its name where names are known to say so: the public pneumonia set (``IM-0115-0001`` for
its task only, such names being common), NIH ChestX-ray (patient number first), and the figures of publications that
make up the public COVID-19 set, where all films of one publication or case count as one patient. Anywhere else every
film counts as a patient of its own.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core.errors import DataError
from core.tasks import Task
from core.xray import marked_dicom

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".dcm", ".dicom"})
_CONTENTS = "DICOMDIR"
SPLITS = ("train", "val", "test")
_CALLED = {name: name for name in SPLITS} | {"valid": "val", "validation": "val"}

_KERMANY_TASK = "pneumonia"
_KERMANY = re.compile(r"^(?P<patient>person\d+)_(?P<label>bacteria|virus)_\d+", re.IGNORECASE)
_KERMANY_NORMAL = re.compile(r"^(?P<patient>(?:NORMAL2-)?IM-\d+)-\d+", re.IGNORECASE)
_NIH = re.compile(r"^(?P<patient>000\d{5})_\d{3}(?!\d)")
_COVID = re.compile(
    r"^(?P<patient>1-s2\.0-S\d+|1\.CXRCT[^.]*|41591_\d+_\d+|all\d+|auntminnie|ciaa\d+"
    r"|covid-19-(?:pneumonia-)?(?:\d+|evolution-over-a-week-\d+|rapidly-progressive)|figure1-[0-9a-f]+|jkms-\d+-e\d+"
    r"|kjr-\d+-e\d+|lancet-case\d+|nejmo?[ac]\d+|(?:nCoV-)?(?:radiol|ryct)\.\d+)(?![0-9])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Film:
    """One row of an index.

    Attributes:
        path: where the file is.
        file: path below the data folder, with forward slashes; names the film in tables.
        label: class, one of the task's.
        split: "train", "val", "test", or "" where the folder has no splits.
        patient: who is on it. The public pneumonia set counts its numbers per class and split, so these are part of it.
        named: whether the file's name says who that is; otherwise the film counts as a patient of its own.
    """

    path: Path
    file: str
    label: str
    split: str
    patient: str
    named: bool = True

    @property
    def person(self) -> str:
        """Who is on it, for tables that others read; "" where that is not known."""
        return self.patient if self.named else ""


def is_film(path: Path) -> bool:
    """Whether a file is a film: by its suffix or, as PACS export films without one, by its content.

    Hidden files and a medium's table of contents (DICOMDIR) are none.
    """
    if path.name.startswith(".") or path.name == _CONTENTS:
        return False
    return path.suffix.lower() in SUFFIXES or marked_dicom(path)


def films_below(root: Path) -> list[Path]:
    """All films below a folder, sorted; also those in folders that are linked to, but none in hidden ones.

    Raises:
        DataError: there is no such folder.
    """
    if not root.is_dir():
        raise DataError(f"There is no folder {root}. Give one that holds films.")
    return sorted(filter(is_film, _files_below(root, {root.resolve()})))


def index(root: Path, task: Task) -> list[Film]:
    """All films below ``root`` that belong to a class of ``task``, sorted by file.

    Raises:
        DataError: there is no such folder, or no film of the task in it.
    """
    films = [film for path in films_below(root) for film in [film_at(path, root, task)] if film is not None]
    if not films:
        raise DataError(
            f"No film of the task '{task.name}' in {root}. Expected train/ and test/ with one folder per class "
            f"({', '.join(task.classes)}), or the layout of the public pneumonia set."
        )
    return films


def classes_in(root: Path) -> tuple[str, ...]:
    """The names of all folders that hold films, sorted: the classes of data that are of no task of ours.

    Raises:
        DataError: there is no such folder, there are fewer than two, or one beside them holds no film.
    """
    holders = {path.parent for path in films_below(root)} - {root}
    names = {folder.name for folder in holders}
    splits = {name for name in names if name.lower() in _CALLED}
    classes = names - splits
    if len(classes) < 2:  # noqa: PLR2004
        taken = (
            f" {' and '.join(sorted(splits))} counts as a split: call it otherwise if it is a class." if splits else ""
        )
        raise DataError(
            f"{root} holds {len(classes)} folders of films. Give one with a folder for every class, two or more.{taken}"
        )
    if empty := _empty_beside(holders) - classes:
        raise DataError(
            f"{root} holds folders of films and, beside them, {' and '.join(sorted(empty))} without any. Put films of "
            "its class into each, or take it away."
        )
    return tuple(sorted(classes))


def left_out(root: Path, task: Task) -> Mapping[str, int]:
    """Folder → number of its films that are of no class of the task, and so in no index."""
    return Counter(path.parent.name for path in films_below(root) if film_at(path, root, task) is None)


def says_left_out(left: Mapping[str, int], task: Task) -> list[str]:
    """What is said of films that :func:`left_out` counts, a line for each folder."""
    classes = ", ".join(task.classes)
    return [
        f"left out: {count} films in '{folder}', which is none of the classes {classes}"
        for folder, count in left.items()
    ]


def is_named_as_published(film: Film) -> bool:
    """Whether its file is called as those of the public sets are."""
    return any(pattern.match(film.path.name) for pattern in (_KERMANY, _KERMANY_NORMAL, _NIH, _COVID))


def of_split(films: Iterable[Film], split: str) -> list[Film]:
    """The films of one split.

    Raises:
        DataError: there are none; the message lists the splits there are.
    """
    films = list(films)
    chosen = [film for film in films if film.split == split]
    if not chosen:
        have = ", ".join(sorted({film.split or "(none)" for film in films}))
        raise DataError(
            f"The data have no '{split}' split (found: {have}). Add a folder '{split}' with the classes in it or, "
            "where the command takes --split, give one that there is, '' where there is none."
        )
    return chosen


def counts(films: Iterable[Film], task: Task) -> Mapping[str, dict[str, int]]:
    """Split → class → number of films; classes in the task's order."""
    tally = Counter((film.split, film.label) for film in films)
    splits = sorted({split for split, _ in tally}, key=(*SPLITS, "").index)
    return {split: {label: tally[split, label] for label in task.classes} for split in splits}


def fingerprint(files: Iterable[tuple[str, str]]) -> str:
    """sha256 over ``(file, sha256 of its bytes)``, in order of file: changes when any film does."""
    digest = hashlib.sha256()
    for file, sha256 in sorted(files):
        digest.update(f"{file}\t{sha256}\n".encode())
    return digest.hexdigest()


def film_at(path: Path, root: Path, task: Task) -> Film | None:
    """A file as a row of an index; ``None`` where it is of no class of the task."""
    parts = path.relative_to(root).parts
    split = next((_CALLED[part.lower()] for part in parts[:-1] if part.lower() in _CALLED), "")
    named = _KERMANY.match(path.name) if task.name == _KERMANY_TASK else None
    label = named["label"].upper() if named else _class_of_folder(path.parent.name, task)
    if label is None:
        return None
    person = _person(path.name, split, label, task)
    return Film(path, "/".join(parts), label, split, person or _alone(path, parts, split, label), bool(person))


def _files_below(folder: Path, known: set[Path]) -> Iterator[Path]:
    """All files but those in hidden folders, once each: no link leads to what lies in a folder that is ``known``."""
    with suppress(PermissionError):  # what is not ours to read is passed over, as by glob
        for path in folder.iterdir():
            if not path.is_dir():
                yield path
                continue
            real = path.resolve()
            linked = path.is_symlink()
            if path.name.startswith(".") or (linked and any(real.is_relative_to(one) for one in known)):
                continue
            if linked:
                known.add(real)
            yield from _files_below(path, known)


def _empty_beside(holders: Collection[Path]) -> set[str]:
    """The names of folders beside those that hold films and without any, but hidden ones, links and splits."""
    beside = {
        folder
        for place in {holder.parent for holder in holders}
        for folder in place.iterdir()
        if folder.is_dir() and not folder.is_symlink()
    }
    full = {folder for holder in holders for folder in (holder, *holder.parents)}
    names = {folder.name for folder in beside - full}
    return {name for name in names if not name.startswith(".") and name.lower() not in _CALLED}


def _person(name: str, split: str, label: str, task: Task) -> str:
    """Who is on a film, by its file's name; "" where that does not say."""
    if nih := _NIH.match(name):
        return nih["patient"]  # one numbering for the whole set: the same child in two classes is one patient
    if label == "COVID-19" and (case := _COVID.match(name)):
        return f"{label}/{case['patient'].lower()}"  # a publication is the same one in every split
    person = _KERMANY.match(name)
    if task.name == _KERMANY_TASK:  # viewers, too, call what they export IM-0001-0007: series 1, image 7
        person = person or _KERMANY_NORMAL.match(name)
    return "/".join(part for part in (split, label, person["patient"].lower()) if part) if person else ""


def _alone(path: Path, parts: Sequence[str], split: str, label: str) -> str:
    """A patient of its own: as any other film of that name in another folder of the class is, too."""
    above = [part for part in parts[:-2] if part.lower() not in _CALLED]
    name = path.stem if path.suffix.lower() in SUFFIXES else path.name  # "1.2.840.9" has no suffix ".9"
    return "/".join(part for part in (split, label, *above, name) if part)


def _class_of_folder(name: str, task: Task) -> str | None:
    """The class that a folder is called after: to the letter, or else in the one way that can be meant."""
    for form in (str, str.casefold, _plain):
        found = [label for label in task.classes if form(label) == form(name) != ""]
        if len(found) == 1:
            return found[0]
    return None


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower()).removesuffix("s")
