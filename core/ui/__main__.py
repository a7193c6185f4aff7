"""``python -m core.ui [--data DIR]``: start the app, as ``streamlit run app.py`` does, with the same options.

One thing is said to Streamlit before the first visitor comes instead of by ``st.navigation`` while they wait: that the
folder ``pages`` is not its old kind of multi-page app. Otherwise a link to a page of a server that nobody has visited
yet is answered with "Page not found".

``--data DIR`` names a data set whose films the pages may show, as the environment variable PNEUMOLENS_DATA does.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from streamlit.runtime.pages_manager import PagesManager
from streamlit.web import cli

from core.dataset.archive import VARIABLE

APP = Path(__file__).parent.parent.parent / "app.py"

if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)  # --help is Streamlit's
    parser.add_argument("--data", metavar="DIR")
    ours, theirs = parser.parse_known_args()
    if ours.data:
        os.environ[VARIABLE] = ours.data
    PagesManager.uses_pages_directory = False
    sys.argv = ["streamlit", "run", str(APP), *theirs]
    sys.exit(cli.main())
