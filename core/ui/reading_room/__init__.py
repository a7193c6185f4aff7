"""The viewer: films and heatmaps to zoom, pan and window in the browser, without a word to the server.

A Streamlit component without a build step: the ``.js`` files here are one module, joined in the order of their names.

::

    wire       what the browser gets: films once, as files; small maps, colours and words
    component  start it, and what to do when it cannot start
    1_png      a film of 16 bits, decoded to all of them
    2_spread   a small map at a film's size, as core.render does it
    3_contour  closed lines, as core.render draws them
    4_film     a film through a window, in tiles
    5_heat     a heatmap over it
    6_pane     one film on screen, and the hands on it
    7_controls the bar, the keys and their list
    8_room     panes that share one view
"""

from core.ui.reading_room.component import note, show, toggle, usable
from core.ui.reading_room.wire import Pane, Shown, high_end

__all__ = ["Pane", "Shown", "high_end", "note", "show", "toggle", "usable"]
