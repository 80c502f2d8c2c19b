"""Commands, locks and messages of set-up. All messages go to standard error, because `make env` is for eval."""

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

LINES_OF_A_FAILURE = 15
INTERRUPTED = 130  # exit status of a command that Ctrl-C ended, as in a shell


class SetupError(Exception):
    """Set-up cannot continue; the message contains a remedy."""


def say(text: str) -> None:
    """Print a message of set-up on standard error."""
    print(f"set-up: {text}", file=sys.stderr, flush=True)


@contextmanager
def reported(result: str) -> Iterator[None]:
    """Report the result of the block and its duration at its end."""
    started = time.monotonic()
    yield
    say(f"{result} ({time.monotonic() - started:.0f} s)")


def run(
    command: Sequence[str | Path],
    failure: str,
    cwd: Path | None = None,
    variables: Mapping[str, str] | None = None,
    timeout_s: float = 1800,
) -> str:
    """
    Run a command and return its standard output.

    Args:
        command: Program and arguments.
        failure: Message if the command fails, which the end of its output follows.
        cwd: Working directory.
        variables: Environment variables to add.
        timeout_s: Time limit in seconds.

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
        raise SetupError(f"{failure}: timed out after {timeout_s:.0f} s") from error
    if result.returncode:
        output = [line for line in f"{result.stdout}\n{result.stderr}".splitlines() if line.strip()]
        raise SetupError("\n    ".join([f"{failure}:", *output[-LINES_OF_A_FAILURE:]]))
    return result.stdout


@contextmanager
def locked(path: Path, waiting: str) -> Iterator[None]:
    """Hold a lock between processes, which the system releases when its holder ends, in whatever way."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(waiting)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
