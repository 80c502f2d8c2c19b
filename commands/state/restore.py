"""Command that replaces a damaged state, as a full disk leaves it, by the last good one (`make restore`)."""

import argparse
import os
import sys
from pathlib import Path

from commands.environment import LAB_STACK, pulumi_environment
from commands.state import locks, state_files
from toolchain.paths import ROOT
from toolchain.steps import INTERRUPTED, SetupError


def main() -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m commands.state.restore", allow_abbrev=False, description=__doc__)
    parser.add_argument("--stack", default=os.environ.get("STACK") or LAB_STACK, help="the stack (default: STACK, lab)")
    parser.add_argument("--program", type=Path, default=ROOT, help="folder of the project (default: this clone)")
    options = parser.parse_args()
    program = options.program.absolute()
    try:
        environment = pulumi_environment(options.stack, os.environ)
        locks.require_unlocked(options.stack, environment, program)
        done = state_files.restore(options.stack, environment, program)
    except (SetupError, OSError) as error:
        print(f"restore: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    for sentence in done or [f"the state of the stack {options.stack} is not damaged"]:
        print(f"restore: {sentence}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
