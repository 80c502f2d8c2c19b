"""The clone's own Pulumi CLI: a command whose output is read, and one that changes a stack."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from commands.state.lock_records import LockFolder, Record
from toolchain.paths import BIN, ROOT

PULUMI = str(BIN / "pulumi")


def ask(environment: Mapping[str, str], *arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """
    Run a command that asks nothing, and keep what it prints.

    Args:
        environment: the whole environment of the command.
        arguments: of the CLI.
        folder: of the program.
    """
    return subprocess.run(
        [PULUMI, *arguments], cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )


class LockingCommand:
    """
    A running command that locks a stack, with a record of it beside the locks.

    Args:
        arguments: Arguments of the CLI.
        locks: The locks of the stack; None: no record can be kept where the state is.
        options: Of `subprocess.Popen`.

    Attributes:
        process: The CLI's process.
    """

    def __init__(self, arguments: Sequence[str], locks: LockFolder | None, **options: Any) -> None:
        command = [PULUMI, *arguments]
        self._record = _record(locks) if locks else None
        self.process = self._record.start(command, **options) if self._record else subprocess.Popen(command, **options)

    def wait(self) -> int:
        """Wait for its end and return its exit status; negative: the signal that ended it."""
        status = self.process.wait()
        if self._record:
            self._record.end()
        return status


def _record(locks: LockFolder) -> Record | None:
    try:
        return Record(locks)
    except OSError as error:
        print(f"locks: cannot record beside the stack's lock who holds it: {error}", file=sys.stderr, flush=True)
        return None
