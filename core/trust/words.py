"""What the figures of one map say, in sentences for people."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from core.trust.faithful import TOLD, Beside, Faithfulness
from core.trust.sanity import Step
from core.trust.scores import CHANCE, NOTABLE, SCORES
from core.trust.stable import Stability
from core.words import percent, probability, within

LITTLE: Final = 0.05
"""Probability from which on it can be seen to fall."""

STEADY: Final = 0.9
FORGOTTEN: Final = 0.5
"""Rank correlations from which a map is called steady, and above which it hardly noticed that a network forgot."""


def removal(found: Faithfulness, name: str) -> str:
    """What becomes of the probability of what is called ``name`` when a tenth of the film is smoothed away."""
    share = percent(TOLD)
    return (
        f"Smoothing away the marked {share} takes {name} from {probability(found.before)} to "
        f"{probability(found.after.marked)}; a random {share}: to {probability(found.after.random)}; the middle "
        f"{share}: to {probability(found.after.blob)}."
    )


def verdict(found: Faithfulness) -> str:
    """In how many of the figures the map beats what knows nothing of the film."""
    if found.before < LITTLE:
        return (
            f"On the whole film there are only {probability(found.before)} to lose: too little to fall when places are "
            "taken away, so the figures say nothing of this map."
        )
    better = [name for name in SCORES if beats(name, getattr(found, name))]
    if len(better) == len(SCORES):
        return "By every figure the map is better than a random one and than the centre of the film."
    if not better:
        return "By none of the figures is the map better than both a random one and the centre: do not rely on it."
    titles = " and ".join(within(SCORES[name].title) for name in better)
    return f"Only by {titles} is the map better than a random one and than the centre of the film."


def beats(name: str, figure: Beside) -> bool:
    """Whether a map is better than both of its rivals, by the figure called ``name``, and more than chance makes it."""
    sign = 1 if SCORES[name].higher else -1
    return sign * (figure.marked - figure.random) > CHANCE and sign * (figure.marked - figure.blob) > NOTABLE


def steadiness(found: Stability) -> str:
    """Whether the map stays where it is."""
    parts = f"{_number(found.noise)} under a little noise, {_number(found.turn)} when turned by one degree"
    if math.isnan(found.noise) or math.isnan(found.turn):
        return f"Similarity of the map: {parts}: under such a change it vanishes."
    steady = min(found.noise, found.turn) >= STEADY
    return f"Similarity of the map: {parts} (1 is the same): it {'stays' if steady else 'does not stay'} where it is."


def learnt(steps: Sequence[Step]) -> str:
    """Whether the map depends on what was learnt."""
    last = steps[-1].similarity
    if math.isnan(last):
        return "Networks that forgot everything have no map of this film at all: whether it depends on that stays open."
    if last > FORGOTTEN:
        return (
            f"With networks that forgot everything the map is still much the same (similarity {last:z.2f}): it shows "
            "the film more than what the network learnt."
        )
    return "With networks that forgot everything the map is another one: it depends on what was learnt."


def _number(value: float) -> str:
    return "none" if math.isnan(value) else f"{value:z.2f}"
