"""Training: a folder of films and an order → a checkpoint.

::

    order, recipe    what the user asked for, and everything that decides how it is trained
    run              folder → checkpoint: index, hold out, decode, train, settle, store, evaluate
    ├─ splits, data, images, chests    which films, decoded once, at the size wanted, and where the chest is on each
    ├─ misleading    doubts about them, before the first epoch
    ├─ propensity    for how much each film counts, going by its frame
    ├─ initial       the weights it starts from; others' files: foreign, keras
    ├─ loop          the epochs; setting: what a run is made of
    │  ├─ epoch, augment, learning, precision    one pass; films altered; what learns, and in which numbers
    │  ├─ validation, best    figures on held-out films, and which epoch is the best
    │  └─ state, resume, claim, team    going on after a kill, one run at a time; several processes
    ├─ shifted, balance, calibrate    validation under shift; the head's biases; the temperature
    ├─ finish        the checkpoint with card and tables; baselines: what films give away without lungs
    └─ journal, board    what an onlooker sees, as CSV and JSON, and in TensorBoard
"""
