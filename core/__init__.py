"""PneumoLens' engine: what the app, the command line and the tests are made of.

The map, in the direction data flows::

    bytes ──xray──▶ Xray ──classifier──▶ Reading ──explain──▶ Heatmap ──render──▶ picture
                     │                      │                    │
                     └────────── report / evaluate / ui ─────────┘

====================  ==========================================================================================
``errors``            every error raised on purpose
``files``             what comes with the app; reading no more than is wanted, writing whole or not at all
``schema``            what our JSON files have in common
``table``             a frozen table: rows by name
``records``           frozen records ⇄ CSV
``tensors``           weights on disk, 16 bits, held against their sha256
``wilson``            intervals of shares
``words``             shares in words
``settings``          the environment variables that are heeded
``heap``              freed memory, handed back to the system
``tasks``             TASKS: label sets as data
``xray``              bytes → Xray: raster formats, DICOM, limits, preprocessing
``architectures``     ARCHITECTURES: networks as trunk and head
``checkpoint``        weights + card + test predictions
``aids``              small networks and statistics that serve a reading, with cards of their own
``classifier``        checkpoint → Classifier → Reading: the one pass
``models``            the bounded pool of loaded classifiers
``lungs``             Xray → LungFields: where the lungs are, and how much of a heatmap's evidence lies in them
``orientation``       Xray → Posture: upright? bone bright?; and MENDS, which put a film right on request
``batch``             many files through one classifier, decoding overlapped
``explain``           METHODS: Reading → heatmaps of every class
``evaluate``          METRICS, PRESETS: predictions → figures with intervals, curves, thresholds, comparisons
``dataset``           a folder of X-rays → an index; its balance, health and averages
``training``          a folder → a checkpoint
``runs``              training runs on disk: their curves, and whether they are alive
``portable``          weights trained elsewhere → a checkpoint, and back to plain files
``render``, ``report``  heatmaps → pixels; readings → files
``compare``           several heatmaps of a film held against each other
``guard``             CHECKS: is this a film that the network knows? accepted, caution or refused, and why
``certainty``         how sure: prediction sets, films for a human reader, words
``trust``             one heatmap → is it faithful, stable, and about what was learnt?
``robustness``        CORRUPTIONS: films made worse → what is left of accuracy and maps
``samples``, ``download``  something to try; the public data set
``cli``, ``commands``  ``python -m core``
``ui``                the only part that imports streamlit
====================  ==========================================================================================

The import rule: app and pages → ui → everything else; explain, evaluate → classifier → checkpoint, xray →
architectures, tasks → errors. Nothing here is imported before it is needed: reading a card loads no torch.
"""
