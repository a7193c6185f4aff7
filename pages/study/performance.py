"""Performance: what the networks get wrong, on which films, and how sure the figures are."""

from collections.abc import Sequence

import streamlit as st

from core.dataset import fold_of
from core.errors import DataError
from core.evaluate import methods_text
from core.tasks import TASKS, Task
from core.ui import cache, pickers, plot, state, widgets
from core.ui.performance import link, own
from core.ui.performance.sections import SECTIONS, draw
from core.ui.performance.sources import Source, Sources, everything

MOST_AT_FIRST = 4


def main() -> None:
    """The page."""
    st.header("Performance", anchor=False)
    link.take()
    with st.sidebar:
        found = everything()
        task = pick_task(found)
        chosen = pick_sources(found, task)
        own.panel(task)
        unusable(found)
        plot.pick_format()
    if not found.good:
        nothing()
        link.give("")
        return
    if not chosen:
        st.info("Choose a model or a table at the left.", icon=":material/left_click:")
        link.give(str(state.value(state.performance.VIEW) or ""))
        return
    about(chosen)
    titles = {section.name: section.title for section in SECTIONS.values()}
    view = pickers.segments("Section", titles, state.performance.VIEW, hidden=True)
    draw(SECTIONS[view], chosen, task, frozenset(s.name for s in found.good.values() if s.name.startswith("own-")))
    methods(chosen)


def pick_task(found: Sources) -> Task:
    """Which question; asked only when there are predictions for several."""
    names = list(dict.fromkeys(source.task.name for source in found.good.values())) or list(TASKS)
    titles = {name: TASKS[name].title for name in names}
    return TASKS[pickers.if_several(pickers.drop_down, "Task", titles, state.performance.TASK)]


def pick_sources(found: Sources, task: Task) -> list[Source]:
    """Which models and tables."""
    there = found.of_task(task.name)
    networks = {name: source.checkpoint for name, source in there.items() if source.checkpoint}
    tables = [name for name in there if name not in networks]
    # At first the best networks, and every table: somebody gave it to see it.
    state.settle_many(
        state.performance.SOURCES, list(there), [*list(networks)[: max(1, MOST_AT_FIRST - len(tables))], *tables]
    )
    if not there:
        return []
    names = st.multiselect(
        "Models and tables",
        [*(one.name for one in widgets.by_family(networks.values())), *tables],
        format_func=lambda name: widgets.label(networks[name]) if name in networks else there[name].title,
        key=state.performance.SOURCES,
        placeholder="Choose at least one",
    )
    return [there[name] for name in names]


def about(chosen: Sequence[Source]) -> None:
    """Which films these figures are of."""
    films = {frozenset(source.predictions.files) for source in chosen}
    ours = all(source.checkpoint for source in chosen)
    if len(films) == 1:
        some = chosen[0].predictions
        counted = f"{len(some):,} films of {len(set(some.patients)):,} patients"
        st.caption(f"On the test split, which no network here was trained on: {counted}." if ours else f"On {counted}.")
    else:
        st.caption("The models and tables chosen were judged on different films: compare their figures with care.")


def unusable(found: Sources) -> None:
    """What cannot be judged, and why."""
    if found.bad:
        with st.expander(f":material/warning: {len(found.bad)} unusable", expanded=True):
            for bad in found.bad:
                st.markdown(f"**{widgets.verbatim(bad.title)}**: {widgets.verbatim(bad.reason)}")


def nothing() -> None:
    """The panel for a house without predictions."""
    if cache.models().good:
        st.error(
            "**No network here has test predictions.** The list at the left says what is missing. Make them with "
            "`python -m core evaluate --model NAME --data DIR --predictions NAME.csv`, or give a table of your own.",
            icon=":material/error:",
        )
    else:
        widgets.no_model()
        st.markdown("A table of predictions from any other program can be given at the left.")


def methods(chosen: Sequence[Source]) -> None:
    """The paragraph for a paper."""
    with st.expander("Methods paragraph", icon=":material/article:"):
        for source in chosen:
            card = source.checkpoint.card if source.checkpoint else None
            try:
                fold = None if card is None else fold_of(card.training.recipe)
            except DataError as error:
                widgets.say(error, f"{source.title} has no methods paragraph.")
                continue
            st.code(
                methods_text(
                    source.predictions,
                    split=source.split,
                    drawn=str(fold or ""),
                    model=source.title if card is None else card.name,
                    weights_sha256=None if card is None else card.weights_sha256,
                    temperature=None if card is None else card.temperature,
                ),
                language=None,
                wrap_lines=True,
            )


main()
