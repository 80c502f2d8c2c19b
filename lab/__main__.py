"""The lab's command line: ``python -m lab start | stop | status | env | ...``."""

import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from typing import Any, cast

from lab.commands.command_parser import parser
from lab.commands.process_commands import region_of
from lab.daemon import LabError
from lab.files.private_files import private_umask
from lab.machines.terminal_text import PrintableStream
from lab.start_options import REGION_VARIABLE

TRACEBACK_VARIABLE = "LAB_TRACEBACK"
INTERRUPTED = 130  # exit status that shells give a process that ended by Ctrl-C


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run one command.

    Returns:
        The exit status.
    """
    options = parser().parse_args(arguments)
    options.state = options.state.absolute()
    with (
        redirect_stdout(cast(Any, PrintableStream(sys.stdout))),
        redirect_stderr(cast(Any, PrintableStream(sys.stderr))),
    ):
        try:
            with private_umask():
                os.environ[REGION_VARIABLE] = region_of(options.state, getattr(options, "region", None))
                status: int = options.run(options)
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # because the interpreter flushes stdout
            return 0
        except (LabError, OSError) as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
            return INTERRUPTED
        except Exception as error:  # a bug of the lab, whose place a developer needs
            if os.environ.get(TRACEBACK_VARIABLE):
                raise
            hint = f"set {TRACEBACK_VARIABLE}=1 to see where"
            print(f"error: {type(error).__name__}: {error}; {hint}", file=sys.stderr)
            return 1
        return status


if __name__ == "__main__":
    sys.exit(main())
