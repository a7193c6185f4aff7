"""PneumoLens: the table of pages and the frame around them. Run with ``python -m core.ui``."""

import streamlit as st

from core.ui import state, widgets

widgets.frame()
state.keep()
page = st.navigation(
    [
        st.Page("pages/read/diagnose.py", title="Diagnose", icon=":material/radiology:", default=True),
        st.Page("pages/read/compare.py", title="Compare", icon=":material/compare:"),
        st.Page("pages/study/dataset.py", title="Data set", icon=":material/folder_data:"),
        st.Page("pages/study/performance.py", title="Performance", icon=":material/grid_on:"),
        st.Page("pages/study/training.py", title="Training", icon=":material/show_chart:"),
        st.Page("pages/about/models.py", title="Models", icon=":material/network_node:"),
        st.Page("pages/about/method.py", title="Method and limits", icon=":material/menu_book:"),
    ],
    position="top",
)
if state.visitor.accepted():
    widgets.standing_line()
    page.run()
else:
    widgets.notice()
