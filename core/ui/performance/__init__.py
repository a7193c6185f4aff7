"""The Performance page, one module per section, and what they share.

::

    sources      whose predictions are judged: checkpoints, a folder, a visitor's tables
    link         the page's state in its address
    controls     pickers that several sections have
    measured     tables of figures that come with the networks
    own          a visitor's own tables of predictions
    charts, cloud, dots, damage_chart, selective    Plotly figures
    films        a list of films: table, small pictures, the way to Diagnose
    sections     SECTIONS: the table of what the page can show
    matrices, figures, comparison, threshold, calibration, certainty, points, heatmaps, lungs, robustness
                 one section each
    downloads    tables and texts to take away

A section is computed only while it is shown. Loads no torch.
"""
