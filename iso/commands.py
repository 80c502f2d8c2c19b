"""Execution of the build's programs, in an environment in which their output does not depend on the machine."""

import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from iso.build_errors import CommandFailed, ToolMissing

DEBIAN_PACKAGES = {
    "apt-get": "apt",
    "apt-cache": "apt",
    "dpkg-deb": "dpkg",
    "grub-mkimage": "grub-common",
    "mcopy": "mtools",
    "mformat": "mtools",
    "mmd": "mtools",
    "xorriso": "xorriso",
}
"""Programs of the build, with the Debian package of each."""

TIMEOUT_S = 300


def require(programs: Iterable[str]) -> None:
    """
    Check that programs are installed.

    Raises:
        ToolMissing: Some are missing; the message names all of them and the packages to install.
    """
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        packages = " ".join(sorted({DEBIAN_PACKAGES[program] for program in missing}))
        raise ToolMissing(
            f"Building the ISO needs {', '.join(missing)}. On Debian: apt-get install {packages}. "
            "Elsewhere, use an ISO of your own."
        )


def run(arguments: Sequence[str | Path], *, epoch: int = 0, cwd: Path | None = None) -> str:
    """
    Run a program and return its output.

    Args:
        epoch: SOURCE_DATE_EPOCH for programs that write times (seconds since 1970).

    Raises:
        CommandFailed: The program failed; the message contains its last lines.
    """
    environment = os.environ | {"LC_ALL": "C", "TZ": "UTC", "SOURCE_DATE_EPOCH": str(epoch)}
    result = subprocess.run(
        arguments, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=TIMEOUT_S
    )
    if result.returncode != 0:
        reason = " | ".join((result.stderr or result.stdout).strip().splitlines()[-3:])
        raise CommandFailed(f"{arguments[0]} failed with exit status {result.returncode}: {reason}")
    return result.stdout
