"""TASKS: label sets as data. A task asks one question and names the classes that answer it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from core.table import Table

NEGATIVE, POSITIVE = 0, 1
"""Places of the two merged classes."""


@dataclass(frozen=True, slots=True)
class Task:
    """A label set with a question.

    Attributes:
        name: key in :data:`TASKS` and first part of a checkpoint's name.
        title: how it is written on screen.
        question: what the classes answer, in words.
        classes: class names, in the order of the logits.
        words: class name → short words for people ("Bacterial pneumonia").
        merged: class name → coarser class, for the two-class figures; the negative one is named first.
        age_group: of the patients whom networks of this task know, "child" or "adult"; "" where nobody can say.
        knows: the same in a few words.
        population: on whom networks of this task were trained; shown beside every reading.
        data: the public data set, by name and reference.
        licence: of its films, in a clause that goes on after that of the weights.
        limits: what networks of this task must not be used for, and how they are known to fail.
        citation: whom to cite.
    """

    name: str
    title: str
    question: str
    classes: tuple[str, ...]
    words: Mapping[str, str]
    merged: Mapping[str, str]
    age_group: str
    knows: str
    population: str
    data: str
    licence: str
    limits: tuple[str, ...]
    citation: str

    @property
    def merged_classes(self) -> tuple[str, ...]:
        """The coarser classes; the negative one first."""
        return tuple(dict.fromkeys(self.merged.values()))

    @property
    def merged_places(self) -> tuple[int, ...]:
        """For each class, in order, the position of its coarser class."""
        return tuple(self.merged_classes.index(self.merged[name]) for name in self.classes)

    @property
    def sure_places(self) -> tuple[int, ...]:
        """For each class, the position of its group among those that labels can be relied on to tell apart.

        The merged classes; of classes of one's own nobody knows which are easily mistaken, so each is its own group.
        """
        return tuple(range(len(self.classes))) if self.name == OWN else self.merged_places

    @property
    def negative(self) -> str:
        """The merged class that means "nothing found"."""
        return self.merged_classes[NEGATIVE]

    @property
    def positive(self) -> str:
        """The merged class that means "something found"."""
        return self.merged_classes[POSITIVE]

    @property
    def coarser(self) -> bool:
        """Whether some of its classes are known to be one and the same, merged; of classes of one's own nobody said."""
        return self.name != OWN and len(self.merged_classes) < len(self.classes)

    def word(self, name: str) -> str:
        """A class, or a coarser one, in words."""
        return self.words.get(name) or name.replace("_", " ").capitalize()

    @property
    def chest(self) -> bool:
        """Whether its images are films of a chest, with lungs and a patient's right; of others nothing is known."""
        return self.name != OWN

    @property
    def image(self) -> str:
        """What one of its images is called in a sentence."""
        return "film" if self.chest else "image"


