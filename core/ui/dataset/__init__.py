"""The page "Data set", part by part.

::

    source        which index: the shipped one, the server's, the visitor's
    filters       which of its films
    link          both in the address
    counts        class balance
    health        what is wrong with the set
    measurements  brightness, contrast, size by class, and what they give away
    portraits     what the classes look like on average
    films         the films themselves
    charts        Plotly figures of all these
    downloads     tables as files
"""
