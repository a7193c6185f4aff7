"""Tables as files. What they hold is made when they are clicked."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from core.report import plain
from core.ui import widgets
from core.words import DISCLAIMER


def table(label: str, make: Callable[[], pd.DataFrame], name: str) -> None:
    """A button that gives a table as CSV, in which no text can become a formula, and what it is not for.

    Args:
        label: on the button.
        make: the table; called on the click.
        name: of the file, without its ending.
    """

    def data() -> str:
        found = make()
        for column in found.select_dtypes(["object", "str"]):
            found = found.assign(**{str(column): found[column].map(plain, na_action="ignore")})
        found = found.assign(notice=DISCLAIMER).rename(columns=plain)
        return str(found.to_csv(index=False, lineterminator="\n", float_format="%.6g"))

    widgets.download(label, data, f"{name}.csv", "text/csv", key=name)
