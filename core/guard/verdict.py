"""Accepted, caution, refused or unknown, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from core.guard.checks import CHECKS, Check
from core.guard.known import Known
from core.guard.seen import Seen
from core.tasks import OWN, TASKS

Name = Literal["accepted", "caution", "refused", "unknown"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One check that did not pass.

    Attributes:
        check: key in CHECKS.
        value: its figure.
        limit: which it reached.
        refuses: whether that limit is the one of refusal.
        task: key in TASKS, of the network.
    """

    check: str
    value: float
    limit: float
    refuses: bool
    task: str

    def __str__(self) -> str:
        """What was seen, figure and limit, and what to do."""
        return f"{self.saw} {self.advice}"

    @property
    def saw(self) -> str:
        """What was seen, with figure and limit, as a sentence."""
        row, task = CHECKS[self.check], TASKS[self.task]
        same = f"{self.value:z.2f}" == f"{self.limit:z.2f}"  # as read: two equal figures would explain nothing
        limit = "just at the limit" if same else f"limit {self.limit:z.2f}"
        against = f" ({row.figure.format(self.value)}; {limit})" if row.figure else ""
        saw = row.saw.format(stranger="an adult" if task.age_group == "child" else "a child")
        return f"{saw}{against}."

    @property
    def advice(self) -> str:
        """What to do, as a sentence."""
        return CHECKS[self.check].advice.format(knows=TASKS[self.task].knows)


@dataclass(frozen=True, slots=True)
class Verdict:
    """On one film and one network.

    Attributes:
        name: ``accepted``; ``caution``: read with a warning; ``refused``: not read unless somebody insists;
            ``unknown``: nothing speaks against it, but the network has no statistics to tell by, or the small network
            that sees how films lie is not here.
        reasons: why, refusals first; empty when accepted.
        score: the highest figure as a share of its limit of refusal; higher is less like a film that is known.
    """

    name: Name
    reasons: tuple[Reason, ...]
    score: float

    @property
    def refused(self) -> bool:
        """Whether there should be no reading."""
        return self.name == "refused"

    @property
    def caution(self) -> bool:
        """Whether a reading needs a warning, also one made against a refusal."""
        return self.name in ("caution", "refused")

    @property
    def says(self) -> str:
        """All reasons, as sentences."""
        return " ".join(map(str, self.reasons))

    def facts(self, *, read: bool) -> dict[str, Any]:
        """For programs: verdict, reasons, score, and whether a refused film was read all the same.

        Args:
            read: whether there is a reading.
        """
        return {
            "verdict": self.name,
            "reasons": [
                {"check": one.check, "value": round(one.value, 4), "limit": round(one.limit, 4), "says": str(one)}
                for one in self.reasons
            ],
            "score": round(self.score, 4),
            "read_anyway": self.refused and read,
        }


def judge(seen: Seen, task: str, known: Known | None) -> Verdict:
    """The verdict on a film.

    Args:
        seen: the film, with :meth:`Known.beside` where there are statistics.
        task: of the network. Images for networks of somebody else's classes are never refused: they may be anything.
        known: statistics of the network, if it has any.
    """
    if task == OWN:
        return Verdict("unknown", (), 0.0)
    reasons: list[Reason] = []
    score = 0.0
    for check in CHECKS.values():
        value = check.measure(seen, task)
        if value is None:
            continue
        caution, refuse = _limits(check, known)
        if refuse:
            score = max(score, value / refuse)
        if refuse is not None and value >= refuse:
            reasons.append(Reason(check.name, value, refuse, refuses=True, task=task))
        elif caution is not None and value >= caution:
            reasons.append(Reason(check.name, value, caution, refuses=False, task=task))
    reasons.sort(key=lambda reason: not reason.refuses)
    return Verdict(_name(reasons, seen, known), tuple(reasons), score)


def _limits(check: Check, known: Known | None) -> tuple[float | None, float | None]:
    if known is not None and check.name in known.limits:
        return known.limits[check.name]
    return check.caution, check.refuse


def _name(reasons: Sequence[Reason], seen: Seen, known: Known | None) -> Name:
    if any(reason.refuses for reason in reasons):
        return "refused"
    if reasons:
        return "caution"
    return "unknown" if known is None or seen.posture is None else "accepted"
