"""Several readings and the maps behind them → whether verdict and evidence are the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from core.certainty.phrases import votes
from core.compare.agreement import Agreement
from core.tasks import Task
from core.words import within

Kind = Literal[
    "one reading", "different verdict", "different evidence", "mixed evidence", "similar evidence", "same verdict"
]


@dataclass(frozen=True, slots=True)
class Opinion:
    """One reading.

    Attributes:
        name: whose, as it is called on screen.
        prediction: the class read.
        share: its probability in words, e.g. ``"82 %"``.
        human: whether a human must read, which then comes first.
    """

    name: str
    prediction: str
    share: str
    human: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of the comparison.

    Attributes:
        kind: in a word.
        title: as a heading.
        says: every reading, and what they have in common, in a sentence or two.
        adds: of that what no reading says by itself; empty where there is nothing.
    """

    kind: Kind
    title: str
    says: str
    adds: str


_PAIR = 2  # of two readings nothing needs to be counted

_TITLES: Mapping[Kind, str] = {
    "one reading": "One reading",
    "different verdict": "Different verdict",
    "different evidence": "Same verdict, different evidence",
    "mixed evidence": "Same verdict, evidence alike in part",
    "similar evidence": "Same verdict, similar evidence",
    "same verdict": "Same verdict",
}


def judge(opinions: Sequence[Opinion], agreements: Sequence[Agreement], task: Task) -> Verdict:
    """Say what several readings have in common.

    Args:
        opinions: one or more.
        agreements: of the maps of different readings for one question; none where nothing can be compared.
        task: whose classes they are of.
    """
    words = task.words
    told = "; ".join(
        f"{one.name}: {'needs a human reader, ' * one.human}{within(words[one.prediction])} {one.share}"
        for one in opinions
    )
    read = [one.prediction for one in opinions]
    kind = _kind(read, agreements)
    counted = f"{votes(read, words)}." if len(read) > _PAIR else ""
    merged, *others = {task.merged[one] for one in read}
    alike = kind == "different verdict" and not others and merged != task.negative
    means = f"Each means {merged.lower()}." if alike else ""
    return Verdict(kind, _TITLES[kind], _joined(counted, f"{told}.", means), _joined(counted, means))


def _kind(read: Sequence[str], agreements: Sequence[Agreement]) -> Kind:
    if len(read) == 1:
        return "one reading"
    if len(set(read)) > 1:
        return "different verdict"
    kinds = {agreement.kind for agreement in agreements}
    if not kinds:
        return "same verdict"
    if "apart" in kinds:
        return "different evidence"
    return "mixed evidence" if "partly" in kinds else "similar evidence"


def _joined(*sentences: str) -> str:
    return " ".join(one for one in sentences if one)
