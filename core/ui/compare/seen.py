"""Readings of the chosen films by the chosen networks. Every network runs once per film, whatever is shown of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from core.checkpoint import Checkpoint
from core.compare.places import sides
from core.errors import PneumoLensError
from core.ui import cache, certainty, guard, hanging, widgets
from core.ui.compare.choice import Choice, titles
from core.ui.hanging import Hanging
from core.ui.kept import Film, Result
from core.ui.state import Upload
from core.words import probability

if TYPE_CHECKING:
    from core.classifier import Reading


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One film read by one network.

    Attributes:
        result: with a reading.
        film: for the screen.
        checkpoint: whose network.
        title: what the network is called.
        letter: of the film, where there are two; else empty.
    """

    result: Result
    film: Film
    checkpoint: Checkpoint
    title: str
    letter: str

    @property
    def name(self) -> str:
        """What tells this reading from the others."""
        return f"{self.checkpoint.task.image.capitalize()} {self.letter}" if self.letter else self.title

    @property
    def which(self) -> str:
        """Which film it is of, where there are two; else empty."""
        return f"{self.checkpoint.task.image} {self.letter}" if self.letter else ""

    @property
    def of(self) -> str:
        """The same behind a noun."""
        return f" of {self.which}" if self.letter else ""

    @property
    def key(self) -> tuple[str, str]:
        """sha256 of the film, key of the checkpoint."""
        return self.film.sha256, self.checkpoint.key

    @property
    def hangs(self) -> Hanging:
        """How the film came to hang as it does."""
        return hanging.of(self.result.upload, self.checkpoint.task, self.film.facts)

    @property
    def prediction(self) -> str:
        """The class read."""
        return self._reading.prediction

    @property
    def by_class(self) -> Mapping[str, float]:
        """Class → probability, calibrated: networks are compared by what their percentages mean."""
        return self._reading.by_class

    @property
    def share(self) -> str:
        """Probability of the class read, in words."""
        return probability(self.by_class[self.prediction])

    @property
    def human(self) -> bool:
        """Whether a human must read."""
        return certainty.defers(self.result, self.checkpoint)

    @property
    def _reading(self) -> Reading:
        assert self.result.reading is not None  # noqa: S101 - Seen is made of readings
        return self.result.reading


def read(chosen: Choice) -> list[Seen]:
    """Read what is chosen, saying what takes time and what cannot be read."""
    called = titles(chosen.backbones)
    seen = []
    refused: dict[str, list[guard.Refused]] = {}
    broken: dict[str, Result] = {}
    for checkpoint in chosen.backbones:
        try:
            results = guard.screened(_read(checkpoint, chosen.films), checkpoint)
        except PneumoLensError as error:
            widgets.say(error, f"{called[checkpoint.name]} cannot be loaded.")
            continue
        for place, result in enumerate(results):
            letter = "AB"[place] if len(results) > 1 else ""
            if result.reading is not None:
                seen.append(Seen(result, cache.film(result.upload), checkpoint, called[checkpoint.name], letter))
            elif guard.refused(result):
                one = guard.Refused(result, checkpoint, called[checkpoint.name])
                refused.setdefault(result.upload.sha256, []).append(one)
            else:
                broken.setdefault(result.upload.sha256, result)
    for result in broken.values():
        widgets.say(str(result.error), f"{widgets.verbatim(result.upload.name)} cannot be read.")
    for found in refused.values():
        _refused(found)
    widgets.device_notice()
    return seen


def notes(seen: Sequence[Seen]) -> str:
    """What must be known of the films' sides, and of places on maps: of each film, or once where all hang alike."""
    task = seen[0].checkpoint.task
    hung = {one.name: one.hangs.sides for one in seen if one.letter}
    differ = len(set(hung.values())) > 1
    said = [f"{film}: {how}" for film, how in hung.items()] if differ else [seen[0].hangs.sides]
    return " ".join([*said, sides(task), widgets.evidence(task)])


def _refused(found: Sequence[guard.Refused]) -> None:
    """A film that is refused for some of the networks, in one panel."""
    upload, who = found[0].result.upload, ", ".join(one.title for one in found)
    they = "they know" if len(found) > 1 else "it knows"
    name = widgets.verbatim(upload.name)
    guard.panel(found, f"Not read by {who}: {name} does not look like a film {they}.", f"_{upload.sha256[:12]}")


def _read(checkpoint: Checkpoint, films: Sequence[Upload]) -> list[Result]:
    widgets.load(checkpoint)
    with st.spinner(f"{checkpoint.title} reads …"):
        return cache.read(checkpoint, films, lambda *_: None)
