"""Every session_state key, behind typed accessors: what one visitor has chosen, accepted and dropped in.

::

    visitor      the notice, and the work they wait for
    films        dropped in, chosen, insisted on
    look         how overlays are drawn, and whether the viewer can start
    reading      the network, and what is asked of a film
    compare      what stands beside what
    dataset      the Data set page, and an index of their own
    performance  the Performance page
    tables       predictions of their own
    training     the Training page
    models       the Models page
    links        what addresses were last set to
    keeping      what outlives the page it was chosen on
    values       what any widget holds
    upload       a file, and what it is given to

A visitor's files and their names live here only, in the memory of the session, and go with it. What was decoded from
them stays in :mod:`core.ui.cache` for a while, by digest and without a name.
"""

from core.ui.state import (
    compare,
    dataset,
    films,
    links,
    look,
    models,
    performance,
    reading,
    tables,
    training,
    visitor,
)
from core.ui.state.keeping import fragment, keep
from core.ui.state.upload import Upload
from core.ui.state.values import clamp, forget, kept, picked, put, selected_rows, settle, settle_many, value

__all__ = [
    "Upload", "clamp", "compare", "dataset", "films", "forget", "fragment", "keep", "kept", "links", "look",
    "models", "performance", "picked", "put", "reading", "selected_rows", "settle", "settle_many", "tables", "training",
    "value", "visitor",
]  # fmt: skip
