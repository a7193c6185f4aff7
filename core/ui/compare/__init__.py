"""The Compare page.

::

    choice    the sidebar: backbones, methods and films
    link      what of it is in the page's address
    seen      readings: every network runs once per film
    panes     one map each: what is drawn, or why nothing is
    view      the page below the sidebar
    together  how far the maps agree
    believed  how far each can be believed, measured when asked for
    page      the whole of it as one PNG or PDF page
"""
