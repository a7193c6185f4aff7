"""What is wrong with the set: one line per check, and the films behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import streamlit as st

from core.dataset.health import CHECKS, Finding, State, counted_per_class, examine
from core.ui import archive, cache
from core.ui.dataset import downloads, measurements
from core.ui.dataset.source import Source
from core.words import within

_MARKS: Final = MappingProxyType(
    {
        "good": ":green[:material/check_circle:]",
        "warning": ":orange[:material/warning:]",
        "unknown": ":gray[:material/help:]",
    }
)
_ROWS: Final = 1000  # shown at once; the download has all
_PAIRS: Final = 6
_HEIGHT: Final = 300


def findings(source: Source) -> Mapping[str, Finding]:
    """Every check's finding, worked out once."""
    return cache.computed("health", (source.key,), lambda: examine(source.census))


def show(source: Source) -> None:
    """All checks, those that found something first."""
    if cache.computed("counted_per_class", (source.key,), lambda: counted_per_class(source.census)):
        st.info(
            "By its description this set counts patients anew in every class and split: **the same number in two "
            "classes need not be the same child.** Whether a child is in two of them cannot be told from the names; "
            "copies of films can.",
            icon=":material/info:",
        )
    found = findings(source)
    st.markdown(summary([finding.state for finding in found.values()]))
    order = {"warning": 0, "unknown": 1, "good": 2}
    for name in sorted(found, key=lambda name: order[found[name].state]):
        _check(source, name, found[name])
    st.markdown("**Besides these checks**")
    _shortcut(source)


def summary(states: Sequence[State]) -> str:
    """How many checks found something, found nothing, and cannot be told from the index."""
    counts = [states.count(state) for state in ("warning", "good", "unknown")]
    said = (f"**{counts[0]}** found something", f"**{counts[1]}** found nothing", f"**{counts[2]}** cannot be told")
    return f"Of {len(states)} checks: {', '.join(says for says, count in zip(said, counts, strict=True) if count)}."


def _shortcut(source: Source) -> None:
    """How well a number that is not the disease tells the class: the strongest, and brightness whatever it is."""
    found = measurements.strongest(source)
    if not found:
        st.markdown(f"{_MARKS['unknown']} **Shortcuts.** The index does not tell how bright or large films are.")
        return
    says = measurements.sentence(source, found[0])
    brightness = next((one for one in found if one.trait == "brightness"), None)
    if brightness not in {None, found[0]}:
        says += f" Brightness alone: {measurements.figure(brightness)}, for {within(source.word(brightness.label))}."
    st.markdown(f"{_MARKS['warning' if found[0].warns else 'good']} **Shortcuts.** {says}")


def _check(source: Source, name: str, finding: Finding) -> None:
    check = CHECKS[name]
    st.markdown(f"{_MARKS[finding.state]} **{check.title}.** {finding.says}")
    if finding.films.empty:
        return
    box = st.expander(
        f"Which films, and why it matters: {within(check.title)}",
        key=f"health_box_{name}",
        icon=":material/list:",
        on_change="rerun",
    )
    if not box.open:  # what is not looked at is neither sent nor decoded
        return
    with box:
        st.markdown(check.matters)
        st.dataframe(finding.films.head(_ROWS), width="stretch", height=_HEIGHT, hide_index=True, key=f"health_{name}")
        if len(finding.films) > _ROWS:
            st.caption(f"The first {_ROWS:,} of {len(finding.films):,}; the download has all.")
        downloads.table("These films CSV", lambda: finding.films, f"data-set-{name.replace('_', '-')}")
        if archive.root() is not None:
            _pictures(source, finding)


def _pictures(source: Source, finding: Finding) -> None:
    """The first films of a finding, side by side."""
    first = [row for row in finding.films.head(_PAIRS * 2).itertuples() if archive.has(str(row.file))][:_PAIRS]
    for cell, row in zip(st.columns(_PAIRS), first, strict=False):
        with cell:
            archive.picture(str(row.file), f"Film of group {row.group}")
            st.caption(f"Group {row.group}, {within(source.word(str(row.label)))}")
