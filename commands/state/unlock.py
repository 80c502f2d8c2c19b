"""Command that releases a stack whose holder may be running, which the user has ruled out (`make unlock`)."""

import argparse
import os
import sys
from pathlib import Path

from commands.environment import LAB_STACK, pulumi_environment
from commands.state import locks
from commands.state.lock_records import State
from toolchain.paths import ROOT
from toolchain.steps import INTERRUPTED, SetupError


def unlock(stack: str, program: Path) -> None:
    """
    Release all locks of a stack.

    Args:
        stack: Name of the stack.
        program: Folder of the project.

    Raises:
        StackLocked: A command that is provably running holds it.
    """
    environment = pulumi_environment(stack, os.environ)
    kept = locks.release_abandoned(stack, environment, program)
    alive = [lock for lock in kept if lock.assessment.state in (State.ALIVE, State.ENDING)]
    if alive:
        raise locks.StackLocked("\n".join(locks.described(stack, alive, program)))
    for lock in kept:
        locks.release(lock, stack, environment, program)
        print(f"unlock: the stack {stack} was locked by {lock}; the lock is released")
    if not kept:
        print(f"unlock: the stack {stack} is not locked")


def main() -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m commands.state.unlock", allow_abbrev=False, description=__doc__)
    parser.add_argument("--stack", default=os.environ.get("STACK") or LAB_STACK, help="the stack (default: STACK, lab)")
    parser.add_argument("--program", type=Path, default=ROOT, help="folder of the project (default: this clone)")
    options = parser.parse_args()
    try:
        unlock(options.stack, options.program.absolute())
    except (SetupError, OSError) as error:
        print(f"unlock: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
