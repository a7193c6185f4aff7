"""TASKS: label sets as data. A task asks one question and names the classes that answer it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from core.errors import UnknownNameError


@dataclass(frozen=True, slots=True)
class Task:
    """A label set with a question.

    Attributes:
        name: key in :data:`TASKS` and first part of a checkpoint's name.
        question: what the classes answer, in words.
        classes: class names, in the order of the logits.
        words: class name → short words for people ("Bacterial pneumonia").
        merged: class name → coarser class, for the two-class figures; the negative one is named first.
        population: on whom networks of this task were trained; shown beside every reading.
    """

    name: str
    question: str
    classes: tuple[str, ...]
    words: Mapping[str, str]
    merged: Mapping[str, str]
    population: str

    @property
    def merged_classes(self) -> tuple[str, ...]:
        """The coarser classes; the negative one first."""
        return tuple(dict.fromkeys(self.merged.values()))

    @property
    def negative(self) -> str:
        """The merged class that means "nothing found"."""
        return self.merged_classes[0]


def _table(*tasks: Task) -> Mapping[str, Task]:
    table: dict[str, Task] = {}
    for row in tasks:
        if row.name in table:
            raise ValueError(f"two tasks are called {row.name!r}")
        table[row.name] = row
    return MappingProxyType(table)


TASKS: Mapping[str, Task] = _table(
    Task(
        name="pneumonia",
        question="Is there pneumonia, and is it bacterial or viral?",
        classes=("NORMAL", "BACTERIA", "VIRUS"),
        words=MappingProxyType(
            {"NORMAL": "No pneumonia", "BACTERIA": "Bacterial pneumonia", "VIRUS": "Viral pneumonia"}
        ),
        merged=MappingProxyType({"NORMAL": "NORMAL", "BACTERIA": "PNEUMONIA", "VIRUS": "PNEUMONIA"}),
        population=(
            "Children of 1 to 5 years, frontal (anterior-posterior) view, one hospital in Guangzhou, China "
            "(Kermany et al. 2018). On adults expect many false alarms: the specificity of a similar model fell from .96 to .47."
        ),
    ),
    Task(
        name="covid",
        question="Does the film look like COVID-19, another pneumonia, or neither?",
        classes=("COVID-19", "NO_FINDING", "PNEUMONIA"),
        words=MappingProxyType(
            {"COVID-19": "COVID-19 pneumonia", "NO_FINDING": "No finding", "PNEUMONIA": "Other pneumonia"}
        ),
        merged=MappingProxyType({"NO_FINDING": "OTHER", "COVID-19": "COVID-19", "PNEUMONIA": "OTHER"}),
        population=(
            "Adults, frontal view, mixed sources (Ozturk et al. 2020). COVID-19 films come from other hospitals than "
            "the rest: a network can learn the source instead of the disease."
        ),
    ),
)


def task(name: str) -> Task:
    """The task called ``name``.

    Raises:
        UnknownNameError: there is none; the message lists those that exist.
    """
    try:
        return TASKS[name]
    except KeyError:
        raise UnknownNameError("task", name, TASKS) from None
