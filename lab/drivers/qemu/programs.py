"""The QEMU programs: detection, and execution in a plain environment."""

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
    """Return the programs that this driver requires and that are not installed."""
    return [program for program in (EMULATOR, DISK_TOOL) if shutil.which(program) is None]


def plain_environment() -> dict[str, str]:
    """Return an environment for child processes, without anything of ours that a guest's emulator need not know."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def qemu_img(*arguments: str | Path, timeout_s: float = DISK_TIMEOUT_S, accepted: Collection[int] = (0,)) -> str:
    """
    Run qemu-img and return its output.

    Args:
        accepted: Exit statuses that are no failure.

    Raises:
        DriverError: The program failed; the message contains its last line.
    """
    return run_program([DISK_TOOL, *arguments], timeout_s, accepted)


def run_program(command: Sequence[str | Path], timeout_s: float, accepted: Collection[int] = (0,)) -> str:
    """
    Run a program to its end and return its output.

    Raises:
        DriverError: The program is missing, failed, or took longer than ``timeout_s``.
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