TASKS: Table[Task] = Table(
    "task",
    Task(
        name="pneumonia",
        title="Pneumonia",
        question="Is there pneumonia, and is it bacterial or viral?",
        classes=("NORMAL", "BACTERIA", "VIRUS"),
        words=MappingProxyType(
            {"NORMAL": "No pneumonia", "BACTERIA": "Bacterial pneumonia", "VIRUS": "Viral pneumonia"}
        ),
        merged=MappingProxyType({"NORMAL": "NORMAL", "BACTERIA": "PNEUMONIA", "VIRUS": "PNEUMONIA"}),
        age_group="child",
        knows="children of 1 to 5 years",
        population=(
            "Children of 1 to 5 years, frontal (anterior-posterior) view, one hospital in Guangzhou, China "
            "(Kermany et al. 2018). On adults expect many false alarms: the specificity of a similar model fell from "
            ".96 to .47."
        ),
        data="Kermany, Zhang, Goldbaum 2018, chest X-ray images, official split, doi 10.17632/rscbjbr9sj (CC BY 4.0)",
        licence="the films they were trained on are CC BY 4.0",
        limits=(
            "Research use only: not a medical device.",
            (
                "Only frontal films of children of 1 to 5 years from one hospital were seen; adults, lateral views, "
                "other body parts and other scanners were not."
            ),
            "Every film gets one of three classes: a film with another disease, or none of these, does too.",
            "The bacterial and viral labels come from clinical charts and are noisy.",
            (
                "Letters and text at the film's border differ between classes in the training set; markers were "
                "augmented against this shortcut, which does not remove every trace of it."
            ),
        ),
        citation=(
            "Kermany et al. 2018, Identifying Medical Diagnoses and Treatable Diseases by Image-Based Deep Learning, "
            "Cell 172(5):1122-1131, doi 10.1016/j.cell.2018.02.010"
        ),
    ),
    Task(
        name="covid",
        title="COVID-19",
        question="Does the film look like COVID-19, another pneumonia, or neither?",
        classes=("COVID-19", "NO_FINDING", "PNEUMONIA"),
        words=MappingProxyType(
            {"COVID-19": "COVID-19 pneumonia", "NO_FINDING": "No finding", "PNEUMONIA": "Other pneumonia"}
        ),
        merged=MappingProxyType({"NO_FINDING": "OTHER", "COVID-19": "COVID-19", "PNEUMONIA": "OTHER"}),
        age_group="adult",
        knows="adults",
        population=(
            "Adults, frontal view, mixed sources (Ozturk et al. 2020). COVID-19 films come from other hospitals than "
            "the rest: a network can learn the source instead of the disease."
        ),
        data="DarkCovidNet set (Ozturk et al. 2020, doi 10.1016/j.compbiomed.2020.103792)",
        licence=(
            "the films they were trained on: NIH ChestX-ray8, free to use where it is named; COVID-19 films each under "
            "the licence of its source (covid-chestxray-dataset), some of them for non-commercial use only"
        ),
        limits=(
            "Research use only: not a medical device.",
            "COVID-19 films come from other sources than the rest: the source may be what is recognised.",
            "NIH labels were mined from reports and are noisy.",
        ),
        citation=(
            "Ozturk et al. 2020, Automated detection of COVID-19 cases using deep neural networks with X-ray images, "
            "Computers in Biology and Medicine 121:103792, doi 10.1016/j.compbiomed.2020.103792"
        ),
    ),
)

OWN = "own"
"""What the card of a network with classes of its own has in place of a key in TASKS."""

_ASKED = 6  # classes named in a question


def own_task(classes: Sequence[str]) -> Task:
    """The task of a network with classes of its own, imported or trained here: nothing else is known of it.

    Its first class counts as the negative one where two are needed.
    """
    first, *rest = classes
    more = f" or one of {len(classes) - _ASKED} more" if len(classes) > _ASKED else ""
    others = rest[0] if len(rest) == 1 else f"not {first}"
    return Task(
        name=OWN,
        title="Own classes",
        question=f"Which is it: {', '.join(classes[:_ASKED])}{more}?",
        classes=tuple(classes),
        words=MappingProxyType({name: name for name in classes}),
        merged=MappingProxyType({first: first} | dict.fromkeys(rest, others)),
        age_group="",
        knows="images unknown to us",
        population=(
            "Images unknown to us: this network has classes of its own. What is said here of the "
            "pneumonia networks (children, one hospital, their figures and limits) does not apply to it."
        ),
        data="images of whoever trained it",
        licence="that of the images they were trained on is unknown here",
        limits=(
            "Research use only: not a medical device.",
            (
                "Of its own classes: who or what was on the images it was trained on, and where it fails, is not known "
                "here. The facts about the pneumonia networks do not apply to it."
            ),
            "Every image gets one of its classes, whatever it shows.",
            "Images are read in grey: a network that was trained on colours does not see them here.",
        ),
        citation="none: ask whoever trained it",
    )
