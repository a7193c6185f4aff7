"""Training: learning curves of one or several runs, going on or finished."""

import shlex

import streamlit as st

from core import runs, settings
from core.ui.training import choice, link, view


def main() -> None:
    """The page."""
    st.header("Training", anchor=False)
    link.take()
    found = choice.there()
    if not found:
        nothing()
        return
    with st.sidebar:
        chosen = choice.pick(found)
        st.caption(f"Runs are looked for in `{runs.folder()}`, curves beside the trained weights.")
        with st.expander("Start a run", icon=":material/play_arrow:"):
            how()
    if not chosen:
        st.info("Choose a run at the left.", icon=":material/left_click:")
        link.give()
        return
    view.show({key: found[key] for key in chosen})


def nothing() -> None:
    """The panel for a house without a run."""
    st.info(
        f"**There is no training run yet.** Looked for in `{runs.folder()}` (the environment variable "
        f"`{settings.RUNS}` names another folder) and beside the trained weights. Start one, and its curves appear "
        "here while it goes on:",
        icon=":material/show_chart:",
    )
    how()


def how() -> None:
    """How to start one."""
    folder = shlex.quote(str(runs.folder() / "my-first"))
    st.code(f"python -m core train --data DIR --arch resnet18 --run {folder}", language="bash", wrap_lines=True)
    st.caption(
        "DIR holds one folder per class, in folders train and test. `python -m core download DIR` fetches the public "
        "pneumonia set. Killed at any moment a run loses one epoch: the same command goes on."
    )


main()
