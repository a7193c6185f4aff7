"""How far a heatmap can be believed, measured on the film it was made of.

::

    imputation  pixels taken out of a film, and what is put in their place
    orders      which pixels go first: by the map, by a random one, from the middle
    scores      SCORES: the figures, with direction and paper
    faithful    one map → deletion, insertion, ROAD, each beside a random map and a blob at the centre
    table       many maps' scores as rows, and their means
    redone      a map made again of an altered film, or by an altered network
    stable      one map → how alike it stays under noise and a turn of one degree
    sanity      one map → how alike it stays when the network forgets what it learnt, layer by layer
    words       what the figures say, in a sentence

Importing this loads no torch; the functions of ``faithful``, ``stable`` and ``sanity`` do.
"""
