"""``python -m core.ui [--data DIR] [--light]``: start the app, as ``streamlit run app.py`` does, with the same options.

One thing is said to Streamlit before the first visitor comes instead of by ``st.navigation`` while they wait: that the
folder ``pages`` is not its old kind of multi-page app. Otherwise a link to a page of a server that nobody has visited
yet is answered with "Page not found".

``--data DIR`` names a data set whose films the pages may show, as the environment variable PNEUMOLENS_DATA does.
``--light`` is for bright rooms: the colours of ``.streamlit/config.toml`` turned light, for every visitor.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from streamlit.runtime.pages_manager import PagesManager
from streamlit.web import cli

from core import settings

LIGHT = {
    "theme.base": "light",
    "theme.primaryColor": "#0f7488",
    "theme.backgroundColor": "#ffffff",
    "theme.secondaryBackgroundColor": "#eef2f4",
    "theme.textColor": "#14191e",
    "theme.linkColor": "#0b6a7a",
    "theme.borderColor": "#c9d2d8",
    "theme.sidebar.backgroundColor": "#f5f7f8",
}

APP = Path(__file__).parent.parent.parent / "app.py"

if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)  # --help is Streamlit's
    parser.add_argument("--data", metavar="DIR")
    parser.add_argument("--light", action="store_true")
    ours, theirs = parser.parse_known_args()
    if ours.data:
        os.environ[settings.DATA] = ours.data
    PagesManager.uses_pages_directory = False
    theme = [f"--{name}={value}" for name, value in LIGHT.items()] if ours.light else []
    sys.argv = ["streamlit", "run", str(APP), *theme, *theirs]
    sys.exit(cli.main())
