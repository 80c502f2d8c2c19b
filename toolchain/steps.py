"""How set-up runs commands, reports and fails. Everything is told on standard error: `make env` is for eval."""

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

LINES_OF_A_FAILURE = 15
INTERRUPTED = 130  # the exit status of a shell's command that Ctrl-C ended


class SetupError(Exception):
    """Set-up cannot go on; the message says what to do."""


def say(text: str) -> None:
    print(f"set-up: {text}", file=sys.stderr, flush=True)


@contextmanager
def reported(what: str) -> Iterator[None]:
    """Say what was done and what it took, once it is done."""
    started = time.monotonic()
    yield
    say(f"{what} ({time.monotonic() - started:.0f} s)")


def run(
    command: Sequence[str | Path],
    failure: str,
    cwd: Path | None = None,
    variables: Mapping[str, str] | None = None,
    timeout_s: float = 1800,
) -> str:
    """Run a command and return its standard output.

    Args:
        command: Program and arguments.
        failure: What to say when it fails; the end of its output follows.
        cwd: Working directory.
        variables: Environment variables to add.
        timeout_s: When to give up, in seconds.

    Raises:
        SetupError: The command is missing, failed, or took too long.
    """
    try:
        result = subprocess.run(
            command,
            cwd=cwd,
            env={**os.environ, **(variables or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
        )
    except OSError as error:
        raise SetupError(f"{failure}: {error}") from error
    except subprocess.TimeoutExpired as error:
        raise SetupError(f"{failure}: no end after {timeout_s:.0f} s") from error
    if result.returncode:
        output = [line for line in f"{result.stdout}\n{result.stderr}".splitlines() if line.strip()]
        raise SetupError("\n    ".join([f"{failure}:", *output[-LINES_OF_A_FAILURE:]]))
    return result.stdout


@contextmanager
def locked(path: Path, waiting: str) -> Iterator[None]:
    """Hold a lock between processes; the system releases it when the holder ends, however it ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(waiting)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
