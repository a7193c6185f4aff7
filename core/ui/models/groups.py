"""A network's figures of subgroups of its test films."""

from __future__ import annotations

from typing import Final

import pandas as pd
import streamlit as st

from core.checkpoint import Checkpoint
from core.errors import DataError
from core.evaluate.subgroups import SMALL, Subgroup
from core.ui import widgets
from core.ui.models import judged

_KINDS: Final = {"class": "Class", "brightness": "Brightness", "contrast": "Contrast"}


def show(checkpoint: Checkpoint) -> None:
    """The table, or a sentence why there is none."""
    try:
        with st.spinner("Drawing 2,000 samples of patients …"):
            found = judged.of_subgroups(checkpoint)
    except DataError as error:
        widgets.say(error, "There are no figures of subgroups.")
        return
    if not found:
        return
    st.subheader("Subgroups of the test films", anchor=False)
    st.dataframe(
        pd.DataFrame([_row(checkpoint, group) for group in found]),
        width="stretch",
        height=widgets.table_height(len(found)),
        hide_index=True,
        column_config={"Patients": st.column_config.TextColumn(alignment="right")},  # text for the sign of few
        key="subgroups",
    )
    kinds = {group.kind for group in found}
    known = (
        "Thirds by mean grey (brightness) and standard deviation of grey (contrast), from the shipped index. "
        "Classes are mixed otherwise in each third: mean recall weighs them alike. "
        if "brightness" in kinds
        else "Brightness and contrast of these films are not in the shipped index. "
    )
    small = f"⚠ fewer than {SMALL} patients: the figure tells little. " if any(g.small for g in found) else ""
    st.caption(
        f"{known}{small}Intervals: 95 %, bootstrap of patients. Age, sex and machine are not known of these films."
    )


def _row(checkpoint: Checkpoint, group: Subgroup) -> dict[str, object]:
    name = checkpoint.task.words.get(group.name, group.name) if group.kind == "class" else group.name
    ends = f" ({group.ends[0]:.2f} to {group.ends[1]:.2f})" if group.ends else ""
    right = group.accuracy
    if group.kind == "class":  # as the card has it: another draw of patients would have other ends
        right = checkpoint.card.metrics.get(f"recall.{group.name}", right)
    return {
        "By": _KINDS.get(group.kind, group.kind),
        "Films": f"{name}{ends}",
        "Number": group.films,
        "Patients": f"{group.patients} ⚠" if group.small else str(group.patients),
        "Read right": str(right),
        "Mean recall of the classes": "" if group.kind == "class" else str(group.recall),
    }
