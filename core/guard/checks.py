"""CHECKS: what is looked at before a film is read, and from which figure on it matters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.guard.seen import Seen
from core.table import Table
from core.tasks import TASKS
from core.xray import CHEST, FRONTAL


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at.

    Attributes:
        name: key in CHECKS.
        measure: the figure, higher is worse; ``None`` where it cannot be told. The text is the task's name.
        caution: from this figure on the reading gets a warning; ``None``: never, or the network's statistics say.
        refuse: from this figure on there is no reading; ``None`` as above.
        saw: what was seen, in words; ``{stranger}`` is whom the task's networks do not know.
        figure: how the figure is written, a format; ``None`` for what is or is not.
        advice: what to do about it; ``{knows}`` is whom they know.
    """

    name: str
    measure: Callable[[Seen, str], float | None]
    caution: float | None
    refuse: float | None
    saw: str
    figure: str | None
    advice: str


# Limits of the image are well above what any of 553 validation films has; probabilities are caution where likelier than
# not, refusal where nearly sure; those of features belong to each network.
CHECKS: Table[Check] = Table(
    "check",
    Check(
        "colour", lambda seen, _: seen.facts.colour, None, 0.06, "The image is in colour", "colour {:.2f}",
        "X-ray films are grey. Choose the film itself, not a photograph or a screenshot.",
    ),
    Check(
        "aspect", lambda seen, _: seen.aspect, 2.5, 3.5, "The image is very long", "sides 1 : {:.2f}",
        "Crop it to the chest.",
    ),
    Check(
        "constant", lambda seen, _: seen.constant, 0.45, 0.6, "Much of the image is one even grey",
        "share {:.2f}",
        "Pages, charts and drawings look like that. Choose a film, and crop wide borders.",
    ),
    Check(
        "rough", lambda seen, _: seen.rough, 0.18, 0.25, "The image is grainy all over", "grain {:.2f}",
        "Noise and textures look like that. Export the film again.",
    ),
    Check(
        "body part", lambda seen, _: float(seen.facts.body_part not in (None, *CHEST)), None, 1,
        "The file's header says that this is not a chest", None,
        "Choose a chest film, or have the header put right.",
    ),
    Check(
        "view", lambda seen, _: float(seen.facts.view not in (None, *FRONTAL)), 1, None,
        "The file's header says that this is no frontal view", None,
        "The networks know frontal films only. Use the frontal film.",
    ),
    Check(
        "age", lambda seen, task: float(seen.facts.age_group not in (None, TASKS[task].age_group)), 1, None,
        "The file's header says that the patient is {stranger}", None,
        "This network knows {knows}. Expect false alarms.",
    ),
    Check(
        "orientation", lambda seen, _: seen.posture.turned if seen.posture else None, 0.5, 0.9,
        "The film does not seem to lie upright", "probability {:.2f}",
        "Readings of turned films mean nothing. Turn it, or read it as it is if it is upright.",
    ),
    Check(
        "polarity", lambda seen, _: seen.posture.inverted if seen.posture else None, 0.5, 0.9,
        "The film looks inverted: bone dark, air bright", "probability {:.2f}",
        "Readings of inverted films mean nothing. Invert it, or read it as it is if bone is bright.",
    ),
    Check(
        "lungs", lambda seen, _: float(not seen.lungs.plausible) if seen.lungs else None, 1, None,
        "No plausible pair of lungs is seen", None,
        "Check that it is a frontal chest film with both lungs on it.",
    ),
    Check(
        "distance", lambda seen, _: seen.distance, None, None,
        "The film is unlike those the network was trained on", "{:.2f} times the usual distance",
        "Check that it is an upright frontal chest film of the population named on the card.",
    ),
    Check(
        "population", lambda seen, _: seen.population, None, None,
        "The film looks as if it were of another population, such as {stranger}", "log odds {:z.2f}",
        "This network knows {knows}. Expect false alarms.",
    ),
)  # fmt: skip
