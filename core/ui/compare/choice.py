"""The sidebar: which backbones, which methods, which films. At most four panes in all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import streamlit as st

from core.checkpoint import Checkpoint
from core.explain import DEFAULT, METHODS
from core.tasks import OWN
from core.ui import measured, pickers, state, widgets
from core.ui.state import Upload

PANES: Final = 4
"""Maps on one page: more would be too small to read."""

_FAMILIES: Final = ("VGG", "ResNet")
"""Compared first: those whose difference one asks for."""

Question = tuple[str, tuple[str, ...]]
"""A task and its classes, in their order."""

_KINDS: Final = {"one": "One film", "two": "Two films"}


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to be compared.

    Attributes:
        two: whether two films are, through one backbone.
        backbones: networks of one task.
        methods: keys in METHODS.
        depths: layers explained, counted from the last one, which is 0.
        films: none as long as none was given; two films when two are compared and there.
    """

    two: bool
    backbones: tuple[Checkpoint, ...]
    methods: tuple[str, ...]
    depths: tuple[int, ...]
    films: tuple[Upload, ...]

    def layers(self, checkpoint: Checkpoint) -> tuple[str, ...]:
        """The layers explained, as one of the networks calls them."""
        return _layers(checkpoint, self.depths)


def pick() -> Choice | None:
    """The pickers; ``None`` when there is no network."""
    good = measured.offered()
    if not good:
        return None
    two = _kind()
    backbones = _backbones(good, two=two)
    methods = _methods(PANES // (2 if two else max(1, len(backbones))))
    depths = _depths(backbones, methods)
    films = _films(two=two) if state.films.given() else ()
    return Choice(two, backbones, methods, depths, films)


def titles(backbones: Sequence[Checkpoint]) -> Mapping[str, str]:
    """Name → what a network is called on screen: its architecture, or its own name where two share that."""
    plain = [one.title for one in backbones]
    return {
        one.name: title if plain.count(title) == 1 else one.name for one, title in zip(backbones, plain, strict=True)
    }


def _kind() -> bool:
    return pickers.segments("Compare", _KINDS, state.compare.CHOSEN, width="stretch") == "two"


def _backbones(good: Mapping[str, Checkpoint], *, two: bool) -> tuple[Checkpoint, ...]:
    known = state.kept(state.compare.BACKBONES, good, _first(good))
    asked = _asked(good, known)
    there = {name: one for name, one in good.items() if _question(one) == asked}
    state.put(state.compare.BACKBONES, [name for name in known if name in there][:PANES])
    called = titles(list(there.values()))
    chosen = st.multiselect(
        "Backbones",
        [one.name for one in widgets.by_family(there.values())],
        format_func=lambda name: called.get(name, name),
        key=state.compare.BACKBONES,
        max_selections=PANES,
        placeholder="Choose at least one",
    )
    if two and len(chosen) > 1:
        st.caption(f"Two films go through one backbone: {called[chosen[0]]}.")
    return tuple(good[name] for name in (chosen[:1] if two else chosen))


def _asked(good: Mapping[str, Checkpoint], known: Sequence[str]) -> Question:
    """The question whose networks are compared: that of the first one chosen. Asked for where there are several.

    Networks that answer different questions have no class in common that could be explained side by side.
    """
    questions = {_said(one): _question(one) for one in good.values()}
    now = next((said for said, question in questions.items() if known and question == _question(good[known[0]])), None)
    if now is not None:
        state.put(state.compare.TASK, now)
    now = state.settle(state.compare.TASK, list(questions))
    if len(questions) > 1:

        def switch() -> None:
            """The first networks of the other question: those chosen before cannot stay."""
            wanted = questions[str(state.value(state.compare.TASK))]
            same = {name: one for name, one in good.items() if _question(one) == wanted}
            state.put(state.compare.BACKBONES, _first(same))

        st.selectbox(
            "Task",
            list(questions),
            key=state.compare.TASK,
            on_change=switch,
            help="Networks are compared on one task: those of different tasks have different classes.",
        )
    return questions[now]


def _said(checkpoint: Checkpoint) -> str:
    """A question in the picker; an imported network's by its classes, for each such network asks its own."""
    if checkpoint.card.task != OWN:
        return checkpoint.task.title
    return f"{checkpoint.task.title}: {', '.join(checkpoint.card.classes)}"


def _first(good: Mapping[str, Checkpoint]) -> list[str]:
    """One network of each of the families compared first, the one chosen in Diagnose if it is of that family."""
    favourite = state.reading.model(good)
    same = [one for one in good.values() if favourite and _question(one) == _question(favourite)]
    same.sort(key=lambda one: one is not favourite)
    found = [next((one for one in same if one.architecture.family == family), None) for family in _FAMILIES]
    named = [one.name for one in found if one is not None]
    return (named + [one.name for one in same if one.name not in named])[: len(_FAMILIES)]


def _question(checkpoint: Checkpoint) -> Question:
    """What networks must have in common to be compared: the question, and its answers."""
    return checkpoint.card.task, checkpoint.card.classes


def _methods(most: int) -> tuple[str, ...]:
    known = state.kept(state.compare.METHODS, METHODS, [DEFAULT])
    if len(known) > most:
        st.caption(f"At most {PANES} panes: only {METHODS[known[0]].title if most == 1 else f'{most} methods'} kept.")
    state.put(state.compare.METHODS, known[:most])
    return tuple(
        st.multiselect(
            "Heatmap methods",
            list(METHODS),
            format_func=widgets.method_label,
            key=state.compare.METHODS,
            max_selections=most,
            placeholder="Choose at least one",
            help=f"At most {PANES} maps at once: {most} of each network."
            if most > 1
            else f"At most {PANES} maps at once.",
        )
    )


def _depths(backbones: Sequence[Checkpoint], methods: Sequence[str]) -> tuple[int, ...]:
    """The picker of target layers. Networks call theirs by different names, so they are counted from the last."""
    if not backbones or not any(METHODS[name].by_layer for name in methods):
        return (0,)
    options = [str(depth) for depth in range(min(len(one.architecture.stages) for one in backbones))]
    state.put(state.compare.LAYERS, state.kept(state.compare.LAYERS, options) or options[:1])
    chosen = st.multiselect(
        "Target layers",
        options,
        format_func=_counted,
        key=state.compare.LAYERS,
        help="Whose maps are explained. Earlier ones are finer, and know less of the classes. Maps of several are "
        "averaged.",
    )
    depths = tuple(sorted(map(int, chosen)))
    if depths != (0,):
        called = titles(backbones)
        st.caption(". ".join(f"{called[one.name]}: {', '.join(_layers(one, depths))}" for one in backbones) + ".")
    return depths or (0,)


def _counted(option: str) -> str:
    return {"0": "Last", "1": "Last but one", "2": "Last but two"}.get(option, f"{int(option) + 1}th from the end")


def _layers(checkpoint: Checkpoint, depths: Sequence[int]) -> tuple[str, ...]:
    stages = checkpoint.architecture.stages
    return tuple(stages[-1 - depth].name for depth in depths if depth < len(stages))


def _films(*, two: bool) -> tuple[Upload, ...]:
    films = {film.sha256: film for film in state.films.given()}
    chosen = state.films.chosen()
    assert chosen is not None  # noqa: S101 - there are films
    called = _called(films)
    if len(films) > 1:
        key = f"compare_first_film_{chosen.sha256[:12]}_{len(films)}"  # a film chosen elsewhere is shown at once
        st.selectbox(
            "First film" if two else "Film",
            list(films),
            index=list(films).index(chosen.sha256),
            format_func=called.__getitem__,
            key=key,
            on_change=_choose,
            args=(key,),
        )
    others = [sha256 for sha256 in films if sha256 != chosen.sha256]
    second = None
    if two and others:
        second = state.settle(state.compare.SECOND_FILM, others)
        state.put(state.compare.SECOND_FILM, second)  # tells the browser, where it may have another label by now
        st.selectbox("Second film", others, format_func=called.__getitem__, key=state.compare.SECOND_FILM)

    def beside(taken: Sequence[str]) -> None:
        """One film added becomes the second, of several the first two are compared."""
        if two and taken and list(taken) != [chosen.sha256]:
            if len(taken) == 1:
                state.films.choose(chosen.sha256)
            state.put(state.compare.SECOND_FILM, taken[:2][-1])

    widgets.uploader("Add films", beside)
    st.button("Remove all films", on_click=state.films.clear, icon=":material/delete:", width="stretch")
    return (chosen, films[second]) if second else (chosen,)


def _called(films: Mapping[str, Upload]) -> Mapping[str, str]:
    """sha256 → what a film is called in a picker, no two alike: Streamlit tells choices apart by their labels."""
    names = Counter(film.name for film in films.values())
    return {
        sha256: film.name if names[film.name] == 1 else f"{film.name} ({sha256[:12]})" for sha256, film in films.items()
    }


def _choose(key: str) -> None:
    """Another film was picked."""
    state.films.choose(str(state.value(key)))
