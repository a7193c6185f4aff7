"""What pages are made of. The only part of core that imports streamlit.

::

    cache    every st.cache_*: films, readings, heatmaps, pictures
    kept     the records it hands out
    state    every session_state key, behind typed accessors
    widgets  notice, model picker, uploader, error panels
    charts   Plotly figures
    reading_room  the viewer: films and maps in the browser
    look     how overlays look: controls and legend
    compare  the Compare page
    archive  films on the server: bytes, small pictures, the way to Diagnose
    shelf    bytes kept on disk within a bound
    operating    a visitor's own threshold on Diagnose
    performance  what the Performance page is made of
    dataset      what the Data set page is made of
"""
