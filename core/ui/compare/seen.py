"""Readings of the chosen films by the chosen networks. Every network runs once per film, whatever is shown of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from core.checkpoint import Checkpoint
from core.errors import PneumoLensError
from core.ui import cache, cutoff, guard, widgets
from core.ui.compare.choice import Choice, titles
from core.ui.kept import Film, Result
from core.ui.state import Upload
from core.words import probability


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One film read by one network.

    Attributes:
        result: with a reading.
        film: for the screen.
        checkpoint: whose network.
        title: what the network is called.
        letter: of the film, where there are two; else empty.
        by_class: class → probability, calibrated or not as the visitor chose.
    """

    result: Result
    film: Film
    checkpoint: Checkpoint
    title: str
    letter: str
    by_class: Mapping[str, float]

    @property
    def name(self) -> str:
        """What tells this reading from the others."""
        return f"Film {self.letter}" if self.letter else self.title

    @property
    def key(self) -> tuple[str, str]:
        """sha256 of the film, key of the checkpoint."""
        return self.film.sha256, self.checkpoint.key

    @property
    def prediction(self) -> str:
        """The class read."""
        assert self.result.reading is not None  # noqa: S101 - Seen is made of readings
        return self.result.reading.prediction

    @property
    def share(self) -> str:
        """Probability of the class read, in words."""
        return probability(self.by_class[self.prediction])


def read(chosen: Choice) -> list[Seen]:
    """Read what is chosen, saying what takes time and what cannot be read."""
    called = titles(chosen.backbones)
    seen = []
    for checkpoint in chosen.backbones:
        try:
            results = guard.screened(_read(checkpoint, chosen.films), checkpoint)
        except PneumoLensError as error:
            widgets.say(error, f"{called[checkpoint.name]} cannot be loaded.")
            continue
        for place, result in enumerate(results):
            letter = "AB"[place] if len(results) > 1 else ""
            if result.reading is not None:
                by_class = cutoff.shares(result.reading)
                film = cache.film(result.upload)
                seen.append(Seen(result, film, checkpoint, called[checkpoint.name], letter, by_class))
            elif result.verdict is not None:
                _refused(result, checkpoint, called[checkpoint.name])
            elif checkpoint is chosen.backbones[0]:
                widgets.say(str(result.error), f"{widgets.verbatim(result.upload.name)} cannot be read.")
    if cache.device_notice():
        st.warning(cache.device_notice(), icon=":material/memory:")
    return seen


def _refused(result: Result, checkpoint: Checkpoint, title: str) -> None:
    """A film that the guard refuses for one network, and the button that has it read all the same."""
    with st.container(key=f"refused_{checkpoint.name}_{result.upload.sha256[:12]}"):
        widgets.say(str(result.error), f"{title}: {widgets.verbatim(result.upload.name)}.")
        guard.insist(result, checkpoint, f"_{checkpoint.name}_{result.upload.sha256[:12]}")


def _read(checkpoint: Checkpoint, films: Sequence[Upload]) -> list[Result]:
    title = widgets.title_of(checkpoint)
    if not cache.is_loaded(checkpoint):
        with st.spinner(f"Loading {title} (first time) …"):
            cache.load(checkpoint)
    with st.spinner(f"{title} reads …"):
        return cache.read(checkpoint, films, lambda *_: None)
