"""``python -m core.ui``: start the app, as ``streamlit run app.py`` does, with the same options.

One thing is said to Streamlit before the first visitor comes instead of by ``st.navigation`` while they wait: that the
folder ``pages`` is not its old kind of multi-page app. Otherwise a link to a page of a server that nobody has visited
yet is answered with "Page not found".
"""

from __future__ import annotations

import sys
from pathlib import Path

from streamlit.runtime.pages_manager import PagesManager
from streamlit.web import cli

APP = Path(__file__).parent.parent.parent / "app.py"

if __name__ == "__main__":
    PagesManager.uses_pages_directory = False
    sys.argv = ["streamlit", "run", str(APP), *sys.argv[1:]]
    sys.exit(cli.main())
