"""Tables as files. What they hold is made when they are clicked."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from core.ui import widgets


def table(label: str, make: Callable[[], pd.DataFrame], name: str) -> None:
    """A button that gives a table as CSV.

    Args:
        label: on the button.
        make: the table; called on the click.
        name: of the file, without its ending.
    """

    def data() -> str:
        return str(make().to_csv(index=False, lineterminator="\n", float_format="%.6g"))

    widgets.download(label, data, f"{name}.csv", "text/csv", key=name)
