"""What breaks a network: films made worse step by step, and what is left of its accuracy and of its maps.

::

    corruptions    CORRUPTIONS: in how many ways a film can be made worse, in five strengths each
    damage         one network, one corruption, one strength → accuracy, calibration, stability of the map
    damage_record  what is kept of that, as a row of a table
"""
