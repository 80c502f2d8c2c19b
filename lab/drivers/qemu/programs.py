"""The QEMU programs: whether they are there, and how they are run."""

import os
import shutil
import subprocess
from collections.abc import Collection, Sequence
from pathlib import Path

from lab.drivers.interface import DriverError

EMULATOR = "qemu-system-x86_64"
DISK_TOOL = "qemu-img"
DISK_TIMEOUT_S = 3600


def missing_programs() -> list[str]:
    """The programs that this driver cannot do without and that are not installed."""
    return [program for program in (EMULATOR, DISK_TOOL) if shutil.which(program) is None]


def plain_environment() -> dict[str, str]:
    """An environment for child processes: nothing of ours that a guest's emulator has no need to know."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def qemu_img(*arguments: str | Path, timeout_s: float = DISK_TIMEOUT_S, accepted: Collection[int] = (0,)) -> str:
    """Run qemu-img and return what it printed.

    Args:
        accepted: exit statuses that are no failure.

    Raises:
        DriverError: with the last line that the program wrote.
    """
    return run_program([DISK_TOOL, *arguments], timeout_s, accepted)


def run_program(command: Sequence[str | Path], timeout_s: float, accepted: Collection[int] = (0,)) -> str:
    """Run a program to its end and return what it printed.

    Raises:
        DriverError: the program is missing, failed, or took longer than ``timeout_s``.
    """
    name = Path(command[0]).name
    try:
        result = subprocess.run(
            command,
            env=plain_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
        )
    except FileNotFoundError:
        raise DriverError(f"{name} is not installed") from None
    except subprocess.TimeoutExpired:
        raise DriverError(f"{name} did not end within {timeout_s:.0f} s") from None
    if result.returncode not in accepted:
        reason = (result.stderr.strip().splitlines() or [f"exit status {result.returncode}"])[-1]
        raise DriverError(f"{name} {command[1]} failed: {reason}")
    return result.stdout
