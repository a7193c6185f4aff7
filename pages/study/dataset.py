"""Data set: what the networks were trained on, how balanced it is, and what is wrong with it."""

import streamlit as st

from core.ui import pickers, plot, state, widgets
from core.ui.dataset import counts, films, filters, health, link, measurements, portraits
from core.ui.dataset.source import PUBLIC, Source, pick

SECTIONS = {
    "balance": ("Class balance", counts.show),
    "health": ("Health", health.show),
    "measurements": ("Brightness and size", measurements.show),
    "portraits": ("Average films", portraits.show),
    "films": ("Films", films.show),
}
# About the whole set, whatever is chosen: a copy may lie in the split that is not looked at.
WHOLE = {"health", "portraits"}


def main() -> None:
    """The page."""
    link.take()
    st.header("Data set", anchor=False)
    source = pick()
    if source is None:
        link.give(public=False)
        return
    chosen, everything = filters.choose(source)
    with st.sidebar:
        plot.pick_format()
    headline(source, chosen)
    titles = {name: title for name, (title, _) in SECTIONS.items()}
    section = pickers.segments("Section", titles, state.dataset.SECTION, hidden=True)
    if not len(chosen.census) and section not in WHOLE:
        filters.nothing(source)
    else:
        if section in WHOLE and not everything:
            st.caption(":material/filter_alt_off: About the whole set, whatever is chosen at the left.")
        SECTIONS[section][1](source if section in WHOLE else chosen)
    link.give(public=source.name == PUBLIC)


def headline(source: Source, chosen: Source) -> None:
    """What set this is, and the figures one asks for first."""
    census = source.census
    task = census.task
    about = task.data if task and source.name == PUBLIC else f"{len(census):,} films of {len(census.classes)} classes"
    st.caption(f"**{widgets.verbatim(source.title)}** · {about}")
    found = counts.count(chosen)
    states = [finding.state for finding in health.findings(source).values()]
    told, untold = len(states) - states.count("unknown"), states.count("unknown")
    strongest = next(iter(measurements.strongest(source)), None)
    totals = found.films.sum(axis=0)
    films_, patients, ratio, checks, shortcut = st.columns(5)
    films_.metric("Films", f"{len(chosen.census):,}", help=f"{len(census):,} in the index")
    patients.metric("Patients", f"{found.everyone:,}" if found.everyone or not len(chosen.census) else "not known")
    some = totals[totals > 0]
    ratio.metric(
        "Imbalance",
        f"{some.max() / some.min():.2f} : 1" if len(some) > 1 else ("no film", "one class")[len(some)],
        help="Films of the largest class for each film of the smallest, over the chosen films",
    )
    checks.metric(
        "Checks with a finding",
        f"{states.count('warning')} of {told}" if told else "not known",
        f"{untold} cannot be told" if untold else None,
        delta_color="off",
        delta_arrow="off",
        help="Checks that this index can answer; see 'Health'",
    )
    shortcut.metric(
        "Strongest shortcut, AUROC",
        f"{strongest.auroc.value:.2f}" if strongest else "none",
        help=measurements.sentence(source, strongest) if strongest else "No measurements in this index",
    )


main()
