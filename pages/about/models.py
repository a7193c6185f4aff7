"""Models: every network in one table, and the card of one."""

import streamlit as st

from core.ui import cache, pickers, state, widgets
from core.ui.models import card, link, overview


def main() -> None:
    """The page."""
    st.header("Models", anchor=False)
    link.take()
    models = cache.models()
    for broken in models.broken:
        st.warning(f"**{broken.name} cannot be used.** {broken.reason}", icon=":material/warning:")
    if not models.good:
        widgets.no_model()
        return
    overview.show(models.good)
    name = pickers.drop_down("Card of", widgets.titles(models.good.values()), state.models.CARD)
    with st.container(border=True, gap="medium"):
        card.show(models.good[name])
    link.give()


main()
