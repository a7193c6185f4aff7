"""Pages that must be shown without torch: opened in a process of their own, where nothing else has loaded it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
WAIT = 120


def shown_without_torch(steps: str, shipped: Path | None = None) -> None:
    """Open the app, accept the notice, take some steps, and fail where one does or where torch was loaded.

    Args:
        steps: Python, with the AppTest as ``app``.
        shipped: folder of checkpoints to take for the shipped ones.
    """
    weights = f"from pathlib import Path\ncheckpoint.SHIPPED = Path({str(shipped)!r})\n" if shipped else ""
    script = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        "from core import checkpoint\n"
        f"{weights}"
        "app = AppTest.from_file('app.py', default_timeout=100).run()\n"
        "app.button(key='accept').click().run()\n"
        f"{steps}"
        "assert not app.exception, app.exception\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", script], cwd=ROOT, check=True, timeout=WAIT)
