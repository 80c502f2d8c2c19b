"""Commands of the clone's own Pulumi CLI: one whose output is read, and one that changes a stack."""

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
    Run a command without input and return its output.

    Args:
        environment: Complete environment of the command.
        arguments: Arguments of the CLI.
        folder: Folder of the program.
    """
    return subprocess.run(
        [PULUMI, *arguments], cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )


class LockingCommand:
    """
    A running command that locks a stack, with a record of it beside the locks.

    Args:
        arguments: Arguments of the CLI.
        locks: Locks of the stack; None if the backend has no place for a record.
        options: Options of `subprocess.Popen`.

    Attributes:
        process: Process of the CLI.
    """

    def __init__(self, arguments: Sequence[str], locks: LockFolder | None, **options: Any) -> None:
        command = [PULUMI, *arguments]
        self._record = _record(locks) if locks else None
        self.process = self._record.start(command, **options) if self._record else subprocess.Popen(command, **options)

    def wait(self) -> int:
        """Wait for the end of the command and return its exit status; a negative one is the signal that ended it."""
        status = self.process.wait()
        if self._record:
            self._record.end()
        return status


def _record(locks: LockFolder) -> Record | None:
    try:
        return Record(locks)
    except OSError as error:
        print(f"locks: cannot record the holder of the stack's lock: {error}", file=sys.stderr, flush=True)
        return None
