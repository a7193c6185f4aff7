"""What pages are made of. The only part of core that imports streamlit.

::

    what is kept
    cache         every st.cache_*: films, readings, heatmaps, pictures
    kept          the records it hands out
    bounded, shelf    a mapping, and bytes on disk, that stay small
    state         every session_state key, behind typed accessors
    link          a page's state in its address
    archive       films on the server: bytes, small pictures, the way to Diagnose
    measured, tested  tables of figures that come with the networks, and their test predictions
    job           long work in a thread of its own

    what several pages show
    widgets       notice, model picker, uploader, error panels
    pickers       one thing among several
    charts, cells Plotly figures; confusion matrices
    plot          a figure on a page, with the button that saves it
    reading_room  the viewer: films and maps in the browser
    look          how overlays look: controls and legend
    making        maps that must be made first: a bar, and a way to stop
    guard         whether this is a film the network knows
    certainty     how sure a reading is
    lungs         where the lungs are, and how much of a map lies in them
    hanging       what may be said of a film's sides
    cutoff        from which probability on a class shows its map

    what one page is made of
    tray, cautions, viewer, trust, operating, exports    Diagnose
    compare, dataset, performance, training, models    the page of that name
"""
