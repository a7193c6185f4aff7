"""The command line: ``python -m core COMMAND``. What each command does is in :mod:`core.commands`."""

from __future__ import annotations

import argparse
import io
import shlex
import sys
from collections.abc import Sequence

from core.commands import COMMANDS
from core.commands.options import SOME_FAILED, WRONG_USAGE, say
from core.errors import PneumoLensError, UnknownNameError, UsageError
from core.models import gpu_is_full

_GPU_FULL = (
    "The GPU's memory is full. Free some of it, or leave the work to the CPU: set CUDA_VISIBLE_DEVICES to nothing "
    "(CUDA_VISIBLE_DEVICES= python -m core …) and run the command again."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        0 all done, 1 some or all failed, 2 wrong usage.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names of files may hold what its encoding does not
            stream.reconfigure(errors="backslashreplace")
    arguments = sys.argv[1:] if argv is None else list(argv)
    options = _parser().parse_args(arguments)
    options.command_line = "python -m core " + shlex.join(arguments)
    try:
        status = int(COMMANDS[options.command].run(options))
        print(end="", flush=True)  # what cannot be written is said here, not by Python as it ends
    except (UnknownNameError, UsageError) as error:
        say(f"error: {error}")
        return WRONG_USAGE
    except PneumoLensError as error:
        say(f"error: {error}")
        return SOME_FAILED
    except OSError as error:
        say(f"error: {error.filename or 'input or output'}: {error.strerror or error}.")
        return SOME_FAILED
    except RuntimeError as error:
        if not gpu_is_full(error):
            raise
        say(f"error: {_GPU_FULL}")
        return SOME_FAILED
    except KeyboardInterrupt:
        say("stopped")
        return SOME_FAILED
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m core", description="PneumoLens on the command line. Research use only, not a medical device."
    )
    added = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    for name, command in COMMANDS.items():
        command.options(added.add_parser(name, help=command.HELP))
    return parser
