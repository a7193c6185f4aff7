"""COMMANDS: one module per command, with ``HELP``, ``options(parser)`` and ``run(options)``, giving the exit status.

Results go to standard output, progress and problems to standard error. A command imports what is slow to load when it
runs, so that ``--help`` answers at once.
"""

from types import MappingProxyType

from core.commands import (
    averages,
    certainty,
    download,
    evaluate,
    export,
    faithfulness,
    film_map,
    guard,
    import_,
    index,
    judge,
    lungs,
    models,
    orientation,
    read,
    robustness,
    sketch,
    train,
)

COMMANDS = MappingProxyType(
    {
        "models": models,
        "read": read,
        "evaluate": evaluate,
        "judge": judge,
        "train": train,
        "import": import_,
        "export": export,
        "certainty": certainty,
        "guard": guard,
        "faithfulness": faithfulness,
        "robustness": robustness,
        "index": index,
        "lungs": lungs,
        "orientation": orientation,
        "map": film_map,
        "averages": averages,
        "sketch": sketch,
        "download": download,
    }
)
