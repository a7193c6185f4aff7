"""What breaks a network: accuracy, calibration and maps on films made worse, beside the clean figure."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.errors import DataError
from core.explain import DEFAULT, METHODS
from core.robustness.corruptions import CORRUPTIONS, STRENGTHS
from core.robustness.damage_record import CLEAN, SHIPPED, Damage
from core.tasks import Task
from core.ui import pickers, plot, state, widgets
from core.ui.performance import damage_chart, measured
from core.ui.performance.damage_chart import SHOWN
from core.ui.performance.sources import Source
from core.words import percent


def show(sources: Sequence[Source], _task: Task) -> None:
    """The section."""
    try:
        found = measured.by_source(Damage, SHIPPED, sources)
    except DataError as error:
        widgets.say(error, "The table of robustness cannot be used.")
        return
    if not found:
        st.info(
            "What breaks these networks was not measured. `python -m core robustness --data DIR` does it.",
            icon=":material/broken_image:",
        )
        return
    rows = {source.title: found[source.name] for source in sources if source.name in found}
    name = pickers.segments("Figure", {name: figure.title for name, figure in SHOWN.items()}, state.performance.DAMAGE)
    films = max(row.films for of_one in rows.values() for row in of_one)
    st.markdown(f"{SHOWN[name].says} Films are made worse step by step, 0 is the clean film; {films} test films.")
    plot.show(
        damage_chart.curves(rows, name, widgets.palette()),
        name=f"robustness-{name}",
        key="damage",
        alt=f"{SHOWN[name].title} by strength of every corruption. " + _spoken(rows, name),
    )
    st.dataframe(_table(rows), width="stretch", hide_index=True, key="robustness")
    st.caption(
        "Bands and brackets: 95 %, bootstrap of patients. Corruptions act on the square that a network is fed. "
        f"Map: {METHODS[DEFAULT].title} of the class that was read on the clean film, rank correlation with its map "
        "there, moved with the film where the film was moved."
    )
    measured.missing(sources, found)


def _spoken(found: dict[str, list[Damage]], name: str) -> str:
    """The clean figure and the worst, for those who do not see the curves."""
    said = []
    for title, rows in found.items():
        worst = (min if SHOWN[name].higher else max)(rows, key=SHOWN[name].value)
        clean = next(row for row in rows if row.corruption == CLEAN)
        said.append(
            f"{title}: {SHOWN[name].value(clean):.2f} clean, {SHOWN[name].value(worst):.2f} at worst, by "
            f"{CORRUPTIONS[worst.corruption].title.lower() if worst.corruption != CLEAN else 'nothing'}"
        )
    return "; ".join(said)


def _table(found: dict[str, list[Damage]]) -> pd.DataFrame:
    """Corruption by network: clean, and at the middle and the strongest strength."""
    table: list[dict[str, object]] = []
    for corruption in CORRUPTIONS.values():
        for title, rows in found.items():
            by_strength = {row.strength: row for row in rows if row.corruption in {corruption.name, CLEAN}}
            row: dict[str, object] = {"Corruption": corruption.title, "Network": title}
            for strength in (0, (STRENGTHS + 1) // 2, STRENGTHS):
                one = by_strength.get(strength)
                head = f"strength {strength}" if strength else "clean"
                row[f"Accuracy, {head}"] = (
                    f"{percent(one.accuracy, 1)} ({100 * one.low:.1f} to {100 * one.high:.1f})" if one else ""
                )
            last = by_strength.get(STRENGTHS)
            row["ECE, strongest"] = f"{last.ece:.3f}" if last else ""
            row["Map, strongest"] = f"{last.stability:.2f}" if last else ""
            row["Amounts"] = f"{', '.join(f'{amount:g}' for amount in corruption.amounts)} ({corruption.says})"
            table.append(row)
    return pd.DataFrame(table)
