"""The Models page.

::

    overview    all networks in one table
    card        the card of one, with
    sketch      its stages as blocks
    groups      its figures of subgroups of the test films
    judged      what its test predictions tell beyond the card, worked out once
    link        whose card the page's address shows
"""
