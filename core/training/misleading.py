"""Data that mislead, said before the first epoch: classes out of balance, patients on two sides, films there twice.

And networks to start from, or to be taught by, that have learnt from films which are held out now.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from core.checkpoint import Card
from core.dataset import is_named_as_published
from core.tasks import TASKS, Task
from core.training.data import Films
from core.training.recipe import Recipe

_UNBALANCED = 3
"""A class with so many times fewer training films than the largest is pointed out."""

_DRAWN: Final = ("fold", "val_share", "seed")
"""What of a recipe decides which films are held out."""


def warnings(films: Films, task: Task, recipe: Recipe) -> tuple[str, ...]:
    """What in the data can make a network look better than it is, or teach it something wrong; one sentence each.

    Patients and copies are judged as the page "Data set" judges them (:mod:`core.dataset.health`), by names and sha256.
    """
    from core.dataset.census import of_columns
    from core.dataset.health import examine

    census = of_columns(
        {
            "file": [film.file for film in films.films],
            "label": [film.label for film in films.films],
            "split": [film.split for film in films.films],
            "patient": [film.person for film in films.films],
            "sha256": list(films.digests),
        },
        "the training data",
    )
    found = [finding.says for finding in examine(census).values() if finding.state == "warning"]
    return tuple(_of_others(films, task) + _unbalanced(films, task, recipe.class_power) + found)


def seen_before(cards: Sequence[Card], films: Films, recipe: Recipe, *, drawn: bool) -> tuple[str, ...]:
    """Of which networks the films held out now may have been training films: the same data, drawn otherwise.

    Args:
        cards: of the network that is started from and of the teachers.
        films: all there are.
        recipe: of this run.
        drawn: whether validation films were held out by it; otherwise the folder says which they are.
    """
    mine = recipe.to_dict()
    decides = _DRAWN if drawn else _DRAWN[:1]
    says = (
        f"{card.name}, from which this network starts or by which it is taught, was trained on these films with "
        "another fold or seed: it has learnt from some of those held out now, so figures of them are too good. Train "
        "with its card's fold and seed to avoid that."
        for card in cards
        if card.training.fingerprint == films.fingerprint
        and any(card.training.recipe.get(name) != mine[name] for name in decides)
    )
    return tuple(dict.fromkeys(says))


def _of_others(films: Films, task: Task) -> list[str]:
    """Whether these seem to be other films than those of which the card tells."""
    named = sum(map(is_named_as_published, films.films))
    if task.name not in TASKS or 2 * named >= len(films):
        return []
    return [
        (
            f"{len(films) - named:,} of {len(films):,} files are not called as those of the public set are. The card "
            f"will say of them what is known of that set ({task.data}): for films of your own give --task own."
        )
    ]


def _unbalanced(films: Films, task: Task, class_power: float) -> list[str]:
    learnt = films.where("train").labels
    tally = {label: int((learnt == k).sum()) for k, label in enumerate(task.classes)}
    most = max(tally, key=lambda label: tally[label])
    few = [label for label, count in tally.items() if count * _UNBALANCED <= tally[most]]
    if not few:
        return []
    rare = " and ".join(f"{tally[label]:,} of {label}" for label in few)
    advice = "" if class_power >= 1 else " (--class-weights balanced makes them weigh alike)"
    return [f"Classes are out of balance: {rare}, but {tally[most]:,} films of {most} to learn from{advice}."]
