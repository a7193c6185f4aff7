"""The whole comparison as one page to keep: PNG or PDF, with figures and provenance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import streamlit as st

from core import render
from core.certainty import HUMAN
from core.compare import Bars, Sheet, Tile, Verdict
from core.compare.agreement import TOP
from core.explain import METHODS, shows
from core.render import Look, Rgb
from core.report import UNKNOWN
from core.ui import certainty, exports, guard, state, widgets
from core.ui.compare import believed, panes
from core.ui.compare.panes import Pane
from core.ui.compare.seen import Seen, notes
from core.ui.compare.together import MEANS, Pair
from core.ui.kept import Film
from core.words import DISCLAIMER, percent, within

if TYPE_CHECKING:
    from core.trust.faithful import Faithfulness

_SCALE: Final = 520, 22
"""Width and height of the colour scale, pixels of the page."""


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """What is on the screen.

    Attributes:
        verdict: its heading.
        seen: readings, also those whose maps are not made yet.
        made: panes.
        pairs: how far they agree.
        pair: the one whose difference is shown, if any.
        trusted: how far maps can be believed, of those measured.
        sure: how sure each reading is, a line each.
    """

    verdict: Verdict
    seen: Sequence[Seen]
    made: Sequence[Pane]
    pairs: Sequence[Pair]
    pair: Pair | None
    trusted: Sequence[tuple[Pane, Faithfulness]]
    sure: Sequence[str]


def buttons(shown: Shown) -> None:
    """Downloads of the whole page."""
    # Asked now: what a click starts runs outside the visitor's session, where nothing of it is known.
    drawn, bars = state.look.look(), [_bars(one) for one in shown.seen]
    facts = provenance(shown.seen, shown.made) | {"certainty": " ".join(shown.sure)}

    def sheet() -> Sheet:
        return compose(shown, bars, drawn)

    stem = f"compare-{'-'.join(dict.fromkeys(one.film.key for one in shown.seen))}"
    with st.container(horizontal=True, gap="small"):
        widgets.download("Sheet PNG", lambda: sheet().png(facts), f"{stem}.png", "image/png")
        widgets.download("Sheet PDF", lambda: sheet().pdf(facts), f"{stem}.pdf", "application/pdf")


def provenance(seen: Sequence[Seen], made: Sequence[Pane]) -> dict[str, str]:
    """What must travel with the page, as text."""
    films = dict.fromkeys(one.film.sha256 for one in seen)
    weights = dict.fromkeys(f"{one.checkpoint.name} {one.checkpoint.card.weights_sha256}" for one in seen)
    return {
        "notice": DISCLAIMER,
        "film_sha256": ", ".join(films),
        "weights_sha256": ", ".join(weights),
        "maps": ", ".join(f"{pane.heatmap.model} {pane.heatmap.made} {pane.heatmap.asked}" for pane in made),
        **_caveats(seen),
    }


def _caveats(seen: Sequence[Seen]) -> dict[str, str]:
    """What must be known of the readings, as in every export: under each name a line for every reading that has it."""
    told = {one.name: exports.caveats_of(one.result, certainty.facts(one.checkpoint)).as_texts() for one in seen}
    return {
        key: "\n".join(f"{who}: {texts[key]}" for who, texts in told.items() if texts[key])
        for key in UNKNOWN.as_texts()
    }


def compose(shown: Shown, bars: Sequence[Bars], drawn: Look) -> Sheet:
    """The page, from what is on the screen: ``bars``: its readings; ``drawn``: how overlays are."""
    seen, made, pair = shown.seen, shown.made, shown.pair
    films = {one.film.sha256: one for one in seen}
    tiles: list[Tile] = []
    for sha256, one in films.items():
        size = f"{one.film.width:,} x {one.film.height:,} px, {one.checkpoint.task.image} {one.film.key}"
        tiles.append(Tile(f"{one.hangs.title}{one.of}", _colour(one.film), (size,)))
        tiles += [_tile(pane, drawn) for pane in made if pane.seen.film.sha256 == sha256]
        if pair is not None and sha256 == seen[0].film.sha256:
            tiles.append(_difference(pair, drawn))  # in the first film's row whichever it is over: so each has a row
    return Sheet(
        title=shown.verdict.title,
        says=shown.verdict.says,
        bars=bars,
        tiles=tiles,
        figures=[
            *([" ".join([pair.says, *pair.caveats])] if pair else []),
            *(_figures(one) for one in shown.pairs),
            *([MEANS] if shown.pairs else []),
            *(believed.line(one, figures) for one, figures in shown.trusted),
            *([believed.MEANS] if shown.trusted else []),
        ],
        foot=[*shown.sure, *_foot(seen, made)],
        scale=render.scale_bar(drawn, *_SCALE) if any(pane.why_not is None for pane in made) else None,
    )


def _colour(film: Film) -> Rgb:
    return np.repeat(film.grey[:, :, None], 3, axis=2)


def _bars(one: Seen) -> Bars:
    words = one.checkpoint.task.words
    title = f"{one.title}, {one.which}" if one.letter else one.title
    shares = {words[label]: share for label, share in one.by_class.items()}
    first = HUMAN * one.human, guard.caution(one.result)
    return Bars(title, f"{words[one.prediction]} {one.share}", shares, tuple(filter(None, first)))


def _tile(pane: Pane, drawn: Look) -> Tile:
    called, heatmap = pane.seen.checkpoint.task.words, pane.heatmap
    if pane.why_not:
        return Tile(pane.title, None, (widgets.plain(pane.why_not),))
    what = shows(heatmap, lambda name: within(called[name]))
    scale = f"scale up to {pane.top}" if pane.top else "own scale"
    lines = [
        f"{METHODS[heatmap.method].title}: {what}, {scale}",
        heatmap.place + (f", line at {percent(drawn.level)}" if drawn.contour else ""),
    ]
    lines += [said for said in (heatmap.note, panes.inside(pane)) if said]
    return Tile(pane.title, render.overlay(pane.seen.film.grey, pane.drawn.values, drawn), tuple(lines))


def _difference(pair: Pair, drawn: Look) -> Tile:
    picture = render.difference(pair.first.seen.film.grey, pair.agreement.first, pair.agreement.second, drawn, TOP)
    lines = f"Orange: {pair.first.title} is hotter. Blue: {pair.second.title} is.", pair.over
    return Tile("Difference", picture, tuple(filter(None, lines)))


def _figures(pair: Pair) -> str:
    found = pair.agreement
    return f"{pair.title}: Spearman {found.spearman:z.2f}, overlap {found.overlap:.2f}"


def _foot(seen: Sequence[Seen], made: Sequence[Pane]) -> list[str]:
    networks = {one.checkpoint.name: one.checkpoint for one in seen}
    films = {one.film.sha256: one for one in seen}.values()
    task = seen[0].checkpoint.task
    scales = (
        "Maps that can be compared share a scale" if made[0].scale else "Every map is scaled to its own strongest place"
    )
    return [
        *(
            f"{name}: weights sha256 {one.card.weights_sha256}, temperature {one.card.temperature:.2f}"
            for name, one in networks.items()
        ),
        *(_film(one) for one in films),
        *guard.lines(((one.name, one.result) for one in seen), task.image),
        f"{scales}. {exports.WINDOW.format(task.image)} {notes(seen)}",
        f"Trained on: {task.population}",
        f"PneumoLens. {DISCLAIMER}",
    ]


def _film(one: Seen) -> str:
    """Which film; of a mended one also the file it was made from, for that itself is no file."""
    original = one.result.upload.original
    source = f", made from sha256 {original}" if original else ""
    name = f"{one.checkpoint.task.image.capitalize()} {one.letter}".strip()
    return f"{name}: sha256 {one.film.sha256}{source}"
